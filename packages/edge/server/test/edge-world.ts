/**
 * The app of the edge with a signer, a bridge and an event log that a test plays.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { ServerResponse } from 'node:http';
import type { DfnsClient } from '@countersign/custody';
import {
  computeRequestMac,
  type EdgeSettings,
  Secret,
  type SignerAnswer,
  type SignerQuestion,
} from '@countersign/protocol';
import { createAddressLimit } from '../src/address-limit.ts';
import { createConnectionLimits } from '../src/connection-limits.ts';
import { createEdgeApp, type EdgeAppDeps } from '../src/edge-app.ts';
import { createAuthenticator } from '../src/http/authenticate.ts';
import { createOperatorAuthenticator } from '../src/http/operator-authenticator.ts';
import { createLeakScanner } from '../src/leak-scan/leak-scanner.ts';
import { createMetrics } from '../src/metrics.ts';
import { createReleases } from '../src/releases.ts';
import { createSharedStores } from '../src/shared-stores.ts';
import type { LinkAnswer, SignerLink } from '../src/signer-link.ts';
import { incomingOf } from './incoming.ts';
import { AGENT, edgeSettings, NOW_MS } from './settings.ts';

export const SIGN_PATH = '/v1/sign/session-transaction';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Question = WithoutId<SignerQuestion>;

/** One question and the bytes beside it. */
export interface Asked {
  readonly question: Question;
  readonly body: Uint8Array;
}

type Answering = (question: Question) => SignerAnswer | LinkAnswer;

export interface Event {
  readonly event: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  /** Replaces `body` after signing. */
  readonly sentBody?: string;
  readonly client?: { readonly clientId: string; readonly secret: string };
  readonly requestNonce?: string;
  readonly timestampMs?: number;
  /** Added or replaced; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Without authentication headers. */
  readonly anonymous?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface EdgeWorld {
  readonly deps: EdgeAppDeps;
  /** What the signer was asked, in order. */
  readonly asked: Asked[];
  readonly events: Event[];
  call(call?: Call): Promise<Answer>;
  /** Asks for a signature over a transfer, with members of the request replaced. */
  sign(changes?: Readonly<Record<string, unknown>>, call?: Call): Promise<Answer>;
}

export interface EdgeWorldOptions {
  readonly settings?: Partial<EdgeSettings>;
  readonly signer?: Answering;
  readonly bridge?: DfnsClient;
  readonly deps?: Partial<EdgeAppDeps>;
}

export const SIGNED: Extract<SignerAnswer, { outcome: 'signed' }> = {
  outcome: 'signed',
  id: 1,
  receipt: '12-0123456789abcdef',
  signed: {
    kind: 'invoke-v2',
    keyId: 'default',
    domainHash: '0xd0',
    messageHash: '0xe0',
    publicKey: '0xab',
    signature: ['0xab', '0x1', '0x2', '0x3'],
    custodian: 'local',
    decidedAtMs: NOW_MS,
  },
};

export const STATUS: Extract<SignerAnswer, { outcome: 'status' }> = {
  outcome: 'status',
  id: 1,
  ready: true,
  logSize: 3,
  verifierKey: 'countersign.local/0123abcd+01234567+AAAA',
  policyHash: 'ab'.repeat(32),
  hashBackend: 'wasm',
  keys: 1,
};

/** A signer that signs everything, and repeats what the edge has refused. */
export function obliging(question: Question): SignerAnswer {
  if (question.op === 'status') return STATUS;
  const refusal = question.op === 'sign' ? question.refusal : undefined;
  if (refusal === undefined) return SIGNED;
  const { receipt } = SIGNED;
  return { outcome: 'refused', id: 1, receipt, code: refusal.code, details: {} };
}

export function createEdgeWorld(options: EdgeWorldOptions = {}): EdgeWorld {
  const settings = edgeSettings(options.settings);
  const asked: Asked[] = [];
  const events: Event[] = [];
  const stores = createSharedStores(settings, { onRedis: () => undefined });
  const limits = createConnectionLimits({ maxInFlight: settings.maxInFlight });
  const deps: EdgeAppDeps = {
    settings,
    authenticator: createAuthenticator(settings),
    addressLimit: createAddressLimit({ nowMs: () => 0 }),
    operators: createOperatorAuthenticator(settings),
    operatorLimit: createAddressLimit({ nowMs: () => 0 }),
    releases: createReleases(),
    requestNonces: stores.requestNonces,
    rateLimiter: stores.rateLimiter,
    leakScanner: settings.leakScan === 'off' ? undefined : createLeakScanner(),
    bridge: options.bridge,
    signer: linkTo(options.signer ?? obliging, asked),
    events: {
      emit: (event, _exchange, details) =>
        void events.push({ event, details: { ...details } as Event['details'] }),
      flush: () => undefined,
    },
    clock: { nowMs: () => NOW_MS },
    metrics: createMetrics(
      () => limits.counts().requests,
      () => true,
    ),
    isStopping: () => false,
    storeFault: () => undefined,
    beginRequest: () => limits.beginRequest(),
    beginUrgent: () => limits.beginUrgent(),
    ...options.deps,
  };
  const app = createEdgeApp(deps);
  const call = async (given: Call = {}): Promise<Answer> => {
    const { method = 'GET', path = '/', body = '', sentBody = body } = given;
    const incoming = incomingOf({ method, url: path, headers: headersOf(given) });
    if (sentBody !== '') incoming.push(sentBody);
    incoming.push(null);
    const env = { incoming, outgoing: new ServerResponse(incoming) };
    return answerOf(await app.fetch(new Request('http://countersign/'), env));
  };
  return {
    deps,
    asked,
    events,
    call,
    sign: (changes, given) =>
      call({ method: 'POST', path: SIGN_PATH, body: requestBody(changes), ...given }),
  };
}

/** A transfer as clients ask for it, with members replaced. */
export function requestBody(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    accountAddress: '0x0ACC',
    chainId: '0x534e5f5345504f4c4941',
    nonce: '0x7',
    validUntil: NOW_MS / 1000 + 300,
    calls: [{ contractAddress: '0x10ce', entrypoint: 'transfer', calldata: ['0x1', '0x2', '0x0'] }],
    ...changes,
  });
}

