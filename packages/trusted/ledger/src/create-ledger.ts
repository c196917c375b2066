/**
 * The first start: a log key and a database with an empty, signed log.
 *
 * The database is made under another name and takes its own when it is complete, so `ledger.db` is
 * there whole or not at all.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import {
  EMPTY_ROOT,
  formatCheckpoint,
  formatVerifierKey,
  type NoteSigner,
  signNote,
} from '@countersign/tlog';
import { openNew } from './connection.ts';
import type { DataDirectory } from './data-directory.ts';
import { createHeadStore } from './head-store.ts';
import { insertIdentity } from './identity.ts';
import { createLogKey, type Seal } from './log-key.ts';
import { createPrivateFile } from './private-file.ts';
import { migrate } from './schema.ts';
import { rolledBack, toStoreError } from './store-error.ts';

/** Files that only exist beside a complete database. */
const TRACES = ['acknowledged', 'checkpoint', 'publicKey', 'writeAheadLog'] as const;

/**
 * Makes the ledger of an empty directory. A first start that was cut short is completed.
 *
 * @param origin - Name of the log; `countersign.local/` and 8 random hex digits when left out.
 * @param nowMs - First high water.
 * @throws BoundaryError ERR_LOG_ROLLED_BACK when other files show that there was a ledger;
 *   ERR_CONFIG_INVALID for an unusable origin; ERR_STORE_UNAVAILABLE; what the seal throws.
 */
export function createLedger(
  directory: DataDirectory,
  seal: Seal,
  nowMs: number,
  origin = `countersign.local/${randomBytes(4).toString('hex')}`,
): void {
  if (TRACES.some((file) => existsSync(directory[file]))) {
    throw rolledBack('the database is missing beside the other files of the log');
  }
  const signer = createLogKey(directory, seal, origin);
  try {
    makeDatabase(directory, signer, nowMs);
  } catch (cause) {
    throw toStoreError(cause);
  }
}

function makeDatabase(directory: DataDirectory, signer: NoteSigner, nowMs: number): void {
  const path = directory.newDatabase;
  rmSync(path, { force: true });
  rmSync(`${path}-journal`, { force: true });
  createPrivateFile(path);
  const db = openNew(path);
  try {
    migrate(db);
    fill(db, signer, nowMs);
  } finally {
    db.close();
  }
  renameSync(path, directory.database);
}

function fill(db: DatabaseSync, signer: NoteSigner, highWaterMs: number): void {
  const origin = signer.key.name;
  const text = formatCheckpoint({ origin, size: 0, rootHash: EMPTY_ROOT });
  db.exec('BEGIN IMMEDIATE');
  insertIdentity(db, origin, formatVerifierKey(signer.key));
  createHeadStore(db).insert({
    size: 0,
    note: signNote(text, signer),
    highWaterMs,
    forgottenThroughMs: 0,
  });
  db.exec('COMMIT');
}
