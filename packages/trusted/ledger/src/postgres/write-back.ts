/**
 * The second half of a writing transaction: everything that changed, then COMMIT, sent at once.
 *
 * @module
 */

import type { BoundaryError } from '@countersign/protocol';
import { bucketDigest, type StoredBucket } from '../bucket-store.ts';
import { windowMs } from '../charge.ts';
import { headDigest } from '../head-store.ts';
import type { FrozenScope } from '../ledger.ts';
import type { Answer, Connection, Parameter } from './connection.ts';
import type { BucketChanges } from './memory-buckets.ts';
import type { FreezeChanges } from './memory-freezes.ts';
import type { IntentChanges } from './memory-intents.ts';
import type { NonceChanges, StoredNonce } from './memory-nonces.ts';
import { toPostgresError, unavailable } from './postgres-error.ts';
import { bucketKey, digestHex, type SharedHead } from './rows.ts';

/** An entry with the hashes it completes. */
export interface NewEntry {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly hashes: Uint8Array;
}

/** Everything one transaction changes. */
export interface Changes {
  readonly head: SharedHead;
  readonly entries: readonly NewEntry[];
  readonly nonces?: NonceChanges;
  readonly freezes?: FreezeChanges;
  readonly buckets?: BucketChanges;
  readonly intents?: IntentChanges;
}

/** Rows of a JSON text as a table. */
const rows = (columns: string): string => `json_to_recordset($1::text::json) AS r(${columns})`;

const SQL = {
  entries: `INSERT INTO countersign.log_entries (idx, entry)
    SELECT i, decode(e, 'hex') FROM ${rows('i bigint, e text')}`,
  nodes: `INSERT INTO countersign.log_nodes (idx, hashes)
    SELECT i, decode(h, 'hex') FROM ${rows('i bigint, h text')}`,
  checkpoint: `INSERT INTO countersign.checkpoints
    (size, note, high_water_ms, forgotten_through_ms, digest) VALUES ($1, $2, $3, $4, $5)`,
  head: `UPDATE countersign.head SET size = $1, note = $2, high_water_ms = $3,
    forgotten_through_ms = $4, digest = $5, peaks = $6, nonce_count = $7, next_bucket_id = $8`,
  addNonces: `INSERT INTO countersign.request_nonces (digest, nonce_key, expires_at_ms)
    SELECT decode(d, 'hex'), k, e FROM ${rows('d text, k text, e bigint')}`,
  extendNonces: `UPDATE countersign.request_nonces n SET expires_at_ms = r.e
    FROM ${rows('d text, k text, e bigint')} WHERE n.digest = decode(r.d, 'hex')`,
  forgetNonces: `DELETE FROM countersign.request_nonces n
    USING ${rows('d text')} WHERE n.digest = decode(r.d, 'hex')`,
  addFreezes: `INSERT INTO countersign.freezes (scope, since_ms)
    SELECT s, m FROM ${rows('s text, m bigint')}`,
  removeFreezes: `DELETE FROM countersign.freezes f USING ${rows('s text')} WHERE f.scope = r.s`,
  saveBuckets: `INSERT INTO countersign.buckets
    (id, key, name, window_type, window_ms, total, anchor_ms, freed_through_ms, digest)
    SELECT id, decode(key, 'hex'), name, type, ms, total, anchor, freed, decode(digest, 'hex')
    FROM ${rows(
      'id bigint, key text, name text, type text, ms bigint, total numeric, anchor bigint,' +
        ' freed bigint, digest text',
    )}
    ON CONFLICT (id) DO UPDATE SET total = excluded.total, anchor_ms = excluded.anchor_ms,
      freed_through_ms = excluded.freed_through_ms, digest = excluded.digest`,
  endAll: `UPDATE countersign.reservations v SET until_ms = r.u
    FROM ${rows('b bigint, u bigint')} WHERE v.bucket_id = r.b`,
  hold: `INSERT INTO countersign.reservations (slot, bucket_id, amount, until_ms)
    SELECT s, b, a, u FROM ${rows('s text, b bigint, a numeric, u bigint')}
    ON CONFLICT (slot, bucket_id) DO UPDATE
      SET amount = excluded.amount, until_ms = excluded.until_ms`,
  drop: `DELETE FROM countersign.reservations v
    USING ${rows('s text, b bigint')} WHERE v.slot = r.s AND v.bucket_id = r.b`,
  forgetIntents: `DELETE FROM countersign.intents WHERE id IN (
    SELECT id FROM countersign.intents WHERE expires_at_ms < $1::bigint LIMIT $2::bigint)`,
  addIntents: `INSERT INTO countersign.intents (id, document, digest, owner, asked_at, expires_at_ms)
    SELECT id, document, digest, owner, asked, ends FROM ${rows(
      'id text, document text, digest text, owner text, asked bigint, ends bigint',
    )}`,
  addAnswers: `INSERT INTO countersign.intent_answers (intent_id, approver, answer, evidence, entry)
    SELECT id, approver, answer, evidence, entry FROM ${rows(
      'id text, approver text, answer text, evidence text, entry bigint',
    )}`,
  executeIntents: `UPDATE countersign.intents i SET executed_at = r.x
    FROM ${rows('id text, x bigint')} WHERE i.id = r.id`,
} as const;

