/**
 * Exclusive use of a data directory, by a lock that dies with its process.
 *
 * SQLite takes an operating system lock on a small file of its own and keeps it while a transaction
 * stays open. Nothing is ever written to the file, so nothing is left to clean up after a crash.
 *
 * @module
 */

import { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import { createPrivateFile } from './private-file.ts';
import { corruptStore, isBusy, toStoreError } from './store-error.ts';

/** A held lock. */
export interface DirectoryLock {
  /** Lets the next one in. Calling it again changes nothing. */
  release(): void;
}

/** How long to wait for a signer that is just stopping, milliseconds. */
const WAIT_MS = 2_000;

/**
 * Takes the lock, waiting up to two seconds.
 *
 * @param path - The lock file; made (0600) when missing.
 * @throws BoundaryError ERR_STORE_IN_USE when another process, or this one, holds it;
 *   ERR_STORE_CORRUPT when the file is not what this function makes; ERR_STORE_UNAVAILABLE.
 */
export function lockDirectory(path: string): DirectoryLock {
  // INVARIANT: an existing lock file is opened by SQLite alone, and this does not open one. Closing
  // any other descriptor of it would drop every POSIX lock this process holds on the file.
  createPrivateFile(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { timeout: WAIT_MS });
    db.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    db?.close();
    throw refusal(cause);
  }
  return holding(db);
}

function holding(db: DatabaseSync): DirectoryLock {
  return {
    release: () => {
      if (db.isOpen) db.close();
    },
  };
}

function refusal(cause: unknown): BoundaryError {
  if (isBusy(cause)) return new BoundaryError('ERR_STORE_IN_USE', { cause });
  const error = toStoreError(cause);
  if (error.code !== 'ERR_STORE_CORRUPT') return error;
  return corruptStore(
    'the lock file is not a lock file',
    { next: 'make sure that no signer runs, then remove lock.db' },
    cause,
  );
}
