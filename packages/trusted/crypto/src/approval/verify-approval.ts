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
  try {
    return verifyPlain(approver, approvalStatement(statement), evidence.signature);
  } catch {
    return false;
  }
}

/**
 * Answers whether a plain signature is this approver's own over these bytes. Never throws; a passkey signs
 * challenges only, so its answer is always no.
 *
 * @param bytes - Begin with a line that says what they are for.
 */
export function verifyPlain(
  { kind, publicKey }: Approver,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (kind === 'passkey' || signature.length !== PLAIN_SIGNATURE_BYTES) return false;
  try {
    return kind === 'ed25519'
      ? verify(null, bytes, publicKey, signature)
      : verify('sha256', bytes, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}
