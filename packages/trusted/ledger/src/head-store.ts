/**
 * Heads: one row per commit with the signed checkpoint and the state of the clock rules after it.
 *
 * @module
 */

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type Row, readBytes, readCount, readText } from './columns.ts';
import { corruptStore } from './store-error.ts';

/** State of the ledger after one commit. */
export interface Head {
  /** Entries of the log. */
  readonly size: number;
  /** Signed checkpoint of that size. */
  readonly note: string;
  /** Latest time a commit was made at, by the clock of the signer. */
  readonly highWaterMs: number;
  /** Latest expiry among the request nonces that were forgotten; 0 when none was. */
  readonly forgottenThroughMs: number;
}

/** Reading throws ERR_STORE_CORRUPT when a row is not what was written. */
export interface HeadStore {
  insert(head: Head): void;
  newest(): Head | undefined;
  at(size: number): Head | undefined;
  /** Up to `limit` heads of sizes above `afterSize`, smallest first. */
  after(afterSize: number, limit: number): readonly Head[];
}

const COLUMNS = 'size, note, high_water_ms, forgotten_through_ms, digest';

/** @param db - A connection to a ledger of the newest schema; may be read-only. */
export function createHeadStore(db: DatabaseSync): HeadStore {
  const insert = db.prepare(`INSERT INTO checkpoints (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`);
  const newest = db.prepare(`SELECT ${COLUMNS} FROM checkpoints ORDER BY size DESC LIMIT 1`);
  const at = db.prepare(`SELECT ${COLUMNS} FROM checkpoints WHERE size = ?`);
  const after = db.prepare(
    `SELECT ${COLUMNS} FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?`,
  );
  return {
    insert: (head) => {
      const { size, note, highWaterMs, forgottenThroughMs } = head;
      insert.run(size, note, highWaterMs, forgottenThroughMs, headDigest(head));
    },
    newest: () => toHead(newest.get()),
    at: (size) => toHead(at.get(size)),
    after: (afterSize, limit) => after.all(afterSize, limit).map(headOf),
  };
}

function toHead(row: Row | undefined): Head | undefined {
  return row === undefined ? undefined : headOf(row);
}

/**
 * Head of a row with all columns of its table.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when it is not what was written.
 */
export function headOf(row: Row): Head {
  const head = {
    size: readCount(row, 'size'),
    note: readText(row, 'note'),
    highWaterMs: readCount(row, 'high_water_ms'),
    forgottenThroughMs: readCount(row, 'forgotten_through_ms'),
  };
  if (Buffer.compare(readBytes(row, 'digest'), headDigest(head)) === 0) return head;
  throw corruptStore('a stored checkpoint or its times were altered', { size: head.size });
}

/**
 * Against decay, not against an attacker: the note is signed, the times beside it are not.
 *
 * @returns 32 bytes.
 */
export function headDigest({ size, note, highWaterMs, forgottenThroughMs }: Head): Buffer {
  return hash('sha256', `${size}\n${highWaterMs}\n${forgottenThroughMs}\n${note}`, 'buffer');
}
