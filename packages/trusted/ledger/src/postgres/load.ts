/**
 * The first half of a writing transaction: lock the head, load everything the rules are going to touch.
 *
 * All statements are sent at once and run in order, each seeing what is committed when it runs; the
 * first locks the head, so nobody else writes between them and the COMMIT.
 *
 * @module
 */

import type { Reservation, StoredBucket } from '../bucket-store.ts';
import { type Row, readCount, readText } from '../columns.ts';
import type { FrozenScope } from '../ledger.ts';
import { corruptStore } from '../store-error.ts';
import type { Answer, Connection, Parameter } from './connection.ts';
import type { LoadedBuckets } from './memory-buckets.ts';
import type { LoadedIntent } from './memory-intents.ts';
import type { LoadedNonces, StoredNonce } from './memory-nonces.ts';
import {
  BUCKET_COLUMNS,
  digestHex,
  HEAD_COLUMNS,
  RESERVATION_COLUMNS,
  type SharedHead,
  sharedBucketOf,
  sharedHeadOf,
  sharedReservationOf,
  slotReservationOf,
} from './rows.ts';

/** What a transaction is going to touch. */
export interface Needs {
  /** Clock of this signer. */
  readonly nowMs: number;
  /** Sizes whose stored checkpoints are wanted. */
  readonly sizes?: readonly number[];
  readonly nonceKeys?: readonly string[];
  readonly scopes?: readonly string[];
  /** Keys of buckets that are charged; what ended in them is deleted. */
  readonly bucketKeys?: readonly string[];
  /** Slots whose reservations are wanted, with their buckets. */
  readonly slots?: readonly string[];
  /** Expired nonces to offer for forgetting. */
  readonly forget?: {
    readonly added: number;
    readonly retained: number;
    readonly toleranceMs: number;
    readonly limit: number;
  };
  /** Deletes up to `limit` ended reservations of the bucket with the smallest id above `after`. */
  readonly catchUp?: { readonly after: number; readonly limit: number };
  /** Ids of intents that are wanted, with who answered them. */
  readonly intents?: readonly string[];
  /** Loads every bucket whose fixed window begins later than this. */
  readonly anchoredAfterMs?: number;
}

