/**
 * Buckets and the reservations in them, as rows.
 *
 * A bucket carries the sum of its reservations, so that a decision reads one number however many
 * there are.
 *
 * @module
 */

import { hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { amountBytes, readAmount } from './amount-column.ts';
import { type SpendWindow, windowMs } from './charge.ts';
import { type Row, readBytes, readCount, readText } from './columns.ts';
import { corruptStore } from './store-error.ts';

/** State of one bucket. */
export interface Bucket {
  /** `undefined` before it is stored. */
  readonly id: number | undefined;
  readonly name: string;
  readonly window: SpendWindow;
  /** Sum of the reservations that are stored, ended ones that were not taken off yet included. */
  readonly total: bigint;
  /** Begin of a fixed window; `undefined` for the others and before the first spend. */
  readonly anchorMs: number | undefined;
  /** Latest end among the reservations that were taken off; −1 when none was. */
  readonly freedThroughMs: number;
}

export interface StoredBucket extends Bucket {
  readonly id: number;
}

export interface Reservation {
  readonly bucketId: number;
  readonly amount: bigint;
  /** Last millisecond at which it counts; `undefined`: it always does. */
  readonly untilMs: number | undefined;
}

/** Writing methods write inside the transaction that is open. */
export interface BucketStore {
  find(name: string, window: SpendWindow): StoredBucket | undefined;
  /** The bucket with the smallest id above `id`. */
  after(id: number): StoredBucket | undefined;
  byId(id: number): StoredBucket;
  /** Inserts or replaces; the bucket as it is stored. */
  save(bucket: Bucket): StoredBucket;
  /** What a slot holds in a bucket. */
  held(slot: string, bucketId: number): Reservation | undefined;
  /** Everything a slot holds. */
  heldBy(slot: string): readonly Reservation[];
  /** Inserts or replaces what a slot holds in a bucket. */
  hold(slot: string, reservation: Reservation): void;
  drop(slot: string, bucketId: number): void;
  /** Deletes up to `limit` reservations that ended before `beforeMs`, the earliest end first. */
  takeEnded(bucketId: number, beforeMs: number, limit: number): readonly Reservation[];
  /** Gives every reservation of a bucket this end. */
  endAllAt(bucketId: number, untilMs: number): void;
}

const COLUMNS = 'id, name, window_type, window_ms, total, anchor_ms, freed_through_ms, digest';
const RESERVATION = 'bucket_id, amount, until_ms';
const SECOND_MS = 1_000;

/** @param db - A connection to a ledger of the newest schema. */
export function createBucketStore(db: DatabaseSync): BucketStore {
  const find = db.prepare(
    `SELECT ${COLUMNS} FROM buckets WHERE name = ? AND window_type = ? AND window_ms = ?`,
  );
  const after = db.prepare(`SELECT ${COLUMNS} FROM buckets WHERE id > ? ORDER BY id LIMIT 1`);
  const byId = db.prepare(`SELECT ${COLUMNS} FROM buckets WHERE id = ?`);
  const insert = db.prepare(
    'INSERT INTO buckets (name, window_type, window_ms, total, anchor_ms, freed_through_ms, digest)' +
      ' VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    'UPDATE buckets SET total = ?, anchor_ms = ?, freed_through_ms = ?, digest = ? WHERE id = ?',
  );
  const held = db.prepare(
    `SELECT ${RESERVATION} FROM reservations WHERE slot = ? AND bucket_id = ?`,
  );
  const heldBy = db.prepare(`SELECT ${RESERVATION} FROM reservations WHERE slot = ?`);
  const hold = db.prepare(
    `INSERT INTO reservations (slot, ${RESERVATION}) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET amount = excluded.amount, until_ms = excluded.until_ms`,
  );
  const drop = db.prepare('DELETE FROM reservations WHERE slot = ? AND bucket_id = ?');
  const takeEnded = db.prepare(
    `DELETE FROM reservations WHERE (slot, bucket_id) IN (
       SELECT slot, bucket_id FROM reservations WHERE bucket_id = ? AND until_ms < ?
       ORDER BY until_ms LIMIT ?
     ) RETURNING ${RESERVATION}`,
  );
  const endAllAt = db.prepare('UPDATE reservations SET until_ms = ? WHERE bucket_id = ?');
  return {
    find: (name, window) => toBucket(find.get(name, window.type, windowMs(window))),
    after: (id) => toBucket(after.get(id)),
    byId: (id) => {
      const bucket = toBucket(byId.get(id));
      if (bucket === undefined) throw corruptStore('a reservation belongs to no bucket');
      return bucket;
    },
    save: (bucket) => {
      const { id, name, window, total, anchorMs, freedThroughMs } = bucket;
      const state = [amountBytes(total), anchorMs ?? null, freedThroughMs, bucketDigest(bucket)];
      if (id !== undefined) {
        update.run(...state, id);
        return { ...bucket, id };
      }
      const added = insert.run(name, window.type, windowMs(window), ...state);
      return { ...bucket, id: Number(added.lastInsertRowid) };
    },
    held: (slot, bucketId) => {
      const row = held.get(slot, bucketId);
      return row === undefined ? undefined : reservationOf(row);
    },
    heldBy: (slot) => heldBy.all(slot).map(reservationOf),
    hold: (slot, { bucketId, amount, untilMs }) => {
      hold.run(slot, bucketId, amountBytes(amount), untilMs ?? null);
    },
    drop: (slot, bucketId) => {
      drop.run(slot, bucketId);
    },
    takeEnded: (bucketId, beforeMs, limit) =>
      takeEnded.all(bucketId, beforeMs, limit).map(reservationOf),
    endAllAt: (bucketId, untilMs) => {
      endAllAt.run(untilMs, bucketId);
    },
  };
}

function toBucket(row: Row | undefined): StoredBucket | undefined {
  return row === undefined ? undefined : bucketOf(row);
}

/**
 * Bucket of a row with all of {@link COLUMNS}.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when it is not what was written.
 */
export function bucketOf(row: Row): StoredBucket {
  const bucket = {
    id: readCount(row, 'id'),
    name: readText(row, 'name'),
    window: toWindow(readText(row, 'window_type'), readCount(row, 'window_ms')),
    total: readAmount(row, 'total'),
    anchorMs: row.anchor_ms === null ? undefined : readCount(row, 'anchor_ms'),
    freedThroughMs: row.freed_through_ms === -1 ? -1 : readCount(row, 'freed_through_ms'),
  };
  if (Buffer.compare(readBytes(row, 'digest'), bucketDigest(bucket)) === 0) return bucket;
  throw corruptStore('a bucket was altered');
}

/** Reservation of a row with its bucket, amount and end. */
export function reservationOf(row: Row): Reservation {
  return {
    bucketId: readCount(row, 'bucket_id'),
    amount: readAmount(row, 'amount'),
    untilMs: row.until_ms === null ? undefined : readCount(row, 'until_ms'),
  };
}

/**
 * A window as it is stored.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT for an unknown type.
 */
export function toWindow(type: string, lengthMs: number): SpendWindow {
  const seconds = lengthMs / SECOND_MS;
  if (type === 'lifetime') return { type };
  if (type === 'sliding' || type === 'fixed') return { type, seconds };
  throw corruptStore('a bucket has a window of no known type');
}

/**
 * Against decay: nothing else repeats the begin of a window or the ends that were taken off.
 *
 * @returns 32 bytes.
 */
export function bucketDigest({ name, window, total, anchorMs, freedThroughMs }: Bucket): Buffer {
  const facts = [window.type, windowMs(window), total, anchorMs ?? '', freedThroughMs, name];
  return hash('sha256', facts.join('\n'), 'buffer');
}
