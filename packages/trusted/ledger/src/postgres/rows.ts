/**
 * Rows of the shared tables as the values the rules of the ledger work with.
 *
 * @module
 */

import { hash } from 'node:crypto';
import { HASH_BYTES } from '@countersign/tlog';
import { bucketDigest, type Reservation, type StoredBucket, toWindow } from '../bucket-store.ts';
import { type SpendWindow, windowMs } from '../charge.ts';
import { type Row, readBytes, readCount, readText } from '../columns.ts';
import { type Head, headOf } from '../head-store.ts';
import { corruptStore } from '../store-error.ts';

/** The row everybody who writes locks first. */
export interface SharedHead extends Head {
  readonly schemaVersion: number;
  /** Right edge of the tree, largest first. */
  readonly peaks: readonly Uint8Array[];
  readonly nonceCount: number;
  readonly nextBucketId: number;
}

/** What a slot holds. */
export interface SlotReservation extends Reservation {
  readonly slot: string;
}

/** Columns of {@link sharedHeadOf}. */
export const HEAD_COLUMNS =
  'schema_version, size, note, high_water_ms, forgotten_through_ms, digest, peaks, nonce_count,' +
  ' next_bucket_id';

/** Columns of {@link sharedBucketOf}. */
export const BUCKET_COLUMNS =
  'id, name, window_type, window_ms, total::text AS total, anchor_ms, freed_through_ms, digest';

/** Columns of {@link slotReservationOf}. */
export const RESERVATION_COLUMNS = 'slot, bucket_id, amount::text AS amount, until_ms';

/** @throws BoundaryError ERR_STORE_CORRUPT when the row is not what was written. */
export function sharedHeadOf(row: Row): SharedHead {
  const peaks = readBytes(row, 'peaks');
  if (peaks.length % HASH_BYTES !== 0) throw corruptStore('the right edge of the tree is damaged');
  return {
    ...headOf(row),
    schemaVersion: readCount(row, 'schema_version'),
    peaks: Array.from({ length: peaks.length / HASH_BYTES }, (_, at) =>
      peaks.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    ),
    nonceCount: readCount(row, 'nonce_count'),
    nextBucketId: readCount(row, 'next_bucket_id'),
  };
}

/** @throws BoundaryError ERR_STORE_CORRUPT when the row is not what was written. */
export function sharedBucketOf(row: Row): StoredBucket {
  const bucket = {
    id: readCount(row, 'id'),
    name: readText(row, 'name'),
    window: toWindow(readText(row, 'window_type'), readCount(row, 'window_ms')),
    total: readInteger(row, 'total'),
    anchorMs: row.anchor_ms === null ? undefined : readCount(row, 'anchor_ms'),
    freedThroughMs: row.freed_through_ms === -1 ? -1 : readCount(row, 'freed_through_ms'),
  };
  if (Buffer.compare(readBytes(row, 'digest'), bucketDigest(bucket)) === 0) return bucket;
  throw corruptStore('a bucket was altered');
}

/** Reservation of a row with its bucket, amount and end. */
export function sharedReservationOf(row: Row): Reservation {
  return {
    bucketId: readCount(row, 'bucket_id'),
    amount: readInteger(row, 'amount'),
    untilMs: row.until_ms === null ? undefined : readCount(row, 'until_ms'),
  };
}

/** As {@link sharedReservationOf}, with its slot. */
export function slotReservationOf(row: Row): SlotReservation {
  return { ...sharedReservationOf(row), slot: readText(row, 'slot') };
}

/** What a bucket is found by: SHA-256, lower hex. */
export function bucketKey(name: string, window: SpendWindow): string {
  return digestHex(`${window.type}\n${windowMs(window)}\n${name}`);
}

/** What a request nonce is found by: SHA-256, lower hex. */
export function digestHex(text: string): string {
  return hash('sha256', text);
}

function readInteger(row: Row, column: string): bigint {
  const text = readText(row, column);
  if (/^[0-9]{1,78}$/.test(text)) return BigInt(text);
  throw corruptStore(`the column ${column} holds no amount`);
}
