/**
 * Decisions that spend, with entries as a signer writes them.
 *
 * @module
 */

import { decisionEntryBytes } from '@countersign/protocol';
import type { Charge, SpendWindow } from '../src/charge.ts';
import type { CommitOutcome, Committed, Ledger, PendingDecision } from '../src/ledger.ts';
import { decisionOf, NOW_MS } from './decisions.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** How long a signature of these tests holds. */
export const VALID_MS = 300_000;

export const SLIDING_DAY: SpendWindow = { type: 'sliding', seconds: 86_400 };
export const FIXED_DAY: SpendWindow = { type: 'fixed', seconds: 86_400 };
export const LIFETIME: SpendWindow = { type: 'lifetime' };

/** A charge to the bucket `daily` with a cap of 100. */
export function chargeOf(amount: bigint, changes: Partial<Charge> = {}): Charge {
  return { bucket: 'daily', window: SLIDING_DAY, amount, max: 100n, ...changes };
}

let counter = 0;

/** A decision with a request nonce of its own that spends until `VALID_MS` after `nowMs`. */
export function spendOf(
  charges: readonly Charge[],
  changes: Partial<PendingDecision> = {},
  nowMs: number = NOW_MS,
): PendingDecision {
  counter += 1;
  const spendableUntilMs = changes.spendableUntilMs ?? nowMs + VALID_MS;
  const { slot } = changes;
  return decisionOf(`spend ${counter}`, nowMs + DAY_MS, {
    charges,
    spendableUntilMs,
    entryOf: (outcome) => spendingEntry(outcome, slot, nowMs, spendableUntilMs),
    ...changes,
  });
}

/** The entry of a decision, as the pipeline writes it. */
export function spendingEntry(
  outcome: CommitOutcome,
  slot: string | undefined,
  nowMs: number,
  spendableUntilMs: number,
): Uint8Array {
  const isFresh = outcome.kind === 'fresh';
  return decisionEntryBytes({
    timeMs: nowMs,
    requestId: 'r',
    clientId: 'c',
    method: 'POST',
    target: '/',
    bodySha256: '',
    policyHash: '',
    outcome: isFresh ? 'allow' : 'deny',
    code: isFresh ? undefined : outcome.kind,
    asked: {
      accountAddress: 1n,
      chainId: 1n,
      accountNonce: 0n,
      validUntilSec: BigInt(Math.floor(spendableUntilMs / 1_000)),
      calls: [],
    },
    spending: isFresh ? { atMs: outcome.atMs, slot, reserved: outcome.reserved } : undefined,
  });
}

/** Commits one decision. */
export function commitOne(ledger: Ledger, decision: PendingDecision): Committed {
  const [committed] = ledger.commit([decision]);
  if (committed === undefined) throw new Error('the ledger returned nothing');
  return committed;
}

/** What the only bucket counts after a decision, or why it was refused. */
export function countedBy(outcome: CommitOutcome): bigint | string {
  return outcome.kind === 'fresh' ? (outcome.reserved[0]?.counted ?? 0n) : outcome.kind;
}
