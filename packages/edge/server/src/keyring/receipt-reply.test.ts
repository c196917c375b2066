import { isBoundaryError } from '@countersign/protocol';
import { formatReceipt, parseReceipt, parseTlogProof } from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import { receiptReply } from './receipt-reply.ts';

const HASH = Buffer.alloc(32, 7).toString('base64');
const PROOF = [
  'c2sp.org/tlog-proof@v1',
  'index 1',
  HASH,
  '',
  'countersign.local/0123abcd',
  '2',
  HASH,
  '',
  `— countersign.local/0123abcd ${Buffer.alloc(68, 9).toString('base64')}`,
  '',
].join('\n');
const ENTRY = Buffer.from('{"type":"decision"}', 'utf8');
const DOCUMENT = Buffer.from(formatReceipt({ entry: ENTRY, proof: PROOF }), 'utf8');

describe('a receipt', () => {
  it.each([undefined, '', '*/*', 'application/json', 'text/html'])(
    'is JSON for Accept: %s',
    (accept) => {
      const reply = receiptReply(DOCUMENT, accept);
      expect(reply).toEqual({ status: 200, body: DOCUMENT.toString('utf8') });
    },
  );

  it.each(['text/plain', 'TEXT/Plain; q=0.5', 'text/html, text/plain'])(
    'is the bare proof with the entry inside for Accept: %s',
    (accept) => {
      const { status, body, contentType } = receiptReply(DOCUMENT, accept);
      expect([status, contentType]).toEqual([200, 'text/plain; charset=utf-8']);
      const { extra, ...proof } = parseTlogProof(Buffer.from(body, 'utf8'));
      expect(Buffer.from(extra ?? [])).toEqual(ENTRY);
      expect(proof).toEqual(parseTlogProof(parseReceipt(DOCUMENT).proof));
    },
  );
});

it('does not make a proof of a document that is none', () => {
  const document = Buffer.from('{"format":"x"}', 'utf8');
  let code: unknown;
  try {
    receiptReply(document, 'text/plain');
  } catch (error) {
    code = isBoundaryError(error) ? error.code : error;
  }
  expect(code).toBe('ERR_PROOF_MALFORMED');
});
