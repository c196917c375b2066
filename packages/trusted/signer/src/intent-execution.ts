/**
 * Executing an approved intent: from the stored document to a message that may be signed.
 *
 * What is signed is hashed anew from the document whose digest was approved; nothing of the request that
 * asks for the execution becomes part of it.
 *
 * @module
 */

import type { SessionMessage } from '@countersign/crypto';
import type { ApprovalDemand } from '@countersign/policy';
import { BoundaryError, type IntentDemand, type SignIntent } from '@countersign/protocol';
import type { ApproverBook } from './approver-book.ts';
import { requireApproved } from './intent-status.ts';
import { type Judge, type Judged, type Judgement, judgeMessage, refusalOf } from './judgement.ts';
import { findIntent, type IntentSource, type KeptIntent, statusNow } from './kept-intent.ts';

export interface ExecutionContext extends Judge {
  readonly ledger: IntentSource;
  readonly approvers: ApproverBook;
  readonly policyHash: string;
}

/**
 * Judges the execution of an intent. Never throws: a fault is a refusal too.
 *
 * In order: it is there and this client's → nobody denied it, it is not over, not executed, approved →
 * the policy is the one it was asked under → everything it needs holds now, too → its hash is the one
 * that was shown.
 */
export async function judgeExecution(
  context: ExecutionContext,
  clientId: string,
  intentId: string,
  nowMs: number,
): Promise<Judgement> {
  let asked: SessionMessage | undefined;
  try {
    const kept = await ownIntent(context.ledger, clientId, intentId);
    asked = messageIn(kept.intent);
    requireApproved(statusNow(kept, context.approvers, nowMs));
    if (kept.intent.policyHash !== context.policyHash) throw stale('the policy');
    const judgement = judgeMessage(context, askOf(kept.intent, asked, nowMs));
    return judgement.outcome === 'deny' ? judgement : approved(judgement, kept);
  } catch (error) {
    return refusalOf(error, asked);
  }
}

/** An intent of this client. @throws BoundaryError ERR_INTENT_NOT_FOUND, also for another's. */
export async function ownIntent(
  ledger: IntentSource,
  clientId: string,
  intentId: string,
): Promise<KeptIntent & { readonly intent: SignIntent }> {
  const kept = await findIntent(ledger, intentId);
  if (kept?.intent.type === 'sign' && kept.intent.clientId === clientId) {
    return { stored: kept.stored, intent: kept.intent };
  }
  throw new BoundaryError('ERR_INTENT_NOT_FOUND');
}

function approved(
  judged: Judged & {
    readonly outcome: 'allow' | 'ask';
    readonly approvals?: readonly ApprovalDemand[];
  },
  { stored, intent }: KeptIntent & { readonly intent: SignIntent },
): Judgement {
  const { message, hashes, key, charges, approvals = [] } = judged;
  if (hashes.messageHash !== intent.messageHash) throw stale('the message');
  if (key.publicKey !== intent.publicKey) throw stale('the key');
  if (!approvals.every((demand) => intent.required.some((met) => isSame(demand, met)))) {
    throw stale('who has to agree');
  }
  const lifted = charges.map((charge) =>
    intent.exceeded.some(({ limit, bucket }) => limit === charge.limit && bucket === charge.bucket)
      ? { ...charge, max: undefined }
      : charge,
  );
  const { id, digest } = stored;
  return { outcome: 'allow', message, hashes, key, charges: lifted, intent: { id, digest } };
}

function isSame(demand: IntentDemand, met: IntentDemand): boolean {
  const listed = new Set(demand.approvers);
  // At least as many of the same people: a demand for fewer of more could have been met by others.
  return met.required >= demand.required && met.approvers.every((id) => listed.has(id));
}

function messageIn(intent: SignIntent): SessionMessage {
  const { messageKind: kind, caller, executeAfterSec } = intent;
  const { accountAddress, chainId, accountNonce, validUntilSec, calls } = intent;
  return {
    kind,
    accountAddress,
    chainId,
    accountNonce,
    validUntilSec,
    calls,
    ...(caller === undefined ? {} : { caller }),
    ...(executeAfterSec === undefined ? {} : { executeAfterSec }),
  };
}

function askOf(
  { clientId, keyId, messageKind }: SignIntent,
  asked: SessionMessage,
  nowMs: number,
): Parameters<typeof judgeMessage>[1] {
  return { clientId, keyId, messageKind, asked, nowMs };
}

function stale(what: string): BoundaryError {
  return new BoundaryError('ERR_INTENT_STALE', { details: { changed: what } });
}
