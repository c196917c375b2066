/**
 * What has become of an intent.
 *
 * @module
 */

import { BoundaryError, type ErrorCode, type IntentDemand } from '@countersign/protocol';

export type IntentStatus = 'pending' | 'approved' | 'denied' | 'expired' | 'executed';

/** What somebody said, and whether it holds up. */
export interface WeighedAnswer {
  readonly approver: string;
  readonly answer: 'approve' | 'deny';
  /** Whether the evidence is the approver's own, by the keys that are configured now. */
  readonly isGenuine: boolean;
}

export interface IntentFacts {
  readonly required: readonly IntentDemand[];
  readonly answers: readonly WeighedAnswer[];
  readonly isExecuted: boolean;
  /** First millisecond at which it is over. */
  readonly expiresAtMs: number;
}

/**
 * The status of an intent at a time.
 *
 * Approved means: for every demand, as many different listed approvers as it requires said yes with
 * genuine evidence. A no of anybody listed ends it, whatever its evidence is worth by now: it was checked
 * when it came, and only takes away.
 */
export function statusOf(facts: IntentFacts, nowMs: number): IntentStatus {
  const { required, answers, isExecuted, expiresAtMs } = facts;
  if (isExecuted) return 'executed';
  const listed = new Set(required.flatMap(({ approvers }) => approvers));
  const isDenied = answers.some(
    ({ approver, answer }) => answer === 'deny' && listed.has(approver),
  );
  if (isDenied) return 'denied';
  if (nowMs >= expiresAtMs) return 'expired';
  const agreed = new Set(
    answers
      .filter(({ answer, isGenuine }) => answer === 'approve' && isGenuine)
      .map(({ approver }) => approver),
  );
  // Nobody is asked for what nobody demands; such an intent must never have been made.
  const isMet = required.length > 0 && required.every((demand) => isDemandMet(demand, agreed));
  return isMet ? 'approved' : 'pending';
}

const REFUSALS: Readonly<Record<Exclude<IntentStatus, 'approved'>, ErrorCode>> = {
  pending: 'ERR_INTENT_PENDING',
  denied: 'ERR_INTENT_DENIED',
  expired: 'ERR_INTENT_EXPIRED',
  executed: 'ERR_INTENT_USED',
};

/** @throws BoundaryError ERR_INTENT_PENDING, ERR_INTENT_DENIED, ERR_INTENT_EXPIRED, ERR_INTENT_USED. */
export function requireApproved(status: IntentStatus): void {
  if (status !== 'approved') throw new BoundaryError(REFUSALS[status]);
}

/** @throws BoundaryError as {@link requireApproved}, unless somebody may still answer. */
export function requireUndecided(status: IntentStatus): void {
  if (status !== 'pending' && status !== 'approved') throw new BoundaryError(REFUSALS[status]);
}

function isDemandMet({ required, approvers }: IntentDemand, agreed: ReadonlySet<string>): boolean {
  const count = new Set(approvers.filter((id) => agreed.has(id))).size;
  return required > 0 && count >= required;
}
