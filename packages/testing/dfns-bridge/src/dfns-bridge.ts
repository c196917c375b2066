/**
 * A DFNS bridge on loopback: checks both credentials and the request, hashes and signs, and can be
 * told to misbehave.
 *
 * @module
 */

import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  type Behaviour,
  CONNECTION_BEHAVIOURS,
  DENIAL_TEXT,
  type PlainAnswer,
  STATUS_BEHAVIOURS,
  type StatusBehaviour,
  WRONG_TEXT_BEHAVIOURS,
  type WrongTextBehaviour,
} from './behaviour.ts';
import { type BridgeCallBody, parseBridgeCall } from './bridge-call.ts';
import type { BridgeMessageKind } from './bridge-message.ts';
import { commitFault } from './connection-fault.ts';
import { answerDocument } from './signing-round.ts';

const SIGN_PATH = '/sign';
const REDIRECT_PATH = '/elsewhere';
const MAX_BODY_BYTES = 1_048_576;

export interface DfnsBridgeOptions {
  /** Key id → private key in hex. A request without `keyId` means the key `default`. */
  readonly privateKeys: Readonly<Record<string, string>>;
  readonly authToken: string;
  readonly userActionSignature: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What to sign; default `invoke-v2`. */
  readonly kind?: BridgeMessageKind;
  /** PEM; absent means plain HTTP. */
  readonly tls?: { readonly certPem: string; readonly keyPem: string };
  /** How to answer until told otherwise; default `honest`. */
  readonly behaviour?: Behaviour;
}

/** A request as it arrived, before any check of it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  /** Names and values in the order and case sent. */
  readonly rawHeaders: readonly string[];
  readonly bodyText: string;
}

export interface DfnsBridge {
  /** Where to send sign requests and preflights. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Answers like this from now on. */
  behave(behaviour: Behaviour): void;
  /** Answers the next requests like this, one each, and then as before. */
  behaveOnce(...behaviours: readonly Behaviour[]): void;
  /** Stops, also in the middle of answers. */
  close(): Promise<void>;
}

/**
 * Starts a bridge on 127.0.0.1.
 *
 * It refuses, in this order: wrong credentials → 401, wrong path → 404, wrong method → 405, another
 * content type → 415, and to sign an unreadable body → 400 or with an unknown key → 422. What is left
 * is answered as told; of the behaviours, those of status and connection apply to preflights too.
 */
export async function startDfnsBridge(options: DfnsBridgeOptions): Promise<DfnsBridge> {
  const requests: RecordedRequest[] = [];
  const queue: Behaviour[] = [];
  let standing: Behaviour = options.behaviour ?? 'honest';

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    requests.push(record(request, body));
    const behaviour = queue.shift() ?? standing;
    answer(options, behaviour, request, response, body);
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? http.createServer(listener)
      : https.createServer({ cert: tls.certPem, key: tls.keyPem }, listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${SIGN_PATH}`,
    requests,
    behave(behaviour) {
      standing = behaviour;
    },
    behaveOnce(...behaviours) {
      queue.push(...behaviours);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error('request body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function record(request: IncomingMessage, body: Buffer): RecordedRequest {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    bodyText: body.toString('utf8'),
  };
}

function answer(
  options: DfnsBridgeOptions,
  behaviour: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const refusal = refuse(options, request);
  if (refusal !== undefined) return send(response, refusal);
  if (typeof behaviour === 'object') return send(response, behaviour);
  if (isOneOf(STATUS_BEHAVIOURS, behaviour)) return send(response, STATUS_ANSWERS[behaviour]);
  if (request.method === 'POST') return answerSignCall(options, behaviour, response, body);
  if (isOneOf(CONNECTION_BEHAVIOURS, behaviour)) return commitFault(behaviour, response, '{}');
  return send(response, { status: 204, body: '' });
}

function refuse(options: DfnsBridgeOptions, request: IncomingMessage): PlainAnswer | undefined {
  const { authorization, 'x-dfns-useraction': userAction } = request.headers;
  const known =
    authorization === `Bearer ${options.authToken}` && userAction === options.userActionSignature;
  if (!known) return STATUS_ANSWERS.unauthorized;
  if (![SIGN_PATH, REDIRECT_PATH].includes(request.url ?? '')) return errorAnswer(404, 'not found');
  if (request.method === 'OPTIONS') return undefined;
  if (request.method !== 'POST') return errorAnswer(405, 'method not allowed');
  const json = request.headers['content-type'] === 'application/json';
  return json ? undefined : errorAnswer(415, 'expected application/json');
}

function answerSignCall(
  options: DfnsBridgeOptions,
  behaviour: Exclude<Behaviour, PlainAnswer | StatusBehaviour>,
  response: ServerResponse,
  body: Buffer,
): void {
  const call = readCall(body);
  if ('status' in call) return send(response, call);
  const keyId = call.request.keyId ?? 'default';
  const privateKey = options.privateKeys[keyId];
  if (privateKey === undefined) return send(response, errorAnswer(422, `unknown key ${keyId}`));
  const round = { kind: options.kind ?? 'invoke-v2', request: call.request, privateKey };
  if (isOneOf(CONNECTION_BEHAVIOURS, behaviour)) {
    return commitFault(behaviour, response, JSON.stringify(answerDocument('honest', round)));
  }
  if (isOneOf(WRONG_TEXT_BEHAVIOURS, behaviour)) {
    return send(response, TEXTS[behaviour](JSON.stringify(answerDocument('honest', round))));
  }
  return send(response, { status: 200, body: JSON.stringify(answerDocument(behaviour, round)) });
}

function readCall(body: Buffer): BridgeCallBody | PlainAnswer {
  try {
    return parseBridgeCall(body);
  } catch (error) {
    return errorAnswer(400, error instanceof Error ? error.message : 'unreadable');
  }
}

function send(response: ServerResponse, { status, body, headers }: PlainAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

function errorAnswer(status: number, error: string): PlainAnswer {
  return { status, body: JSON.stringify({ error }) };
}

const STATUS_ANSWERS: Readonly<Record<StatusBehaviour, PlainAnswer>> = {
  unauthorized: errorAnswer(401, 'unauthorized'),
  denied: errorAnswer(422, DENIAL_TEXT),
  'bad-request': errorAnswer(400, 'bad request'),
  'denied-without-reason': { status: 422, body: '<html>refused</html>' },
  redirect: { status: 307, body: '', headers: { location: REDIRECT_PATH } },
  'server-error': errorAnswer(500, 'internal error'),
  created: { status: 201, body: '{}' },
};

const TEXTS: Readonly<Record<WrongTextBehaviour, (honest: string) => PlainAnswer>> = {
  'not-json': () => ({ status: 200, body: '<html>signed</html>' }),
  'duplicate-keys': (honest) => ({
    status: 200,
    body: honest.replace('{', '{"domainHash":"0x1",'),
  }),
  'empty-body': () => ({ status: 200, body: '' }),
  'huge-body': (honest) => ({ status: 200, body: ' '.repeat(131_072) + honest }),
  gzip: (honest) => ({
    status: 200,
    body: gzipSync(honest),
    headers: { 'content-encoding': 'gzip' },
  }),
};

function isOneOf<T extends string>(list: readonly T[], value: string): value is T {
  return list.some((item) => item === value);
}
