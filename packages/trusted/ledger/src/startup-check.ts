/**
 * What must hold before a signer may use a ledger again.
 *
 * Everything here only reads: whatever is found, the files stay as they are for whoever repairs them.
 *
 * @module
 */

import { existsSync, readFileSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import {
  appendLeaf,
  createFrontier,
  frontierRoot,
  hashLeaf,
  type NodeReader,
  rootAt,
  type VerifiedCheckpoint,
} from '@countersign/tlog';
import { readAcknowledged } from './acknowledged-mark.ts';
import { checkBuckets } from './check-buckets.ts';
import { openReadOnly } from './connection.ts';
import type { DataDirectory } from './data-directory.ts';
import { createHeadStore, type Head } from './head-store.ts';
import { type Identity, readIdentity } from './identity.ts';
import { createLogStore, type LogStore } from './log-store.ts';
import { readSchemaVersion, requireTables } from './schema.ts';
import { requireSigned, verifyOwnCheckpoint } from './signed-head.ts';
import { corruptStore, rolledBack, toOpeningError } from './store-error.ts';

/** Databases below this are checked page by page at every start. */
const FULL_CHECK_BYTES = 64 * 1024 * 1024;
/** Newest entries that are hashed again at every start. */
export const TAIL_ENTRIES = 512;
/** Tables whose content the log does not repeat in its tree. */
const STATE_TABLES = [
  'request_nonces',
  'buckets',
  'reservations',
  'freezes',
  'intents',
  'intent_answers',
] as const;

/**
 * Checks an existing ledger.
 *
 * All pages (of larger databases those without the log), buckets against their reservations, identity,
 * the newest checkpoint and its signature, the newest 512 entries against the tree, the tree against the
 * checkpoint, and all of it against the marks beside the database.
 *
 * @returns Which log it is.
 * @throws BoundaryError ERR_STORE_CORRUPT with `reason` and `next`; ERR_LOG_ROLLED_BACK when the
 *   marks know a longer or another log; ERR_STORE_NEWER; ERR_STORE_UNAVAILABLE.
 */
export function checkAtStart(directory: DataDirectory): Identity {
  try {
    const db = openReadOnly(directory.database);
    try {
      return checkDatabase(db, directory);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw toOpeningError(cause);
  }
}

function checkDatabase(db: DatabaseSync, directory: DataDirectory): Identity {
  readSchemaVersion(db);
  requireTables(db);
  const isSmall = statSync(directory.database).size < FULL_CHECK_BYTES;
  checkPages(db, isSmall ? 'everything' : 'state');
  checkBuckets(db);
  const identity = readIdentity(db);
  const heads = createHeadStore(db);
  const head = heads.newest();
  if (head === undefined) throw corruptStore('no checkpoint is stored');
  // Reading compares each with its digest; signatures of all of them are the business of `checkLog`.
  heads.after(head.size - TAIL_ENTRIES, TAIL_ENTRIES);
  const store = createLogStore(db);
  checkAcknowledged(directory, head);
  requireBounds(store, head.size);
  checkTail(store, head, requireSigned(head, identity));
  checkPublished(directory, store, head, identity);
  return identity;
}

/**
 * Lets SQLite check the structure of the file, and every index against its table.
 *
 * The indexes of request nonces, freezes, buckets and ends repeat what is in their tables, so a damaged
 * row is noticed here.
 *
 * @param part - Everything, or what the log does not prove, which is little however long the log is.
 * @throws BoundaryError ERR_STORE_CORRUPT.
 */
export function checkPages(db: DatabaseSync, part: 'everything' | 'state'): void {
  const parts = part === 'everything' ? ['1'] : STATE_TABLES.map((table) => `'${table}'`);
  for (const argument of parts) {
    const answer = db.prepare(`PRAGMA integrity_check(${argument})`).get()?.integrity_check;
    if (answer !== 'ok') throw corruptStore('the database file is damaged');
  }
}

/**
 * Hashes the newest entries again.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT unless they are in the tree, and the tree has the root that was
 *   signed.
 */
export function checkTail(
  store: Pick<LogStore, 'entries' | 'hashes' | 'node'>,
  head: Head,
  checkpoint: VerifiedCheckpoint,
): void {
  const start = Math.max(0, head.size - TAIL_ENTRIES);
  const frontier = createFrontier(start, store);
  for (const { index, entry } of store.entries(start, head.size)) {
    if (index !== frontier.size) throw corruptStore('an entry of the log is missing', { index });
    const hashes = appendLeaf(frontier, hashLeaf(entry)).map((node) => node.hash);
    if (!isSame(Buffer.concat(hashes), store.hashes(index))) {
      throw corruptStore('an entry does not match its hash in the tree', { index });
    }
  }
  if (frontier.size !== head.size || !isSame(frontierRoot(frontier), checkpoint.rootHash)) {
    throw corruptStore('the tree does not have the root of the newest checkpoint');
  }
}

function requireBounds(store: LogStore, size: number): void {
  for (const bounds of [store.entryBounds(), store.nodeBounds()]) {
    const isEmpty = bounds === undefined && size === 0;
    if (!isEmpty && (bounds?.first !== 0 || bounds.last !== size - 1)) {
      throw corruptStore('the log is not as long as its newest checkpoint says', { size });
    }
  }
}

/** @throws BoundaryError ERR_LOG_ROLLED_BACK when the log is shorter than what was acknowledged here. */
export function checkAcknowledged(directory: DataDirectory, { size }: Head): void {
  const acknowledged = readAcknowledged(directory.acknowledged);
  if (acknowledged === undefined || acknowledged <= size) return;
  throw rolledBack('commits that were acknowledged are gone', { size, acknowledged });
}

/**
 * @throws BoundaryError ERR_LOG_ROLLED_BACK when the log is shorter than the checkpoint file or another
 *   one; ERR_STORE_CORRUPT when the log did not sign the file.
 */
export function checkPublished(
  directory: DataDirectory,
  store: NodeReader,
  { size }: Head,
  identity: Identity,
): void {
  if (!existsSync(directory.checkpoint)) return;
  const note = readFileSync(directory.checkpoint);
  const published = verifyOwnCheckpoint(note, identity, 'the file checkpoint does not verify', {
    next: 'compare the log with its receipts, then remove the file',
  });
  if (published.size > size) {
    throw rolledBack('the log is shorter than its file checkpoint', {
      size,
      published: published.size,
    });
  }
  if (!isSame(rootAt(published.size, store), published.rootHash)) {
    throw rolledBack('the log differs from its file checkpoint', {
      size,
      published: published.size,
    });
  }
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}
