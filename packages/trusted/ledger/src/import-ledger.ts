/**
 * A ledger from one file, checked as a whole before anything may use it.
 *
 * @module
 */

import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';
import { checkLog, type LogReport } from './check-log.ts';
import { checkSpendingTables } from './check-spending-tables.ts';
import { openReadOnly } from './connection.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { createHeadStore } from './head-store.ts';
import { readIdentity } from './identity.ts';
import { openLogKey, type Seal } from './log-key.ts';
import { createLogStore, type LogStore } from './log-store.ts';
import { createPrivateFile, removeIfPossible } from './private-file.ts';
import { readSchemaVersion } from './schema.ts';
import { corruptStore, toOpeningError } from './store-error.ts';

/** Entries read at once. */
const CHUNK = 256;

/**
 * Puts the copy of a ledger into a data directory that has none.
 *
 * Order: directory private → lock → no ledger there → copy → whole log → spending from the log, against
 * the tables → the log key of the directory belongs to it → it takes its name. Only the newest copy may
 * be used: an older one would fork the log and not know the request nonces used since.
 *
 * @param file - Made by `exportLedger`; not changed.
 * @param dataDir - With `log-key.sealed` in it; nothing else of a ledger.
 * @returns The report about the log.
 * @throws BoundaryError ERR_CONFIG_INVALID when the directory holds a ledger or traces of one;
 *   ERR_NOT_FOUND when there is no such file; ERR_STORE_CORRUPT with the fault, or when the key is
 *   missing or another; ERR_KEYSTORE_PERMISSIONS, ERR_KEYSTORE_LOCKED, ERR_STORE_IN_USE,
 *   ERR_STORE_NEWER, ERR_STORE_UNAVAILABLE.
 */
export function importLedger(file: string, dataDir: string, seal: Seal): LogReport {
  if (!existsSync(file)) {
    throw new BoundaryError('ERR_NOT_FOUND', { details: { reason: 'there is no such file' } });
  }
  const directory = openDataDirectory(dataDir);
  const lock = lockDirectory(directory.lock);
  try {
    requireEmpty(directory);
    return take(file, directory, seal);
  } catch (cause) {
    throw toOpeningError(cause);
  } finally {
    lock.release();
  }
}

function take(file: string, directory: DataDirectory, seal: Seal): LogReport {
  const { newDatabase, database } = directory;
  try {
    removeTraces(newDatabase);
    createPrivateFile(newDatabase);
    copyFileSync(file, newDatabase);
    flush(newDatabase);
    const report = verify(newDatabase, directory, seal);
    removeIfPossible(`${newDatabase}-wal`);
    removeIfPossible(`${newDatabase}-shm`);
    renameSync(newDatabase, database);
    return report;
  } catch (cause) {
    removeTraces(newDatabase);
    throw cause;
  }
}

function verify(path: string, directory: DataDirectory, seal: Seal): LogReport {
  const db = openReadOnly(path);
  try {
    readSchemaVersion(db);
    const identity = readIdentity(db);
    const heads = createHeadStore(db);
    const head = heads.newest();
    if (head === undefined) throw corruptStore('no checkpoint is stored');
    const store = createLogStore(db);
    const report = checkLog({ db, identity, store, heads, nodes: store }, head);
    if (report.fault !== undefined) throw corruptStore(report.fault.reason, report.fault.details);
    const { fault } = checkSpendingTables(db, head, entriesOf(store, head.size));
    if (fault !== undefined) throw corruptStore(fault.reason, { index: fault.index });
    if (openLogKey(directory, seal, identity.origin).key.keyId !== identity.key.keyId) {
      throw corruptStore('the log key does not belong to this log');
    }
    return report;
  } finally {
    db.close();
  }
}

function* entriesOf(store: LogStore, size: number): Generator<Uint8Array> {
  for (let start = 0; start < size; start += CHUNK) {
    for (const { entry } of store.entries(start, Math.min(start + CHUNK, size))) yield entry;
  }
}

/** Not for a signer: its permission model forbids it. */
function flush(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function requireEmpty(directory: DataDirectory): void {
  const names = ['database', 'writeAheadLog', 'acknowledged', 'checkpoint', 'publicKey'] as const;
  if (!names.some((name) => existsSync(directory[name]))) return;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: { setting: 'dataDir', expected: 'a directory without a ledger, with log-key.sealed' },
  });
}

function removeTraces(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) removeIfPossible(name);
}
