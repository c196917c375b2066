/**
 * The requests both sides answer: transfers of one token, one call or ten.
 *
 * @module
 */

import { createHash, createHmac, randomBytes } from 'node:crypto';

export const CLIENT_SECRET = 'benchmark-secret-0123456789';
export const PRIVATE_KEY = '0x5ec4e7';
export const TARGET = '/v1/sign/session-transaction';

const ACCOUNT = '0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50';
const TOKEN = '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7';
const VALID_SEC = 600;

/** A body with `calls` transfers and an account nonce of its own. */
export function requestBody(calls: number, accountNonce: number): string {
  return JSON.stringify({
    accountAddress: ACCOUNT,
    chainId: '0x534e5f5345504f4c4941',
    nonce: `0x${accountNonce.toString(16)}`,
    validUntil: Math.floor(Date.now() / 1000) + VALID_SEC,
    calls: Array.from({ length: calls }, (_, i) => ({
      contractAddress: TOKEN,
      entrypoint: 'transfer',
      calldata: [`0x${(0x1000 + i).toString(16)}`, '0x2386f26fc10000', '0x0'],
    })),
    context: { requester: 'benchmark', tool: 'transfer', reason: 'measured' },
  });
}

/** Headers a keyring demands for a body; written from the wire contract alone. */
export function signedHeaders(body: string): Record<string, string> {
  const timestamp = String(Date.now());
  const nonce = randomBytes(16).toString('hex');
  const digest = createHash('sha256').update(body).digest('hex');
  const canonical = `${timestamp}.${nonce}.POST.${TARGET}.${digest}`;
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-keyring-client-id': 'default',
    'x-keyring-timestamp': timestamp,
    'x-keyring-nonce': nonce,
    'x-keyring-signature': createHmac('sha256', CLIENT_SECRET).update(canonical).digest('hex'),
  };
}
