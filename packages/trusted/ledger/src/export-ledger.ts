/**
 * A ledger as one file: a consistent copy, taken alone or beside a running signer.
 *
 * @module
 */

import { existsSync, renameSync } from 'node:fs';
import { backup } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import { openReadOnly } from './connection.ts';
import { dataDirectoryAt } from './data-directory.ts';
import { createHeadStore } from './head-store.ts';
import { createPrivateFile, removeIfPossible } from './private-file.ts';
import { readSchemaVersion } from './schema.ts';
import { corruptStore, toOpeningError } from './store-error.ts';

/** What a copy holds. */
export interface LedgerExport {
  /** Entries of the log. */
  readonly size: number;
  /** Newest checkpoint of the copy. */
  readonly checkpoint: string;
}

/** More than a database can have in one step, and the most SQLite takes. */
const ALL_PAGES = 2_147_483_647;

/**
 * Copies the database of a data directory into one file (0600): request nonces, reservations, freezes
 * and the log, as of one commit. Keys are not in it; `log-key.sealed` is copied separately.
 *
 * @param file - Must not exist; it appears when it is complete.
 * @throws BoundaryError ERR_NOT_FOUND when the directory holds no ledger; ERR_CONFIG_INVALID when the
 *   file exists; ERR_STORE_NEWER, ERR_STORE_CORRUPT, ERR_STORE_UNAVAILABLE.
 */
export async function exportLedger(dataDir: string, file: string): Promise<LedgerExport> {
  const { database } = dataDirectoryAt(dataDir);
  if (!existsSync(database)) {
    throw new BoundaryError('ERR_NOT_FOUND', { details: { reason: 'there is no ledger here' } });
  }
  if (existsSync(file)) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { setting: 'file', expected: 'the name of a file that does not exist' },
    });
  }
  const temporary = `${file}.new`;
  try {
    await copy(database, temporary);
    const exported = inspect(temporary);
    renameSync(temporary, file);
    return exported;
  } catch (cause) {
    for (const name of [temporary, `${temporary}-wal`, `${temporary}-shm`]) removeIfPossible(name);
    throw toOpeningError(cause);
  }
}

async function copy(database: string, file: string): Promise<void> {
  const db = openReadOnly(database);
  try {
    readSchemaVersion(db);
    removeIfPossible(file);
    createPrivateFile(file);
    // All pages in one step: a signer that writes between two steps would start it over.
    await backup(db, file, { rate: ALL_PAGES });
  } finally {
    db.close();
  }
}

function inspect(file: string): LedgerExport {
  const db = openReadOnly(file);
  try {
    const head = createHeadStore(db).newest();
    if (head === undefined) throw corruptStore('no checkpoint is stored');
    return { size: head.size, checkpoint: head.note };
  } finally {
    db.close();
    for (const name of [`${file}-wal`, `${file}-shm`]) removeIfPossible(name);
  }
}
