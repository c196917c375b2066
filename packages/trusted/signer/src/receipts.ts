/**
 * Receipts: the entry a decision left in the log, with proof that the log holds it.
 *
 * @module
 */

import type { AwaitableLedger } from '@countersign/ledger';
import { BoundaryError, type SignerAnswer, type SignerQuestion } from '@countersign/protocol';
import { formatReceipt } from '@countersign/tlog';
import type { RequestCheck } from './request-check.ts';

export type ReceiptQuestion = Extract<SignerQuestion, { op: 'receipt' }>;

/** An answer and the raw bytes that travel beside it. */
export interface Document {
  readonly answer: SignerAnswer;
  readonly body: Uint8Array;
}

/**
 * Looks a receipt up for the client that caused its entry.
 *
 * An entry of another client and one that does not exist answer alike.
 *
 * @throws BoundaryError ERR_NOT_FOUND, and what the request check throws.
 */
export async function findReceipt(
  ledger: Pick<AwaitableLedger, 'entry' | 'receipt'>,
  check: RequestCheck,
  question: ReceiptQuestion,
  body: Uint8Array,
  nowMs: number,
): Promise<Document> {
  check.check(question.request, body, nowMs);
  const entry = await ledger.entry(question.index);
  if (entry === undefined || clientOf(entry) !== question.request.clientId) {
    throw new BoundaryError('ERR_NOT_FOUND');
  }
  const proof = await ledger.receipt(question.index);
  if (proof === undefined) throw new BoundaryError('ERR_NOT_FOUND');
  return {
    answer: { outcome: 'document', id: question.id },
    body: Buffer.from(formatReceipt({ entry, proof }), 'utf8'),
  };
}

function clientOf(entry: Uint8Array): unknown {
  const document: unknown = JSON.parse(Buffer.from(entry).toString('utf8'));
  return typeof document === 'object' && document !== null && 'client' in document
    ? document.client
    : undefined;
}
