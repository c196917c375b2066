/**
 * Where a server keeps its state when nobody says.
 *
 * @module
 */

import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { BoundaryError } from '@countersign/protocol';

/** The state directory of a keyring, one per address, so that two servers never share one. */
export function defaultKeyringDir(host: string, port: number): string {
  const base = process.env.XDG_STATE_HOME || path.join(homedir(), '.local', 'state');
  const name = `${host.replaceAll(/[^0-9A-Za-z.]/g, '_')}-${port}`;
  return path.join(base, 'countersign', 'keyring', name);
}

/**
 * Makes a data directory for the owner alone and returns its real path.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID when it cannot be made.
 */
export function prepareDataDir(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return realpathSync(dir);
  } catch (cause) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: {
        field: 'data directory',
        reason: errnoOf(cause),
        expected: 'a directory that can be made and written; choose one with --data-dir',
      },
      cause,
    });
  }
}

function errnoOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}
