/**
 * What a judgement is worth once the ledger has said what became of it: a signature, a refusal, or a
 * question to the approvers.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { CommitOutcome, NewIntent } from '@countersign/ledger';
import type { ApprovalDemand } from '@countersign/policy';
import {
  BoundaryError,
  type ExceededLimit,
  type IntentDemand,
  intentDigest,
  intentDocument,
  type SignIntent,
} from '@countersign/protocol';
import type { ApproverBook } from './approver-book.ts';
import {
  type Approved,
  type Asking,
  type Judged,
  type Judgement,
  type Refused,
  refusalOf,
} from './judgement.ts';

/** Nothing is signed; the intent waits for approvals. */
export interface Prepared extends Judged {
  readonly outcome: 'prepared';
  readonly intent: SignIntent;
  readonly kept: NewIntent;
}

export type Settled = Approved | Prepared | Refused;

export interface SettlementContext {
  readonly clientId: string;
  readonly policyHash: string;
  readonly approvers: ApproverBook;
  readonly nowMs: number;
  /** Whether this client has as many intents waiting as it may. */
  readonly isFull: () => boolean;
}

type Exceeded = Extract<CommitOutcome, { kind: 'exceeded' }>;

const SECOND_MS = 1_000;

/** Intents of one client, or one operator, that may wait at a time. */
export const MOST_WAITING = 64;

/** A question is only worth asking when somebody could answer it. */
export function answerable(judgement: Judgement, context: SettlementContext): Judgement {
  if (judgement.outcome !== 'ask') return judgement;
  const { approvals, message } = judgement;
  const refusal = whyNotAsked(approvals, context);
  return refusal === undefined ? judgement : refusalOf(refusal, message);
}

/** Settles a judgement; the same outcome gives the same answer only once, because an id is drawn. */
export function settle(
  judgement: Judgement,
  outcome: CommitOutcome,
  context: SettlementContext,
): Settled {
  if (judgement.outcome === 'deny') {
    return outcome.kind === 'used' ? refusalOf(usedNonce()) : judgement;
  }
  const { message } = judgement;
  switch (outcome.kind) {
    case 'fresh':
      return judgement.outcome === 'allow' ? judgement : prepare(judgement, [], [], context);
    case 'used':
      return refusalOf(usedNonce());
    case 'frozen':
      return refusalOf(new BoundaryError('ERR_FROZEN'), message);
    case 'intent_used':
      return refusalOf(new BoundaryError('ERR_INTENT_USED'), message);
    case 'too_many':
      return refusalOf(new BoundaryError('ERR_POLICY_CHARGES_TOO_MANY'), message);
    case 'exceeded':
      return settleExceeded(judgement, outcome, context);
  }
}

function settleExceeded(
  judgement: Approved | Asking,
  outcome: Exceeded,
  context: SettlementContext,
): Settled {
  const indexes = [outcome.charge, ...(outcome.others ?? [])];
  const charges = indexes.flatMap((index) => judgement.charges[index] ?? []);
  const isHard = charges.some(({ exceeded }) => exceeded === 'deny');
  const isExecution = judgement.outcome === 'allow' && judgement.intent !== undefined;
  if (isHard || isExecution) return refusalOf(limitExceeded(judgement, outcome), judgement.message);
  const demands = charges.flatMap(({ approval }) => approval ?? []);
  const exceeded = charges.map(({ limit, bucket, amount, max }) => ({
    limit,
    bucket,
    amount: String(amount),
    max: String(max ?? 0n),
  }));
  const all = [...approvalsOf(judgement), ...demands];
  const refusal = whyNotAsked(all, context);
  if (refusal === undefined) return prepare(judgement, demands, exceeded, context);
  const isUnmet = refusal.code === 'ERR_POLICY_APPROVAL_REQUIRED';
  return refusalOf(isUnmet ? limitExceeded(judgement, outcome) : refusal, judgement.message);
}

function approvalsOf(judgement: Approved | Asking): readonly ApprovalDemand[] {
  return judgement.outcome === 'ask' ? judgement.approvals : [];
}

