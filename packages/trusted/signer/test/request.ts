/**
 * Requests as the edge forwards them, to change one thing in.
 *
 * @module
 */

import { computeRequestMac, Secret } from '@countersign/protocol';
import type { SignQuestion } from '../src/pipeline.ts';
import type { ForwardedRequest } from '../src/request-check.ts';
import { AGENT, NOW_MS, NOW_SEC } from './settings.ts';

export interface Wish {
  readonly client?: { readonly clientId: string; readonly secret: string };
  readonly timestampMs?: number;
  readonly requestNonce?: string;
  readonly method?: string;
  readonly target?: string;
  readonly body?: Uint8Array;
  readonly requestId?: string;
}

let counter = 0;

/** 32 hex digits, never the same twice. */
export function freshNonce(): string {
  counter += 1;
  return counter.toString(16).padStart(32, '0');
}

/** A transfer that every policy allows, with members replaced or added. */
export function transferBody(changes: Readonly<Record<string, unknown>> = {}): Uint8Array {
  return Buffer.from(
    JSON.stringify({
      accountAddress: '0xacc0',
      chainId: '0x534e5f5345504f4c4941',
      nonce: '0x7',
      validUntil: NOW_SEC + 300,
      calls: [transferCall()],
      ...changes,
    }),
    'utf8',
  );
}

export function transferCall(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    contractAddress: '0x10ce',
    entrypoint: 'transfer',
    calldata: ['0x1a4d10bd', '0x64', '0x0'],
    ...changes,
  };
}

/** A request with a code over everything in it. */
export function signedRequest(wish: Wish = {}): {
  readonly request: ForwardedRequest;
  readonly body: Uint8Array;
} {
  const { client = AGENT, method = 'POST', target = '/v1/sign/session-transaction' } = wish;
  const body = wish.body ?? transferBody();
  const timestamp = String(wish.timestampMs ?? NOW_MS);
  const requestNonce = wish.requestNonce ?? freshNonce();
  const signature = computeRequestMac(new Secret(client.secret), {
    timestamp,
    requestNonce,
    method,
    target,
    body,
  });
  const { clientId } = client;
  const requestId = wish.requestId ?? 'request-1';
  const request = { clientId, timestamp, requestNonce, signature, method, target, requestId };
  return { request, body };
}

/** The question the edge asks with such a request. */
export function signQuestion(wish: Wish = {}): {
  readonly question: SignQuestion;
  readonly body: Uint8Array;
} {
  const { request, body } = signedRequest(wish);
  return { question: { op: 'sign', id: 1, request }, body };
}
