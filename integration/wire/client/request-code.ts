/**
 * Authentication of a keyring request as its callers compute it: written from the wire contract
 * alone, sharing nothing with the server.
 *
 * @module
 */

import { createHash, createHmac } from 'node:crypto';

/** What the code covers, each part exactly as it is sent. */
export interface CodeInput {
  readonly timestamp: string;
  readonly nonce: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string | Uint8Array;
}

/** The text that is authenticated. */
function canonicalText({ timestamp, nonce, method, path, body }: CodeInput): string {
  const digest = createHash('sha256').update(body).digest('hex');
  return `${timestamp}.${nonce}.${method.toUpperCase()}.${path}.${digest}`;
}

/** 64 lower-case hex digits. */
export function requestCode(secret: string, input: CodeInput): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8'))
    .update(canonicalText(input), 'utf8')
    .digest('hex');
}
