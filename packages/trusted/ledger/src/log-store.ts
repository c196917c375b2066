/**
 * Entries of the log and the hashes of its tree, as rows.
 *
 * The row of entry i carries the hashes that entry i completes: its leaf, then each inner node whose
 * last leaf it is, lowest first. So appending writes at the end of two tables and nowhere else.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { HASH_BYTES, type NodeReader } from '@countersign/tlog';
import { readBytes, readCount } from './columns.ts';
import { corruptStore } from './store-error.ts';

/** First and last index of a table; `undefined` when it is empty. */
export type Bounds = { readonly first: number; readonly last: number } | undefined;

/** Prepared statements on one connection. Reading is possible on read-only connections too. */
export interface LogStore extends NodeReader {
  /** Adds the entry `index` with the hashes it completes. Throws when there is one already. */
  append(index: number, entry: Uint8Array, hashes: Uint8Array): void;
  entry(index: number): Uint8Array | undefined;
  /** Entries `from` to `to` − 1 that are there, with their indices. Reads all of them into memory. */
  entries(from: number, to: number): readonly IndexedEntry[];
  /** Hashes of the row `index`, one after the other. */
  hashes(index: number): Uint8Array | undefined;
  entryBounds(): Bounds;
  nodeBounds(): Bounds;
}

export interface IndexedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
}

/** @param db - A connection to a ledger of the newest schema. */
export function createLogStore(db: DatabaseSync): LogStore {
  const insertEntry = db.prepare('INSERT INTO log_entries (idx, entry) VALUES (?, ?)');
  const insertNodes = db.prepare('INSERT INTO log_nodes (idx, hashes) VALUES (?, ?)');
  const selectEntry = db.prepare('SELECT entry FROM log_entries WHERE idx = ?');
  const selectEntries = db.prepare(
    'SELECT idx, entry FROM log_entries WHERE idx >= ? AND idx < ? ORDER BY idx',
  );
  const selectHashes = db.prepare('SELECT hashes FROM log_nodes WHERE idx = ?');
  const hashes = (index: number): Uint8Array | undefined => {
    const row = selectHashes.get(index);
    return row === undefined ? undefined : readBytes(row, 'hashes');
  };
  return {
    append: (index, entry, completed) => {
      insertEntry.run(index, entry);
      insertNodes.run(index, completed);
    },
    entry: (index) => {
      const row = selectEntry.get(index);
      return row === undefined ? undefined : readBytes(row, 'entry');
    },
    entries: (from, to) =>
      selectEntries
        .all(from, to)
        .map((row) => ({ index: readCount(row, 'idx'), entry: readBytes(row, 'entry') })),
    hashes,
    node: (level, index) => nodeOf(level, index, hashes(completedBy(level, index))),
    entryBounds: () => bounds(db, 'log_entries'),
    nodeBounds: () => bounds(db, 'log_nodes'),
  };
}

/** Index of the entry that completes a node: the last leaf below it. */
export function completedBy(level: number, index: number): number {
  return (index + 1) * 2 ** level - 1;
}

function nodeOf(level: number, index: number, hashes: Uint8Array | undefined): Uint8Array {
  const node = hashes?.slice(level * HASH_BYTES, (level + 1) * HASH_BYTES);
  if (node?.length === HASH_BYTES) return node;
  throw corruptStore('a node of the log is missing', { level, index });
}

function bounds(db: DatabaseSync, table: 'log_entries' | 'log_nodes'): Bounds {
  const row = db
    .prepare(
      `SELECT (SELECT min(idx) FROM ${table}) AS first, (SELECT max(idx) FROM ${table}) AS last`,
    )
    .get();
  if (row === undefined || row.last === null) return undefined;
  return { first: readCount(row, 'first'), last: readCount(row, 'last') };
}