/** What is there. */
export interface Loaded {
  readonly head: SharedHead;
  /** Notes of the stored checkpoints that were asked for, by size. */
  readonly notes: ReadonlyMap<number, string>;
  readonly nonces: LoadedNonces;
  readonly freezes: readonly FrozenScope[];
  readonly buckets: LoadedBuckets;
  readonly intents: readonly LoadedIntent[];
  /** Bucket that `catchUp` found, and how many of its reservations were deleted. */
  readonly caughtUp: { readonly id: number | undefined; readonly count: number };
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE';

/** Text of a list parameter as an array of the server. */
const list = (at: number, item: string): string =>
  `ARRAY(SELECT ${item} FROM json_array_elements_text($${at}::text::json) AS one(value))`;
const DIGESTS = (at: number): string => list(at, "decode(value, 'hex')");

/** Now, as the rules see it: the clock, or high water when that is later. */
const AT_MS = (at: number): string => `greatest(h.high_water_ms, $${at}::bigint)`;

const SQL = {
  head: `SELECT ${HEAD_COLUMNS} FROM countersign.head FOR UPDATE`,
  notes: `SELECT size, note FROM countersign.checkpoints WHERE size = ANY(${list(1, 'value::bigint')})`,
  nonces: `SELECT nonce_key, expires_at_ms FROM countersign.request_nonces
    WHERE digest = ANY(${DIGESTS(1)})`,
  freezes: `SELECT scope, since_ms FROM countersign.freezes WHERE scope = ANY(${list(1, 'value')})`,
  expired: `SELECT n.nonce_key, n.expires_at_ms FROM countersign.request_nonces n, countersign.head h
    WHERE h.nonce_count + $1::bigint > $2::bigint
      AND n.expires_at_ms < ${AT_MS(3)} - $4::bigint
    ORDER BY n.expires_at_ms, n.digest LIMIT $5::bigint`,
  ended: `WITH gone AS (
      DELETE FROM countersign.reservations r USING countersign.buckets b, countersign.head h
      WHERE b.key = ANY(${DIGESTS(1)}) AND r.bucket_id = b.id AND r.until_ms < ${AT_MS(2)}
      RETURNING r.bucket_id, r.amount, r.until_ms)
    SELECT bucket_id, sum(amount)::text AS amount, max(until_ms) AS until_ms FROM gone GROUP BY bucket_id`,
  next: `SELECT ${BUCKET_COLUMNS} FROM countersign.buckets WHERE id > $1::bigint ORDER BY id LIMIT 1`,
  nextEnded: `WITH gone AS (
      DELETE FROM countersign.reservations WHERE (slot, bucket_id) IN (
        SELECT r.slot, r.bucket_id FROM countersign.reservations r, countersign.head h
        WHERE r.bucket_id = (
            SELECT id FROM countersign.buckets WHERE id > $1::bigint ORDER BY id LIMIT 1)
          AND r.until_ms < ${AT_MS(2)} ORDER BY r.until_ms LIMIT $3::bigint)
      RETURNING bucket_id, amount, until_ms)
    SELECT bucket_id, sum(amount)::text AS amount, max(until_ms) AS until_ms, count(*) AS count
    FROM gone GROUP BY bucket_id`,
  buckets: `SELECT ${BUCKET_COLUMNS} FROM countersign.buckets WHERE key = ANY(${DIGESTS(1)})`,
  slotBuckets: `SELECT ${BUCKET_COLUMNS} FROM countersign.buckets WHERE id IN (
      SELECT bucket_id FROM countersign.reservations WHERE slot = ANY(${list(1, 'value')}))`,
  anchored: `SELECT ${BUCKET_COLUMNS} FROM countersign.buckets WHERE anchor_ms > $1::bigint`,
  intents: `SELECT id, executed_at,
      (SELECT coalesce(json_agg(approver), '[]'::json)::text FROM countersign.intent_answers
        WHERE intent_id = i.id) AS approvers
    FROM countersign.intents i WHERE id = ANY(${list(1, 'value')})`,
  held: `SELECT ${RESERVATION_COLUMNS} FROM countersign.reservations
    WHERE slot = ANY(${list(1, 'value')})`,
} as const;

/**
 * Begins a transaction, locks the head, and loads.
 *
 * @throws BoundaryError as `toPostgresError`; ERR_STORE_CORRUPT when a row is not what was written.
 */
export async function beginAndLoad(connection: Connection, needs: Needs): Promise<Loaded> {
  const begun = connection.send(BEGIN);
  const head = connection.send(SQL.head);
  const parts = sendAll(connection, needs);
  await begun;
  const [row] = (await head).rows;
  if (row === undefined) throw corruptStore('no checkpoint is stored');
  return assemble(sharedHeadOf(row), needs, await settled(parts));
}

type Parts = Readonly<Partial<Record<keyof typeof SQL, Promise<Answer>>>>;
type Answers = Readonly<Partial<Record<keyof typeof SQL, readonly Row[]>>>;

/** Sends what is needed, in an order in which nothing is read before it was deleted. */
function sendAll(connection: Connection, needs: Needs): Parts {
  const { nowMs, sizes = [], nonceKeys = [], scopes = [], bucketKeys = [], slots = [] } = needs;
  const { forget, catchUp, anchoredAfterMs, intents = [] } = needs;
  const parts: Partial<Record<keyof typeof SQL, Promise<Answer>>> = {};
  const send = (
    name: keyof typeof SQL,
    isNeeded: boolean,
    ...given: readonly Parameter[]
  ): void => {
    if (isNeeded) parts[name] = connection.send(SQL[name], given);
  };
  send('notes', sizes.length > 0, JSON.stringify(sizes));
  send('nonces', nonceKeys.length > 0, JSON.stringify(nonceKeys.map(digestHex)));
  send('freezes', scopes.length > 0, JSON.stringify(scopes));
  send('intents', intents.length > 0, JSON.stringify(intents));
  if (forget !== undefined) {
    const { added, retained, toleranceMs, limit } = forget;
    send('expired', true, added, retained, nowMs, toleranceMs, limit);
  }
  send('ended', bucketKeys.length > 0, JSON.stringify(bucketKeys), nowMs);
  if (catchUp !== undefined) {
    send('nextEnded', true, catchUp.after, nowMs, catchUp.limit);
    send('next', true, catchUp.after);
  }
  send('buckets', bucketKeys.length > 0, JSON.stringify(bucketKeys));
  send('slotBuckets', slots.length > 0, JSON.stringify(slots));
  send('anchored', anchoredAfterMs !== undefined, anchoredAfterMs ?? 0);
  send('held', slots.length > 0, JSON.stringify(slots));
  return parts;
}

async function settled(parts: Parts): Promise<Answers> {
  const answers: Partial<Record<keyof typeof SQL, readonly Row[]>> = {};
  for (const [name, answer] of Object.entries(parts)) {
    answers[name as keyof typeof SQL] = (await answer).rows;
  }
  return answers;
}

function assemble(head: SharedHead, needs: Needs, answers: Answers): Loaded {
  const rows = (name: keyof typeof SQL): readonly Row[] => answers[name] ?? [];
  const expired = rows('expired').map(nonceOf);
  const next = rows('next').map(sharedBucketOf);
  const anchored = rows('anchored').map(sharedBucketOf);
  const found = [...rows('buckets'), ...rows('slotBuckets')].map(sharedBucketOf);
  const [nextEnded] = rows('nextEnded');
  return {
    head,
    notes: new Map(rows('notes').map((row) => [readCount(row, 'size'), readText(row, 'note')])),
    nonces: {
      used: rows('nonces').map(nonceOf),
      expired,
      hasMoreExpired: expired.length === needs.forget?.limit,
    },
    freezes: rows('freezes').map((row) => ({
      scope: readText(row, 'scope'),
      sinceMs: readCount(row, 'since_ms'),
    })),
    buckets: {
      buckets: [...found, ...next, ...anchored],
      held: rows('held').map(slotReservationOf),
      ended: [...rows('ended'), ...rows('nextEnded')].map(
        (row): Reservation => sharedReservationOf(row),
      ),
      walk: idsOf([...next, ...anchored]),
      nextId: head.nextBucketId,
    },
    intents: rows('intents').map(intentOf),
    caughtUp: {
      id: next[0]?.id,
      count: nextEnded === undefined ? 0 : readCount(nextEnded, 'count'),
    },
  };
}

function idsOf(buckets: readonly StoredBucket[]): readonly number[] {
  return buckets.map(({ id }) => id).sort((a, b) => a - b);
}

function nonceOf(row: Row): StoredNonce {
  return { nonceKey: readText(row, 'nonce_key'), expiresAtMs: readCount(row, 'expires_at_ms') };
}

function intentOf(row: Row): LoadedIntent {
  const approvers: unknown = JSON.parse(readText(row, 'approvers'));
  return {
    id: readText(row, 'id'),
    isExecuted: row.executed_at !== null,
    approvers: Array.isArray(approvers) ? approvers.map(String) : [],
  };
}
