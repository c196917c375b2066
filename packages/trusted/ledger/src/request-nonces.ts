/**
 * Request nonces that were used, and which of them were forgotten.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { readCount } from './columns.ts';

/** What a purge forgot. */
export interface Forgotten {
  readonly count: number;
  /** Latest expiry among the forgotten nonces; 0 when none was forgotten. */
  readonly throughMs: number;
}

/** Every method writes inside the transaction that is open. */
export interface RequestNonces {
  /**
   * Uses up a nonce.
   *
   * @returns Whether it was not used before. A used one is kept for the longer of both expiries.
   */
  use(nonceKey: string, expiresAtMs: number): boolean;
  /** Forgets up to `limit` nonces that expired before `beforeMs`, the oldest expiry first. */
  forget(beforeMs: number, limit: number): Forgotten;
  /** Counts the rows; takes time in proportion to them. */
  count(): number;
}

/** @param db - A connection to a ledger of the newest schema. */
export function createRequestNonces(db: DatabaseSync): RequestNonces {
  const insert = db.prepare(
    'INSERT INTO request_nonces (nonce_key, expires_at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const extend = db.prepare(
    'UPDATE request_nonces SET expires_at_ms = max(expires_at_ms, ?) WHERE nonce_key = ?',
  );
  const forget = db.prepare(
    `DELETE FROM request_nonces WHERE nonce_key IN (
       SELECT nonce_key FROM request_nonces WHERE expires_at_ms < ?
       ORDER BY expires_at_ms, nonce_key LIMIT ?
     ) RETURNING expires_at_ms`,
  );
  const count = db.prepare('SELECT count(*) AS count FROM request_nonces');
  return {
    use: (nonceKey, expiresAtMs) => {
      const isFresh = Number(insert.run(nonceKey, expiresAtMs).changes) === 1;
      if (!isFresh) extend.run(expiresAtMs, nonceKey);
      return isFresh;
    },
    forget: (beforeMs, limit) => {
      const rows = forget.all(beforeMs, limit).map((row) => readCount(row, 'expires_at_ms'));
      return { count: rows.length, throughMs: rows.reduce((a, b) => Math.max(a, b), 0) };
    },
    count: () => readCount(count.get() ?? {}, 'count'),
  };
}
