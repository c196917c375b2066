/**
 * An approver over HTTP: written from the contract, sharing nothing with the signer.
 *
 * @module
 */

import { createHash, sign } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Person } from '../freeze/frozen-boundary.ts';
import { jsonObject } from '../wire/client/wire-client.ts';

export interface ApproverAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What an approver needs of an intent. */
export interface ShownIntent {
  readonly intentId: string;
  readonly digest: string;
}

/** Reads an intent as it is shown; the digest is computed from the document, not believed. */
export function shownIntent(json: Readonly<Record<string, unknown>>): ShownIntent {
  const digest = createHash('sha256').update(sorted(json.document)).digest('hex');
  return { intentId: String(json.intentId), digest };
}

/** Signs an answer as approvers do, base64url. */
export function signAnswer(
  { privateKey }: Pick<Person, 'privateKey'>,
  { intentId, digest }: ShownIntent,
  answer: string,
): string {
  const statement = `countersign-approval/v1\n${intentId}\n${digest}\n${answer}\n`;
  return sign(null, Buffer.from(statement), privateKey).toString('base64url');
}

/** Sends an answer. */
export function answerIntent(
  url: string,
  person: Person,
  intent: ShownIntent,
  answer: 'approve' | 'deny',
  changes: Readonly<Record<string, unknown>> = {},
): Promise<ApproverAnswer> {
  const signature = signAnswer(person, intent, answer);
  const body = JSON.stringify({ approver: person.id, answer, signature, ...changes });
  return exchange(url, 'POST', `/v1/intents/${intent.intentId}/answers`, {
    headers: { 'content-type': 'application/json' },
    body,
  });
}

/** Looks at what waits, or at one intent. */
export function lookAs(
  url: string,
  { id, privateKey }: Person,
  target = '/v1/intents?status=pending',
  timestamp = String(Date.now()),
): Promise<ApproverAnswer> {
  const text = `countersign-approver-request/v1\nGET\n${target}\n${timestamp}\n`;
  const signature = sign(null, Buffer.from(text), privateKey).toString('base64url');
  return exchange(url, 'GET', target, {
    headers: {
      'x-countersign-approver': id,
      'x-countersign-timestamp': timestamp,
      'x-countersign-signature': signature,
    },
    body: '',
  });
}

/** JSON with sorted keys: all members here are texts, whole numbers, lists and objects. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${sorted(member)}`).join(',')}}`;
}

function exchange(
  url: string,
  method: string,
  target: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body: string },
): Promise<ApproverAnswer> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const sent = httpRequest(url + target, {
      agent: false,
      method,
      headers: { ...headers, 'content-length': length },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const json = jsonObject(Buffer.concat(chunks).toString('utf8'));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, json });
      });
    });
    sent.end(body);
  });
}
