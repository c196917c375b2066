/**
 * Evidence of approvals: as it is sent, as it is kept, as it is verified.
 *
 * @module
 */

import { type ApprovalEvidence, type ApprovalStatement, verifyApproval } from '@countersign/crypto';
import type { StoredAnswer } from '@countersign/ledger';
import {
  canonicalJson,
  type IntentAnswer,
  parseIntentAnswer,
  parseStrictJson,
} from '@countersign/protocol';
import type { ApproverBook } from './approver-book.ts';

type Sent = Pick<IntentAnswer, 'signature' | 'passkey'>;

/** Evidence as the ledger keeps it. */
export function evidenceText({ signature, passkey }: Sent): string {
  return canonicalJson({ signature, passkey: passkey === undefined ? undefined : { ...passkey } });
}

/** Whether sent evidence is the approver's own about exactly this statement. */
export function isGenuine(
  book: ApproverBook,
  approverId: string,
  statement: ApprovalStatement,
  sent: Sent,
): boolean {
  const approver = book.get(approverId);
  const evidence = evidenceOf(sent);
  if (approver === undefined || evidence === undefined) return false;
  return verifyApproval(approver, statement, evidence);
}

/** The same of an answer that was kept: a stored yes is believed no more than a sent one. */
export function isStillGenuine(
  book: ApproverBook,
  statement: Omit<ApprovalStatement, 'answer'>,
  { approver, answer, evidence }: StoredAnswer,
): boolean {
  try {
    const kept = parseStrictJson(Buffer.from(evidence, 'utf8'));
    if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return false;
    const sent = parseIntentAnswer({ ...kept, approver, answer });
    return isGenuine(book, approver, { ...statement, answer }, sent);
  } catch {
    return false;
  }
}

function evidenceOf({ signature, passkey }: Sent): ApprovalEvidence | undefined {
  if (signature !== undefined) return { kind: 'signature', signature: bytesOf(signature) };
  if (passkey === undefined) return undefined;
  return {
    kind: 'passkey',
    assertion: {
      authenticatorData: bytesOf(passkey.authenticatorData),
      clientDataJson: bytesOf(passkey.clientDataJSON),
      signature: bytesOf(passkey.signature),
    },
  };
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64url');
}
