/**
 * Decisions for tests, also for processes that are no tests themselves.
 *
 * @module
 */

import type { CommitOutcome, PendingDecision } from '../src/ledger.ts';

export const NOW_MS = 1_770_984_000_000;
export const TTL_MS = 120_000;

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** A decision about the nonce `id`; its entry begins with `allow`, or `deny` when it was used. */
export function decisionOf(
  id: string,
  expiresAtMs: number = NOW_MS + TTL_MS,
  changes: Partial<PendingDecision> = {},
): PendingDecision {
  return {
    nonceKey: JSON.stringify(['client', id]),
    nonceExpiresAtMs: expiresAtMs,
    scopes: [],
    charges: [],
    entryOf: ({ kind }) => bytesOf(`${WORDS[kind]} ${id}`),
    ...changes,
  };
}

const WORDS: Readonly<Record<CommitOutcome['kind'], string>> = {
  fresh: 'allow',
  used: 'deny',
  frozen: 'frozen',
  exceeded: 'exceeded',
  too_many: 'too many',
  intent_used: 'intent used',
};
