/**
 * Checking buckets against the reservations in them.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { bucketOf, type Reservation, reservationOf, type StoredBucket } from './bucket-store.ts';
import { windowMs } from './charge.ts';
import { corruptStore } from './store-error.ts';

interface Sum {
  readonly bucket: StoredBucket;
  total: bigint;
}

/**
 * Checks that every bucket counts exactly what is reserved in it, and that every end fits its window.
 *
 * @param db - A ledger of a version that has buckets.
 * @returns Number of reservations.
 * @throws BoundaryError ERR_STORE_CORRUPT; names of buckets are not repeated in details.
 * @remarks Reads both tables once, about 2 µs per row.
 */
export function checkBuckets(db: DatabaseSync): number {
  // Both tables as they are at one moment, also beside a signer that writes.
  db.exec('BEGIN');
  try {
    return addUp(db);
  } finally {
    db.exec('COMMIT');
  }
}

function addUp(db: DatabaseSync): number {
  const sums = new Map<number, Sum>();
  for (const row of db.prepare('SELECT * FROM buckets').iterate()) {
    const bucket = bucketOf(row);
    sums.set(bucket.id, { bucket, total: 0n });
  }
  let count = 0;
  for (const row of db.prepare('SELECT * FROM reservations').iterate()) {
    const reservation = reservationOf(row);
    const sum = sums.get(reservation.bucketId);
    if (sum === undefined) throw corruptStore('a reservation belongs to no bucket');
    requireEnd(sum.bucket, reservation);
    sum.total += reservation.amount;
    count += 1;
  }
  for (const { bucket, total } of sums.values()) {
    if (total !== bucket.total) {
      throw corruptStore('a bucket does not count what is reserved in it', { bucket: bucket.id });
    }
  }
  return count;
}

function requireEnd({ id, window, anchorMs = 0 }: StoredBucket, { untilMs }: Reservation): void {
  const isRight =
    window.type === 'fixed'
      ? untilMs === anchorMs + windowMs(window)
      : (untilMs === undefined) === (window.type === 'lifetime');
  if (!isRight) throw corruptStore('a reservation ends at another time', { bucket: id });
}
