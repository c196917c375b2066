/**
 * What callers hand in to be written, checked before anything is.
 *
 * @module
 */

import { BoundaryError, LIMITS } from '@countersign/protocol';
import { isTime } from './clock-rule.ts';
import type { PendingDecision } from './ledger.ts';

/** Longest nonce key, characters; the longest client id and request nonce give well below it. */
export const NONCE_KEY_CHARS = 4_096;

/** @throws BoundaryError ERR_INTERNAL when a part of the decision breaks its contract. */
export function requireDecision(decision: PendingDecision): void {
  const { nonceKey, nonceExpiresAtMs } = decision;
  if (typeof nonceKey !== 'string' || nonceKey === '' || nonceKey.length > NONCE_KEY_CHARS) {
    throw broken('nonceKey', 'expected 1-4096 characters');
  }
  // SQLite stores UTF-8: two texts that differ in lone surrogates only would become one nonce.
  if (!nonceKey.isWellFormed()) throw broken('nonceKey', 'expected well-formed text');
  if (!isTime(nonceExpiresAtMs)) throw broken('nonceExpiresAtMs', 'expected milliseconds');
  requireEntry(decision.entryIfFresh);
  requireEntry(decision.entryIfUsed);
}

/** @throws BoundaryError ERR_INTERNAL unless `entry` is bytes a C2SP entry bundle can hold. */
export function requireEntry(entry: Uint8Array): void {
  if (entry instanceof Uint8Array && entry.length <= LIMITS.logEntryBytes) return;
  throw broken('entry', `expected at most ${LIMITS.logEntryBytes} bytes`);
}

function broken(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_INTERNAL', { details: { area: 'ledger', field, expected } });
}
