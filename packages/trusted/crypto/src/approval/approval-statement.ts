/**
 * What an approver signs about an intent.
 *
 * The digest covers the whole intent (chain, account, nonce, calls, fee cap, expiry, policy); the
 * statement adds the answer, so that a yes can never be turned into a no or be used for something else.
 *
 * @module
 */

import { createHash } from 'node:crypto';

export type ApprovalAnswer = 'approve' | 'deny';

export interface ApprovalStatement {
  readonly intentId: string;
  /** SHA-256 of the canonical intent, lower hex. */
  readonly digest: string;
  readonly answer: ApprovalAnswer;
}

const INTENT_ID = /^[A-Za-z0-9_-]{8,64}$/;
const DIGEST = /^[0-9a-f]{64}$/;

/**
 * The bytes an Ed25519 or P-256 approver signs: four lines, each ended by a line feed.
 *
 * @throws RangeError for an id or a digest in another form, which could hold a line feed.
 */
export function approvalStatement({ intentId, digest, answer }: ApprovalStatement): Uint8Array {
  if (!INTENT_ID.test(intentId)) throw new RangeError('intentId: expected 8-64 of A-Z a-z 0-9 _ -');
  if (!DIGEST.test(digest)) throw new RangeError('digest: expected 64 lower-case hex digits');
  return Buffer.from(`countersign-approval/v1\n${intentId}\n${digest}\n${answer}\n`, 'utf8');
}

/** The challenge a passkey signs: SHA-256 of the statement, 32 bytes. */
export function approvalChallenge(statement: ApprovalStatement): Uint8Array {
  return createHash('sha256').update(approvalStatement(statement)).digest();
}