function linkTo(answering: Answering, asked: Asked[]): SignerLink {
  return {
    ask: (question, body = new Uint8Array(0), onAnswer) => {
      asked.push({ question, body });
      return Promise.resolve()
        .then(() => answering(question))
        .then((answer) => ('answer' in answer ? answer : { answer, body: new Uint8Array(0) }))
        .then((answer) => {
          onAnswer?.(answer.answer);
          return answer;
        });
    },
    connect: () => undefined,
    connected: () => Promise.resolve(),
    isConnected: true,
  };
}

function headersOf(call: Call): Record<string, string> {
  const all = Object.entries({
    ...((call.body ?? '') === '' ? {} : { 'content-type': 'application/json' }),
    ...(call.anonymous === true ? {} : authHeaders(call)),
    ...call.headers,
  });
  return Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== undefined));
}

function authHeaders(call: Call): Record<string, string> {
  const { method = 'GET', path: target = '/', body = '', client = AGENT } = call;
  const timestamp = String(call.timestampMs ?? NOW_MS);
  const requestNonce = call.requestNonce ?? randomBytes(16).toString('hex');
  const input = { timestamp, requestNonce, method, target, body: Buffer.from(body, 'utf8') };
  return {
    'x-keyring-client-id': client.clientId,
    'x-keyring-timestamp': timestamp,
    'x-keyring-nonce': requestNonce,
    'x-keyring-signature': computeRequestMac(new Secret(client.secret), input),
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const headers = Object.fromEntries(response.headers);
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  const json = isJson && text !== '' ? JSON.parse(text) : {};
  return { status: response.status, headers, text, json };
}
