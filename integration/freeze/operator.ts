/**
 * An operator who freezes over HTTP: written from the contract, sharing nothing with the command.
 *
 * @module
 */

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { authHeaders, bodyBytes, jsonObject } from '../wire/client/wire-client.ts';

export interface Operator {
  readonly operatorId: string;
  readonly secret: string;
}

export interface OperatorAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly code: string | undefined;
  readonly json: Readonly<Record<string, unknown>>;
  /** When it was sent and when its head arrived, on the clock of `performance.now`. */
  readonly sentAtMs: number;
  readonly headAtMs: number;
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly nonce?: string;
  readonly timestamp?: string;
}

/** Asks as the operator, on a connection of its own. */
export function askAs(
  url: string,
  { operatorId, secret }: Operator,
  question: Question,
): Promise<OperatorAnswer> {
  const { method, path, body } = question;
  const { 'x-keyring-client-id': _client, ...auth } = authHeaders(question, { secret });
  const bytes = bodyBytes(body);
  const headers = {
    ...auth,
    'x-countersign-operator': operatorId,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'content-length': String(bytes.length),
  };
  const sentAtMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url + path, { agent: false, method, headers });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let headAtMs = Number.POSITIVE_INFINITY;
      // Answers that the system holds ready together are read in any order: this one counts as here
      // once all the others that were there have been read.
      setImmediate(() => {
        headAtMs = performance.now();
      });
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const code = response.headers['x-countersign-code'];
        const answer = {
          status: response.statusCode ?? 0,
          headers: response.headers,
          code: code === undefined ? undefined : String(code),
          json: jsonObject(Buffer.concat(chunks).toString('utf8')),
          sentAtMs,
        };
        setImmediate(() => resolve({ ...answer, headAtMs }));
      });
    });
    sent.end(bytes);
  });
}

/** Freezes a scope. */
export function freeze(url: string, operator: Operator, scope: string): Promise<OperatorAnswer> {
  return askAs(url, operator, { method: 'POST', path: '/v1/freeze', body: { scope } });
}