/** What became of a COMMIT the server answered. */
export interface CommitReport {
  /** When it was handed over, on `performance.now()`. */
  readonly sentAtMs: number;
  /** Why nothing was written; absent: everything is durable. */
  readonly failure?: BoundaryError;
}

/**
 * Writes and commits.
 *
 * @throws BoundaryError ERR_STORE_UNAVAILABLE when the answer to COMMIT did not come: it may be durable.
 */
export async function writeAndCommit(
  connection: Connection,
  changes: Changes,
): Promise<CommitReport> {
  const writes = sendChanges(connection, changes);
  const sentAtMs = performance.now();
  const { command } = await connection.send('COMMIT');
  if (command === 'COMMIT') return { sentAtMs };
  // The server answers COMMIT with ROLLBACK when an earlier statement failed.
  return { sentAtMs, failure: await firstFailure(writes) };
}

async function firstFailure(writes: readonly Promise<Answer>[]): Promise<BoundaryError> {
  for (const write of writes) {
    try {
      await write;
    } catch (cause) {
      return toPostgresError(cause);
    }
  }
  return unavailable('the store undid the transaction');
}

function sendChanges(connection: Connection, changes: Changes): readonly Promise<Answer>[] {
  const sent: Promise<Answer>[] = [];
  const send = (name: keyof typeof SQL, ...given: readonly Parameter[]): void => {
    sent.push(connection.send(SQL[name], given));
  };
  const sendRows = (name: keyof typeof SQL, items: readonly object[]): void => {
    if (items.length > 0) send(name, JSON.stringify(items));
  };
  const { head, entries, nonces, freezes, buckets, intents } = changes;
  sendRows(
    'entries',
    entries.map(({ index, entry }) => ({ i: index, e: hex(entry) })),
  );
  sendRows(
    'nodes',
    entries.map(({ index, hashes }) => ({ i: index, h: hex(hashes) })),
  );
  const state = [head.size, head.note, head.highWaterMs, head.forgottenThroughMs, headDigest(head)];
  send('checkpoint', ...state);
  send('head', ...state, Buffer.concat(head.peaks), head.nonceCount, head.nextBucketId);
  if (nonces !== undefined) {
    sendRows('addNonces', nonces.added.map(nonceRow));
    sendRows('extendNonces', nonces.extended.map(nonceRow));
    sendRows(
      'forgetNonces',
      nonces.forgotten.map((nonceKey) => ({ d: digestHex(nonceKey) })),
    );
  }
  if (freezes !== undefined) {
    sendRows('addFreezes', freezes.added.map(freezeRow));
    sendRows(
      'removeFreezes',
      freezes.removed.map((scope) => ({ s: scope })),
    );
  }
  if (buckets !== undefined) sendBuckets(sendRows, buckets);
  if (intents !== undefined) {
    const { forget, added, answers, executed } = intents;
    if (forget !== undefined) send('forgetIntents', forget.beforeMs, forget.limit);
    sendRows('addIntents', added.map(intentRow));
    sendRows(
      'addAnswers',
      answers.map(({ intentId, ...answer }) => ({ id: intentId, ...answer })),
    );
    sendRows(
      'executeIntents',
      executed.map(({ id, executedAt }) => ({ id, x: executedAt })),
    );
  }
  return sent;
}

function sendBuckets(
  sendRows: (name: keyof typeof SQL, items: readonly object[]) => void,
  { saved, ends, held, dropped }: BucketChanges,
): void {
  sendRows('saveBuckets', saved.map(bucketRow));
  sendRows(
    'endAll',
    ends.map(({ bucketId, untilMs }) => ({ b: bucketId, u: untilMs })),
  );
  sendRows(
    'hold',
    held.map(({ slot, bucketId, amount, untilMs }) => ({
      s: slot,
      b: bucketId,
      a: `${amount}`,
      u: untilMs ?? null,
    })),
  );
  sendRows(
    'drop',
    dropped.map(({ slot, bucketId }) => ({ s: slot, b: bucketId })),
  );
}

function nonceRow({ nonceKey, expiresAtMs }: StoredNonce): object {
  return { d: digestHex(nonceKey), k: nonceKey, e: expiresAtMs };
}

function intentRow(intent: IntentChanges['added'][number]): object {
  const { id, document, digest, owner, askedAt, expiresAtMs } = intent;
  return { id, document, digest, owner, asked: askedAt, ends: expiresAtMs };
}

function freezeRow({ scope, sinceMs }: FrozenScope): object {
  return { s: scope, m: sinceMs };
}

function bucketRow(bucket: StoredBucket): object {
  const { id, name, window, total, anchorMs, freedThroughMs } = bucket;
  return {
    id,
    key: bucketKey(name, window),
    name,
    type: window.type,
    ms: windowMs(window),
    total: `${total}`,
    anchor: anchorMs ?? null,
    freed: freedThroughMs,
    digest: hex(bucketDigest(bucket)),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
