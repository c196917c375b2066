/**
 * What the bridge does with one request: the decision, apart from the connection it is carried out on.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  type Behaviour,
  CONNECTION_BEHAVIOURS,
  type ConnectionBehaviour,
  DENIAL_TEXT,
  type PlainAnswer,
  STATUS_BEHAVIOURS,
  type StatusBehaviour,
  WRONG_TEXT_BEHAVIOURS,
  type WrongTextBehaviour,
} from './behaviour.ts';
import { type BridgeCallBody, parseBridgeCall } from './bridge-call.ts';
import type { BridgeMessageKind } from './bridge-message.ts';
import { answerDocument } from './signing-round.ts';

export const SIGN_PATH = '/sign';
const REDIRECT_PATH = '/elsewhere';

export interface BridgeAccess {
  /** Key id → private key in hex. A request without `keyId` means the key `default`. */
  readonly privateKeys: Readonly<Record<string, string>>;
  readonly authToken: string;
  readonly userActionSignature: string;
  /** What to sign; default `invoke-v2`. */
  readonly kind?: BridgeMessageKind;
}

/** A fault comes with the honest body, to make a part of it look promising. */
export type Reaction =
  | PlainAnswer
  | { readonly fault: ConnectionBehaviour; readonly honestText: string };

/** Refuses what deserves it; answers the rest as told. */
export function react(
  access: BridgeAccess,
  behaviour: Behaviour,
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Uint8Array,
): Reaction {
  const refusal = refuse(access, request);
  if (refusal !== undefined) return refusal;
  if (typeof behaviour === 'object') return behaviour;
  if (isOneOf(STATUS_BEHAVIOURS, behaviour)) return STATUS_ANSWERS[behaviour];
  if (request.method === 'POST') return reactToSignCall(access, behaviour, body);
  if (isOneOf(CONNECTION_BEHAVIOURS, behaviour)) return { fault: behaviour, honestText: '{}' };
  return { status: 204, body: '' };
}

function refuse(
  access: BridgeAccess,
  { method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
): PlainAnswer | undefined {
  const known =
    headers.authorization === `Bearer ${access.authToken}` &&
    headers['x-dfns-useraction'] === access.userActionSignature;
  if (!known) return STATUS_ANSWERS.unauthorized;
  if (url !== SIGN_PATH && url !== REDIRECT_PATH) return errorAnswer(404, 'not found');
  if (method === 'OPTIONS') return undefined;
  if (method !== 'POST') return errorAnswer(405, 'method not allowed');
  const isJson = headers['content-type'] === 'application/json';
  return isJson ? undefined : errorAnswer(415, 'expected application/json');
}

function reactToSignCall(
  access: BridgeAccess,
  behaviour: Exclude<Behaviour, PlainAnswer | StatusBehaviour>,
  body: Uint8Array,
): Reaction {
  const call = readCall(body);
  if ('status' in call) return call;
  const keyId = call.request.keyId ?? 'default';
  const privateKey = Object.hasOwn(access.privateKeys, keyId)
    ? access.privateKeys[keyId]
    : undefined;
  if (privateKey === undefined) return errorAnswer(422, `unknown key ${keyId}`);
  const round = { kind: access.kind ?? 'invoke-v2', request: call.request, privateKey };
  if (isOneOf(CONNECTION_BEHAVIOURS, behaviour)) {
    return { fault: behaviour, honestText: JSON.stringify(answerDocument('honest', round)) };
  }
  if (isOneOf(WRONG_TEXT_BEHAVIOURS, behaviour)) {
    return TEXTS[behaviour](JSON.stringify(answerDocument('honest', round)));
  }
  return { status: 200, body: JSON.stringify(answerDocument(behaviour, round)) };
}

function readCall(body: Uint8Array): BridgeCallBody | PlainAnswer {
  try {
    return parseBridgeCall(body);
  } catch (error) {
    return errorAnswer(400, error instanceof Error ? error.message : 'unreadable');
  }
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
