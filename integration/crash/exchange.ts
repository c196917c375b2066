/**
 * Sign requests that can be sent again, and what came back.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { nowSec, transferRequest } from '../wire/client/sign-request.ts';
import { type Answer, freshNonce, type WireClient } from '../wire/client/wire-client.ts';

/** One request of which every byte is known: sent again it is a replay. */
export interface Request {
  readonly body: string;
  /** Hex. Every request has another body, so this names it in the log. */
  readonly bodySha256: string;
  readonly nonce: string;
  readonly timestamp: string;
}

export interface Exchange {
  readonly request: Request;
  readonly answer: Answer;
}

let made = 0;

export interface RequestOptions {
  readonly keyId?: string;
  /** Default: five minutes. */
  readonly validForSec?: number;
}

/** A request nobody has made before. */
export function freshRequest({ keyId, validForSec = 300 }: RequestOptions = {}): Request {
  made += 1;
  const nonce = freshNonce();
  const body = JSON.stringify(
    transferRequest({
      nonce: `0x${made.toString(16)}`,
      validUntil: nowSec() + validForSec,
      ...(keyId === undefined ? {} : { keyId }),
    }),
  );
  const bodySha256 = createHash('sha256').update(body).digest('hex');
  return { body, bodySha256, nonce, timestamp: String(Date.now()) };
}

/** Sends a request as it is. @throws Error when no answer comes. */
export async function send(client: WireClient, request: Request): Promise<Exchange> {
  const { body, nonce, timestamp } = request;
  // A connection that is kept may be closed by the server just when the next request uses it.
  const headers = { connection: 'close' };
  return { request, answer: await client.sign(body, { nonce, timestamp, headers }) };
}

/** Code of the error table that an answer carries; undefined for a signature. */
export function codeOf({ headers }: Answer): string | undefined {
  return headers['x-countersign-code']?.toString();
}
