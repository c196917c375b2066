/**
 * A keyring and a client of it, for the length of a test file.
 *
 * @module
 */

import {
  type KeyringOptions,
  type ServingProcess,
  startKeyring,
} from '@countersign/testing-keyring-process';
import { FREE_CLIENT, ONE_CLIENT, SECRET, TIED_CLIENT, TWO_CLIENTS } from './settings.ts';
import { createWireClient, type WireClient } from './wire-client.ts';

/** For hooks that start servers: a machine busy with other things takes its time. */
export const START_TIMEOUT_MS = 120_000;

export interface TestKeyring {
  readonly process: ServingProcess;
  readonly client: WireClient;
  /** Ends the server at once and the client's connections with it. */
  stop(): Promise<void>;
}

/** Starts a server with one client and one key. */
export async function startOneClient(options: KeyringOptions = {}): Promise<TestKeyring> {
  const process = await startKeyring({ ...options, env: { ...ONE_CLIENT, ...options.env } });
  return withClient(process, createWireClient({ url: process.url, secret: SECRET }));
}

/** Starts a server with the clients `free` and `tied`; `client` is the free one. */
export async function startTwoClients(
  options: KeyringOptions = {},
): Promise<TestKeyring & { readonly tied: WireClient }> {
  const process = await startKeyring({ ...options, env: { ...TWO_CLIENTS, ...options.env } });
  const client = createWireClient({ url: process.url, ...FREE_CLIENT });
  const tied = client.as(TIED_CLIENT);
  const keyring = withClient(process, client);
  return {
    ...keyring,
    tied,
    async stop() {
      tied.close();
      await keyring.stop();
    },
  };
}

function withClient(process: ServingProcess, client: WireClient): TestKeyring {
  return {
    process,
    client,
    async stop() {
      client.close();
      await process.stop();
    },
  };
}
