/**
 * `countersign keyring` as a child process.
 *
 * @module
 */

import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { HealthTls } from './health.ts';
import { type ServingProcess, startServing } from './serving-process.ts';

export interface KeyringOptions {
  /** The variables of the older signer; `PORT` is added unless it is given. */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments after `countersign keyring`. */
  readonly args?: readonly string[];
  /** Default: a fresh temporary one, removed by `stop`. `default`: leave the choice to the command. */
  readonly dataDir?: string;
  /** How to ask for `/health` when the variables make it serve HTTPS. */
  readonly tls?: HealthTls;
}

/** A fresh directory below the system's temporary one; its real path. */
export function temporaryDirectory(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'countersign-test-')));
}

/**
 * Starts a keyring and waits until it serves.
 *
 * @throws Error with what it printed, when it does not.
 */
export async function startKeyring(options: KeyringOptions = {}): Promise<ServingProcess> {
  const { env = {}, args = [], dataDir, tls } = options;
  const port = env.PORT === undefined ? await freePort() : Number(env.PORT);
  const home = temporaryDirectory();
  const own = dataDir === undefined ? join(home, 'data') : dataDir;
  const place = dataDir === 'default' ? [] : ['--data-dir', own];
  return startServing({
    command: {
      args: ['keyring', ...place, ...args],
      env: { ...env, PORT: String(port) },
      home,
    },
    port,
    dataDir: own,
    tls,
    temporary: [home],
  });
}
