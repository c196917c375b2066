/**
 * Whether an approval was given by the approver it names.
 *
 * @module
 */

import { verify } from 'node:crypto';
import {
  type ApprovalStatement,
  approvalChallenge,
  approvalStatement,
} from './approval-statement.ts';
import type { Approver } from './approver-key.ts';
import { type PasskeyAssertion, verifyPasskeyAssertion } from './passkey-assertion.ts';

/**
 * Evidence of an answer: a plain signature (Ed25519: 64 bytes; P-256: r and s, 64 bytes), or what a
 * passkey returned.
 */
export type ApprovalEvidence =
  | { readonly kind: 'signature'; readonly signature: Uint8Array }
  | { readonly kind: 'passkey'; readonly assertion: PasskeyAssertion };

const PLAIN_SIGNATURE_BYTES = 64;

/** Answers whether `evidence` is this approver's own about exactly this statement. Never throws. */
export function verifyApproval(
  approver: Approver,
  statement: ApprovalStatement,
  evidence: ApprovalEvidence,
): boolean {
  if (evidence.kind === 'passkey') {
    const { passkey, publicKey } = approver;
    if (passkey === undefined) return false;
    const challenge = approvalChallenge(statement);
    return verifyPasskeyAssertion(evidence.assertion, challenge, publicKey, passkey);
  }
  return approver.kind !== 'passkey' && verifyPlain(approver, statement, evidence.signature);
}

function verifyPlain(
  { kind, publicKey }: Approver,
  statement: ApprovalStatement,
  signature: Uint8Array,
): boolean {
  if (signature.length !== PLAIN_SIGNATURE_BYTES) return false;
  try {
    const bytes = approvalStatement(statement);
    return kind === 'ed25519'
      ? verify(null, bytes, publicKey, signature)
      : verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}
