/**
 * A settled judgement as the ledger, the log and the edge want it.
 *
 * @module
 */

import type { StarkSignature } from '@countersign/crypto';
import type { CommitOutcome, Committed, PendingDecision } from '@countersign/ledger';
import { type DecisionEntry, type SignedMessage, toHex } from '@countersign/protocol';
import { scopesOfRequest } from './freezer.ts';
import { type Approved, type Judgement, loggedMessage } from './judgement.ts';
import type { Settled } from './settlement.ts';
import { slotOf, spendableUntilMs } from './spend-slot.ts';

/** What has to fit, and what an execution uses up; a question reserves nothing. */
export function spendingOf(
  judgement: Judgement,
): Pick<PendingDecision, 'charges' | 'slot' | 'spendableUntilMs' | 'isOnlyAsked' | 'executes'> {
  if (judgement.outcome === 'deny') return { charges: [] };
  const { charges, message } = judgement;
  const isExecution = judgement.outcome === 'allow' && judgement.intent !== undefined;
  const purpose = {
    ...(judgement.outcome === 'ask' ? { isOnlyAsked: true } : {}),
    ...(isExecution ? { executes: judgement.intent.id } : {}),
  };
  if (charges.length === 0) return { charges: [], ...purpose };
  const slot = slotOf(message);
  return { charges, slot, spendableUntilMs: spendableUntilMs(message), ...purpose };
}

/** What the log says was reserved; it can be added up again from there. */
export function loggedSpending(
  outcome: CommitOutcome,
  slot: string | undefined,
): DecisionEntry['spending'] {
  if (outcome.kind !== 'fresh' || outcome.reserved.length === 0) return undefined;
  return { atMs: outcome.atMs, slot, reserved: outcome.reserved };
}

/** What a freeze can name of a request that may be signed; a denial stays what it is. */
export function scopesOf(judgement: Judgement, clientId: string): readonly string[] {
  if (judgement.outcome === 'deny') return [];
  const { key, message } = judgement;
  return scopesOfRequest(clientId, key.keyId, message.accountAddress);
}

/** What the log says was decided. */
export function decided(
  settled: Settled,
): Pick<DecisionEntry, 'outcome' | 'code' | 'rule' | 'asked' | 'message' | 'intent'> {
  switch (settled.outcome) {
    case 'deny': {
      const { code, rule, asked } = settled;
      return { outcome: 'deny', code, rule, asked };
    }
    case 'prepared': {
      const { message: asked, kept } = settled;
      const intent = { id: kept.id, digest: kept.digest };
      return { outcome: 'ask', asked, message: loggedMessage(settled), intent };
    }
    case 'allow': {
      const { message: asked, intent } = settled;
      return { outcome: 'allow', asked, message: loggedMessage(settled), intent };
    }
  }
}

/** A verified signature, as the edge gets it. */
export function signedMessage(
  approved: Approved,
  signature: StarkSignature,
  custodian: SignedMessage['custodian'],
  decidedAtMs: number,
): SignedMessage {
  const { message, hashes, key } = approved;
  const publicKey = toHex(key.publicKey);
  return {
    kind: message.kind,
    keyId: key.keyId,
    ...(hashes.domainHash === undefined ? {} : { domainHash: toHex(hashes.domainHash) }),
    messageHash: toHex(hashes.messageHash),
    publicKey,
    signature: [publicKey, toHex(signature.r), toHex(signature.s), toHex(message.validUntilSec)],
    custodian,
    decidedAtMs,
  };
}

/** Name of an entry in answers: its index and the beginning of its leaf hash. */
export function receiptId(committed: Pick<Committed, 'index' | 'leafHash'>): string {
  return `${committed.index}-${Buffer.from(committed.leafHash).toString('hex').slice(0, 16)}`;
}
