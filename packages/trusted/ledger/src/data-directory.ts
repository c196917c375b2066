/**
 * The one directory a signer owns: which files it holds and who may look into it.
 *
 * @module
 */

import { existsSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BoundaryError } from '@countersign/protocol';
import { toStoreError } from './store-error.ts';

/** Absolute paths of the files of one ledger. `docs/ledger-format.md` says what each is for. */
export interface DataDirectory {
  readonly path: string;
  readonly database: string;
  /** A database that is being created; it takes its final name when it is complete. */
  readonly newDatabase: string;
  readonly writeAheadLog: string;
  readonly lock: string;
  readonly sealedKey: string;
  readonly publicKey: string;
  readonly checkpoint: string;
  readonly acknowledged: string;
}

const OWNER_ONLY = 0o700;
const GROUP_AND_OTHERS = 0o077;

/** Names the files of a ledger; touches nothing. */
export function dataDirectoryAt(dataDir: string): DataDirectory {
  const path = resolve(dataDir);
  const database = join(path, 'ledger.db');
  return {
    path,
    database,
    newDatabase: join(path, 'ledger-new.db'),
    writeAheadLog: `${database}-wal`,
    lock: join(path, 'lock.db'),
    sealedKey: join(path, 'log-key.sealed'),
    publicKey: join(path, 'log-key.pub'),
    checkpoint: join(path, 'checkpoint'),
    acknowledged: join(path, 'acknowledged'),
  };
}

/**
 * Makes the directory when it is missing (0700, parents too) and refuses one that others can enter.
 *
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS when group or others have any permission, or the
 *   directory belongs to another user; ERR_STORE_UNAVAILABLE when it cannot be made or is no directory.
 */
export function openDataDirectory(dataDir: string): DataDirectory {
  const directory = dataDirectoryAt(dataDir);
  requirePrivate(statOrMake(directory.path));
  return directory;
}

/**
 * Refuses a file that group or others can touch. A file that does not exist is fine.
 *
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS, ERR_STORE_UNAVAILABLE.
 */
export function requirePrivateFile(path: string): void {
  if (existsSync(path)) requirePrivate(attempt(() => statSync(path)));
}

function statOrMake(path: string): Stats {
  return attempt(() => {
    if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: OWNER_ONLY });
    const stats = statSync(path);
    if (stats.isDirectory()) return stats;
    throw new BoundaryError('ERR_STORE_UNAVAILABLE', {
      details: { reason: 'the data directory is not a directory' },
    });
  });
}

function requirePrivate(stats: Stats): void {
  if ((stats.mode & GROUP_AND_OTHERS) !== 0) throw notPrivate('group or others have access');
  if (process.getuid !== undefined && stats.uid !== process.getuid()) {
    throw notPrivate('it belongs to another user');
  }
}

function notPrivate(reason: string): BoundaryError {
  return new BoundaryError('ERR_KEYSTORE_PERMISSIONS', { details: { reason } });
}

function attempt<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw toStoreError(cause);
  }
}
