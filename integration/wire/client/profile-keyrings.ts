/**
 * One server per wire profile, started together.
 *
 * @module
 */

import type { KeyringOptions } from '@countersign/testing-keyring-process';
import { PROFILES, type Profile } from './refusals.ts';
import { startOneClient, startTwoClients, type TestKeyring } from './test-keyring.ts';
import type { WireClient } from './wire-client.ts';

export type ProfileKeyrings<T extends TestKeyring> = Readonly<Record<Profile, T>>;

/** Starts a server with one client in every profile. */
export function startOneClientPerProfile(
  options: KeyringOptions = {},
): Promise<ProfileKeyrings<TestKeyring>> {
  return inEveryProfile(options, startOneClient);
}

/** Starts a server with the clients `free` and `tied` in every profile. */
export function startTwoClientsPerProfile(
  options: KeyringOptions = {},
): Promise<ProfileKeyrings<TestKeyring & { readonly tied: WireClient }>> {
  return inEveryProfile(options, startTwoClients);
}

/** Stops all of them. */
export async function stopAll(keyrings: ProfileKeyrings<TestKeyring>): Promise<void> {
  await Promise.all(PROFILES.map((profile) => keyrings[profile].stop()));
}

async function inEveryProfile<T>(
  options: KeyringOptions,
  start: (options: KeyringOptions) => Promise<T>,
): Promise<Readonly<Record<Profile, T>>> {
  const startIn = (profile: Profile): Promise<T> =>
    start({ ...options, args: ['--profile', profile, ...(options.args ?? [])] });
  const [superset, strict, legacy] = await Promise.all([
    startIn('superset'),
    startIn('strict'),
    startIn('legacy'),
  ]);
  return { superset, strict, legacy };
}
