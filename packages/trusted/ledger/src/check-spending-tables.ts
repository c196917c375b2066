/**
 * Comparing the tables decisions are made from with what the log says.
 *
 * The tables are neither signed nor part of the tree: whoever can write to the file could take a
 * reservation out of them, and its bucket's sum with it. The log does not forget it.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { bucketOf, reservationOf, type StoredBucket } from './bucket-store.ts';
import { replaySpending, type SpendingReport } from './check-spending.ts';
import type { Head } from './head-store.ts';
import type { LoggedBucket } from './logged-bucket.ts';
import { readSchemaVersion, SPENDING_VERSION } from './schema.ts';

/**
 * Checks the log, then the tables against it.
 *
 * @param db - In a transaction, so that log and tables are of one moment.
 * @param entries - All of the log.
 * @returns The report of the log; a fault of the tables has the size of the log as its index.
 * @throws BoundaryError ERR_STORE_CORRUPT when a row cannot be read.
 */
export function checkSpendingTables(
  db: DatabaseSync,
  head: Head,
  entries: Iterable<Uint8Array>,
): SpendingReport {
  const { report, state } = replaySpending(entries);
  if (report.fault !== undefined || readSchemaVersion(db) < SPENDING_VERSION) return report;
  const logged = new Map(state.map(({ key, bucket }) => [key, bucket]));
  if (isAsLogged(db, logged, head.highWaterMs)) return report;
  const reason = 'the tables count something else than the log says';
  return { ...report, fault: { reason, index: head.size } };
}

function isAsLogged(
  db: DatabaseSync,
  logged: Map<string, LoggedBucket>,
  highWaterMs: number,
): boolean {
  const reservations = db.prepare('SELECT * FROM reservations WHERE bucket_id = ?');
  for (const row of db.prepare('SELECT * FROM buckets').iterate()) {
    const bucket = bucketOf(row);
    const key = keyOf(bucket);
    // Ends up to here were taken off, or will be before the next decision.
    const afterMs = Math.max(highWaterMs - 1, bucket.freedThroughMs);
    let sum = 0n;
    for (const one of reservations.iterate(bucket.id)) {
      const { amount, untilMs } = reservationOf(one);
      if (untilMs === undefined || untilMs > afterMs) sum += amount;
    }
    if (sum !== (logged.get(key)?.countedAfter(afterMs) ?? 0n)) return false;
    logged.delete(key);
  }
  // What is left is in the log only: it must have ended.
  return [...logged.values()].every((bucket) => bucket.countedAfter(highWaterMs - 1) === 0n);
}

function keyOf({ name, window }: StoredBucket): string {
  const seconds = window.type === 'lifetime' ? 0 : window.seconds;
  return `${window.type} ${seconds} ${createHash('sha256').update(name).digest('hex')}`;
}
