/**
 * A client of the keyring on bare Node: every header and every byte of the body can be replaced.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SecureVersion } from 'node:tls';
import { requestCode } from './request-code.ts';

/** PEM of what to trust and what to show. */
export interface ClientTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  readonly ciphers?: string;
}

export interface WireClientOptions {
  readonly url: string;
  readonly secret: string;
  /** Absent: no client id is sent. */
  readonly clientId?: string;
  readonly tls?: ClientTls;
}

/** One request; everything is optional and has an honest default. */
export interface Call {
  readonly method?: string;
  readonly path?: string;
  /** Signed and sent: JSON of a value, or text or bytes as they are. Default: no body. */
  readonly body?: unknown;
  /** Sent in place of `body`, which stays what the code covers. */
  readonly sentBody?: Uint8Array;
  /** Send without a length. */
  readonly chunked?: boolean;
  readonly timestamp?: string;
  readonly nonce?: string;
  readonly secret?: string;
  /** Replaces what was computed. */
  readonly signature?: string;
  /** Added or replaced, by lower-case name; undefined takes a header away. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Members of the JSON object in the body; empty when there is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface WireClient {
  readonly url: string;
  /** Sends any request. Rejects when no answer comes. */
  call(call: Call): Promise<Answer>;
  /** Asks for a signature. */
  sign(request: unknown, call?: Call): Promise<Answer>;
  /** Another client of the same server. */
  as(options: Partial<WireClientOptions>): WireClient;
  /** Closes idle connections. */
  close(): void;
}

export const SIGN_PATH = '/v1/sign/session-transaction';

export function createWireClient(options: WireClientOptions): WireClient {
  const { url, tls } = options;
  const agent =
    tls === undefined
      ? new HttpAgent({ keepAlive: true })
      : new HttpsAgent({ keepAlive: true, ...tls });
  const call = (given: Call): Promise<Answer> => exchange(url, agent, given, options);
  return {
    url,
    call,
    sign: (request, given = {}) =>
      call({ method: 'POST', path: SIGN_PATH, body: request, ...given }),
    as: (others) => createWireClient({ ...options, ...others }),
    close: () => agent.destroy(),
  };
}

/** 32 hex digits, never the same twice. */
export function freshNonce(): string {
  return randomBytes(16).toString('hex');
}

/** The four headers of a request that is signed as told. */
export function authHeaders(
  call: Call,
  { secret, clientId }: Pick<WireClientOptions, 'secret' | 'clientId'>,
): Record<string, string> {
  const { method = 'GET', path = '/', timestamp = String(Date.now()), nonce = freshNonce() } = call;
  const input = { timestamp, nonce, method, path, body: bodyBytes(call.body) };
  return {
    ...(clientId === undefined ? {} : { 'x-keyring-client-id': clientId }),
    'x-keyring-timestamp': timestamp,
    'x-keyring-nonce': nonce,
    'x-keyring-signature': call.signature ?? requestCode(call.secret ?? secret, input),
  };
}

/** The bytes of a body as {@link Call} describes it. */
export function bodyBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  if (typeof body === 'string') return Buffer.from(body, 'utf8');
  return body === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(body), 'utf8');
}

/** Reads an answer's body as the JSON object it should be. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function exchange(
  url: string,
  agent: HttpAgent | HttpsAgent,
  call: Call,
  options: WireClientOptions,
): Promise<Answer> {
  const { method = 'GET', path = '/', body, chunked = false } = call;
  const sent = call.sentBody ?? bodyBytes(body);
  const headers = headersOf(call, options, sent);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const attempt = (
    resolve: (answer: Answer) => void,
    reject: (error: NodeJS.ErrnoException) => void,
  ): void => {
    const request = send(url, { agent, method, path, headers });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close an idle connection just when it is used again: HTTP's own race. The
      // request is sent again as it is, so one that was taken after all would be a replay.
      const raced = request.reusedSocket && error.code === 'ECONNRESET';
      if (raced) attempt(resolve, reject);
      else reject(error);
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, text, json: jsonObject(text) });
      });
    });
    if (chunked) request.write(sent.subarray(0, sent.length >> 1));
    request.end(chunked ? sent.subarray(sent.length >> 1) : sent);
  };
  return new Promise(attempt);
}

function headersOf(
  call: Call,
  options: WireClientOptions,
  sent: Uint8Array,
): Record<string, string | string[]> {
  const computed: Record<string, string> = {
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.chunked === true || sent.length === 0
      ? {}
      : { 'content-length': String(sent.length) }),
    ...authHeaders(call, options),
  };
  const all = Object.entries({ ...computed, ...call.headers });
  return Object.fromEntries(
    all.filter((entry): entry is [string, string | string[]] => entry[1] !== undefined),
  );
}