function whyNotAsked(
  demands: readonly ApprovalDemand[],
  { approvers, isFull }: SettlementContext,
): BoundaryError | undefined {
  if (demands.length === 0 || !approvers.canMeet(demands)) {
    const rule = demands[0]?.rules[0];
    const details = rule === undefined ? {} : { rule };
    return new BoundaryError('ERR_POLICY_APPROVAL_REQUIRED', { details });
  }
  return isFull() ? new BoundaryError('ERR_INTENT_LIMIT') : undefined;
}

function prepare(
  judgement: Approved | Asking,
  demands: readonly ApprovalDemand[],
  exceeded: readonly ExceededLimit[],
  context: SettlementContext,
): Prepared {
  const { clientId, policyHash, nowMs } = context;
  const { message, hashes, key, charges } = judgement;
  const { kind: messageKind, ...asked } = message;
  const all = [...approvalsOf(judgement), ...demands];
  const intent: SignIntent = {
    type: 'sign',
    id: newIntentId(),
    clientId,
    ...asked,
    messageKind,
    keyId: key.keyId,
    publicKey: key.publicKey,
    messageHash: hashes.messageHash,
    policyHash,
    exceeded,
    required: merged(all),
    preparedAtMs: nowMs,
    expiresAtMs: expiryOf(all, message.validUntilSec, nowMs),
  };
  const document = intentDocument(intent);
  const { id, expiresAtMs } = intent;
  const owner = `client:${clientId}`;
  const kept = { id, document, digest: intentDigest(document), owner, expiresAtMs };
  return { outcome: 'prepared', message, hashes, key, charges, intent, kept };
}

/** Demands with the same terms are one, made for several reasons. */
function merged(demands: readonly ApprovalDemand[]): readonly IntentDemand[] {
  const byTerms = new Map<string, IntentDemand>();
  for (const { rules, required, approvers } of demands) {
    const people = [...new Set(approvers)].toSorted((a, b) => (a < b ? -1 : 1));
    const terms = JSON.stringify([required, people]);
    const before = byTerms.get(terms)?.rules ?? [];
    byTerms.set(terms, { rules: [...new Set([...before, ...rules])], required, approvers });
  }
  return [...byTerms.values()];
}

/** Nobody can use a signature after `validUntil`, and nobody has to answer later than that. */
function expiryOf(
  demands: readonly ApprovalDemand[],
  validUntilSec: bigint,
  nowMs: number,
): number {
  const patienceMs = Math.min(...demands.map(({ expiresInSec }) => expiresInSec * SECOND_MS));
  const validUntilMs = validUntilSec * BigInt(SECOND_MS);
  const expiresAtMs = nowMs + patienceMs;
  return validUntilMs < BigInt(expiresAtMs) ? Number(validUntilMs) : expiresAtMs;
}

/** Random and unguessable: whoever knows it was told. */
export function newIntentId(): string {
  return randomBytes(16).toString('base64url');
}

function usedNonce(): BoundaryError {
  return new BoundaryError('ERR_REQUEST_NONCE_USED');
}

/** The limit that was in the way, with what is left of it; a hard one before one that could ask. */
function limitExceeded(
  judgement: Approved | Asking,
  { charge: first, counted, others = [] }: Exceeded,
): BoundaryError {
  const indexes = [first, ...others];
  const isHard = (index: number): boolean => judgement.charges[index]?.exceeded === 'deny';
  const index = indexes.find(isHard) ?? first;
  const charge = judgement.charges[index];
  if (charge === undefined) return new BoundaryError('ERR_INTERNAL');
  const { limit, amount, max = 0n, exceeded } = charge;
  if (exceeded !== 'deny' && judgement.outcome === 'allow' && judgement.intent !== undefined) {
    // Another limit than the ones that were approved is in the way by now.
    return new BoundaryError('ERR_INTENT_STALE', { details: { rule: limit, limit } });
  }
  const code = exceeded === 'deny' ? 'ERR_POLICY_LIMIT_EXCEEDED' : 'ERR_POLICY_APPROVAL_REQUIRED';
  const details = { rule: limit, limit, amount: `${amount}`, max: `${max}` };
  const left = max > counted ? max - counted : 0n;
  // Only of the first it is known how much counts already.
  return new BoundaryError(code, {
    details: index === first ? { ...details, left: `${left}` } : details,
  });
}
