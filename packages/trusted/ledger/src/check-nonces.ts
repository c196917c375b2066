/**
 * Checking the table of request nonces.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { readCount, readText } from './columns.ts';
import { corruptStore } from './store-error.ts';
import { NONCE_KEY_CHARS } from './write-request.ts';

/** Rows read at once. */
const CHUNK = 1_024;

/**
 * Checks every row: a key of a length that can be written, an expiry that was not forgotten yet.
 *
 * @param forgottenThroughMs - Of a head that is at most as new as the rows.
 * @returns Number of rows.
 * @throws BoundaryError ERR_STORE_CORRUPT; keys are not repeated in details.
 */
export function checkNonces(db: DatabaseSync, forgottenThroughMs: number): number {
  const select = 'SELECT nonce_key, expires_at_ms FROM request_nonces';
  const first = db.prepare(`${select} ORDER BY nonce_key LIMIT ?`);
  const next = db.prepare(`${select} WHERE nonce_key > ? ORDER BY nonce_key LIMIT ?`);
  let count = 0;
  let last: string | undefined;
  for (;;) {
    const rows = last === undefined ? first.all(CHUNK) : next.all(last, CHUNK);
    for (const row of rows) {
      last = readText(row, 'nonce_key');
      requireRow(last, readCount(row, 'expires_at_ms'), forgottenThroughMs);
    }
    count += rows.length;
    if (rows.length < CHUNK) return count;
  }
}

function requireRow(nonceKey: string, expiresAtMs: number, forgottenThroughMs: number): void {
  if (nonceKey === '' || nonceKey.length > NONCE_KEY_CHARS) {
    throw corruptStore('a request nonce has an impossible key');
  }
  // INVARIANT: the oldest expiries are forgotten first and forgotten ones never come back.
  if (expiresAtMs < forgottenThroughMs) {
    throw corruptStore('a request nonce is older than those that were forgotten', { expiresAtMs });
  }
}
