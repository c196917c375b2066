/**
 * A receipt as the caller asked for it: our JSON, or the bare C2SP proof with the entry as its extra
 * data.
 *
 * @module
 */

import { formatTlogProof, parseReceipt, parseTlogProof } from '@countersign/tlog';
import type { Reply } from '../http/reply.ts';

/**
 * @param document - Receipt JSON as the signer made it.
 * @param accept - The Accept header; `text/plain` asks for the bare proof.
 */
export function receiptReply(document: Uint8Array, accept: string | undefined): Reply {
  if (!(accept ?? '').toLowerCase().includes('text/plain')) {
    return { status: 200, body: Buffer.from(document).toString('utf8') };
  }
  const { entry, proof } = parseReceipt(document);
  const body = formatTlogProof({ ...parseTlogProof(proof), extra: entry });
  return { status: 200, body, contentType: 'text/plain; charset=utf-8' };
}
