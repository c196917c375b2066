/**
 * The agent of the demo: an ordinary HTTP client of the keyring, with one secret and no key.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { computeRequestMac, type Secret } from '@countersign/protocol';

export interface AgentOptions {
  readonly url: string;
  readonly clientId: string;
  readonly secret: Secret<string>;
}

/** What the boundary answered. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  /** Code of the error table, from its header. */
  readonly code: string | undefined;
  readonly receipt: string | undefined;
}

/** A signed request, so that it can be sent twice or tampered with. */
export interface SignedRequest {
  readonly method: 'POST' | 'GET';
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a request of an operator, who authenticates in the same way under another name. */
export function operatorRequest(
  operator: AgentOptions,
  target: string,
  body: string,
): SignedRequest {
  const request = signRequest(operator, target, body);
  const { 'x-keyring-client-id': operatorId = '', ...headers } = request.headers;
  return { ...request, headers: { ...headers, 'x-countersign-operator': operatorId } };
}

export const SIGN_TARGET = '/v1/sign/session-transaction';

const UNANSWERED: Answer = { status: 0, body: {}, text: '', code: undefined, receipt: undefined };

/** Signs a request with the agent's secret and a fresh request nonce. */
export function signRequest(
  { clientId, secret }: AgentOptions,
  target: string,
  body: string,
  method: 'POST' | 'GET' = 'POST',
): SignedRequest {
  const timestamp = String(Date.now());
  const requestNonce = randomBytes(16).toString('hex');
  const bytes = Buffer.from(body, 'utf8');
  const mac = computeRequestMac(secret, { timestamp, requestNonce, method, target, body: bytes });
  return {
    method,
    target,
    body,
    headers: {
      'content-type': 'application/json',
      'x-keyring-client-id': clientId,
      'x-keyring-timestamp': timestamp,
      'x-keyring-nonce': requestNonce,
      'x-keyring-signature': mac,
    },
  };
}

/** Sends a request; status 0 when nobody answered. */
export async function send(url: string, request: SignedRequest): Promise<Answer> {
  const { method, target, headers, body } = request;
  try {
    const response = await fetch(`${url}${target}`, {
      method,
      headers,
      ...(method === 'POST' ? { body } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: JSON.parse(text) as Readonly<Record<string, unknown>>,
      text,
      code: response.headers.get('x-countersign-code') ?? undefined,
      receipt: response.headers.get('x-countersign-receipt') ?? undefined,
    };
  } catch {
    return UNANSWERED;
  }
}
