/**
 * Everything behind authentication: sign, explain, intents, receipts, and "not found" for whoever may know it.
 *
 *     body within limits → JSON → authenticate → request nonce → route
 *     sign: schema → leak scan → rate limit → signer (→ bridge → signer) → outbound scan → answer
 *
 * The edge's no counts: once a request is authenticated, a refusal here is handed to the signer too,
 * which uses up the request nonce and writes the denial into the log.
 *
 * @module
 */

import type { DfnsClient } from '@countersign/custody';
import {
  BoundaryError,
  EXPLAIN_PATH,
  isBoundaryError,
  type JsonValue,
  type SessionRequest,
  SIGN_PATH,
  type SignedMessage,
  type SignerAnswer,
} from '@countersign/protocol';
import type { AddressLimit } from '../address-limit.ts';
import type { Authenticator } from '../http/authenticate.ts';
import { type Exchange, headerRequestId } from '../http/exchange.ts';
import type { Reply } from '../http/reply.ts';
import { readRequestBody } from '../http/request-body.ts';
import type { Releases } from '../releases.ts';
import type { RequestNonceStore } from '../request-nonces/request-nonce-store.ts';
import type { AnswerHook, LinkAnswer, SignerLink } from '../signer-link.ts';
import { explain } from './explain-route.ts';
import {
  type Authenticated,
  checkInbound,
  type Inbound,
  type InboundDeps,
  parseBody,
} from './inbound-checks.ts';
import { showIntent } from './intent-reply.ts';
import { scanOutbound } from './leak-checks.ts';
import { receiptReply } from './receipt-reply.ts';
import { signResponse } from './sign-response.ts';

export interface KeyringDeps extends InboundDeps {
  readonly authenticator: Authenticator;
  readonly addressLimit: AddressLimit;
  readonly requestNonces: RequestNonceStore;
  readonly bridge: DfnsClient | undefined;
  readonly releases: Releases;
  readonly signer: SignerLink;
}

const INTENT_PATH = /^\/v1\/intents\/[^/]+$/;
const EXECUTE_PATH = /^\/v1\/intents\/[^/]+\/execute$/;
const RECEIPT_PATH = /^\/v1\/receipts\/([0-9]{1,16})(?:-[0-9a-f]{16})?$/;
const EMPTY = new Uint8Array(0);

/** Answers one request to anything but the open routes. Throws BoundaryError for every refusal. */
export async function answerKeyring(deps: KeyringDeps, exchange: Exchange): Promise<Reply> {
  const request = await authenticate(deps, exchange);
  const fresh = await useNonce(deps, exchange, request);
  const { method, path } = exchange;
  if (method === 'POST' && path === SIGN_PATH) return sign(deps, exchange, request, fresh);
  if (!fresh) throw replayed(deps, exchange);
  if (method === 'POST' && path === EXPLAIN_PATH) return explain(deps, exchange, request);
  if (method === 'POST' && EXECUTE_PATH.test(path)) return execute(deps, exchange, request);
  if (method === 'GET' && INTENT_PATH.test(path)) {
    return showIntent(deps.signer, exchange, request);
  }
  const receipt = RECEIPT_PATH.exec(path);
  if (method === 'GET' && receipt !== null) {
    return fetchReceipt(deps, exchange, request, Number(receipt[1]));
  }
  throw new BoundaryError('ERR_NOT_FOUND');
}

async function authenticate(deps: KeyringDeps, exchange: Exchange): Promise<Authenticated> {
  const { incoming, caller, method, target } = exchange;
  const { address } = caller;
  if (!deps.addressLimit.allow(address)) throw new BoundaryError('ERR_ADDRESS_RATE_LIMITED');
  try {
    const { bytes, json } = await readRequestBody(incoming);
    const early = json && bytes.length > 0 && deps.settings.profile !== 'strict';
    const parsed = early ? parseBody(bytes) : undefined;
    const { headers: raw } = incoming;
    const { headers, body } = deps.authenticator.authenticate(
      { method, target },
      {
        clientId: single(raw['x-keyring-client-id']),
        timestamp: single(raw['x-keyring-timestamp']),
        requestNonce: single(raw['x-keyring-nonce']),
        signature: single(raw['x-keyring-signature']),
      },
      // Older clients compute the code of a body that is not JSON as if there were none.
      json ? [bytes] : [bytes, EMPTY],
      caller,
      deps.clock.nowMs(),
    );
    exchange.clientId = headers.clientId;
    return { headers, body, json, parsed };
  } catch (error) {
    deps.addressLimit.penalise(address);
    throw error;
  }
}

async function useNonce(
  deps: KeyringDeps,
  exchange: Exchange,
  { headers }: Authenticated,
): Promise<boolean> {
  const { clientId, requestNonce } = headers;
  const fresh = await deps.requestNonces.consume(clientId, requestNonce, deps.clock.nowMs());
  if (!fresh) deps.events.emit('auth.replay_nonce', exchange, {});
  return fresh;
}

/** A replay costs its sender like a failed authentication: it is free to make. */
function replayed(deps: KeyringDeps, exchange: Exchange): BoundaryError {
  deps.addressLimit.penalise(exchange.caller.address);
  return new BoundaryError('ERR_REQUEST_NONCE_USED');
}

async function sign(
  deps: KeyringDeps,
  exchange: Exchange,
  authenticated: Authenticated,
  fresh: boolean,
): Promise<Reply> {
  let refusal: BoundaryError | undefined;
  let inbound: Inbound | undefined;
  try {
    if (!fresh) throw replayed(deps, exchange);
    inbound = await checkInbound(deps, exchange, authenticated);
  } catch (error) {
    refusal = asBoundaryError(error);
  }
  const link = await askSigner(deps, exchange, authenticated, refusal);
  takeReceipt(exchange, link.answer);
  // A store that is down is closed, whatever the signer made of the request meanwhile.
  if (refusal !== undefined) throw preferred(link.answer, refusal);
  if (link.answer.outcome === 'asked') return askedReply(deps, exchange, link.answer);
  const answer = await throughBridge(deps, exchange, link.answer, inbound?.body ?? null);
  return release(deps, exchange, inbound?.request, signedOf(answer));
}

/** Nothing was signed: the intent, for whoever has to wait for it. */
function askedReply(
  deps: KeyringDeps,
  exchange: Exchange,
  { intent }: Extract<SignerAnswer, { outcome: 'asked' }>,
): Reply {
  deps.events.emit('sign.session_transaction.asked', exchange, {});
  return { status: 202, body: intent };
}

/** Signs an approved intent, which the path names and the signer has kept. */
async function execute(
  deps: KeyringDeps,
  exchange: Exchange,
  { headers, body }: Authenticated,
): Promise<Reply> {
  const { method, target } = exchange;
  const request = { ...headers, method, target, requestId: headerRequestId(exchange) };
  const question = { op: 'execute', request } as const;
  const { answer: first } = await deps.signer.ask(question, body, releasing(deps, exchange));
  takeReceipt(exchange, first);
  const wire = first.outcome === 'custodian' ? first.request : undefined;
  const wanted = wire === undefined ? null : parseBody(Buffer.from(wire, 'utf8'));
  const answer = await throughBridge(deps, exchange, first, wanted);
  return release(deps, exchange, undefined, signedOf(answer));
}

function askSigner(
  deps: KeyringDeps,
  exchange: Exchange,
  { headers, body }: Authenticated,
  refusal: BoundaryError | undefined,
): Promise<LinkAnswer> {
  const { method, target } = exchange;
  const rule = refusal?.details.rule;
  const request = { ...headers, method, target, requestId: headerRequestId(exchange) };
  const no =
    refusal === undefined
      ? {}
      : { refusal: { code: refusal.code, ...(typeof rule === 'string' ? { rule } : {}) } };
  return deps.signer.ask({ op: 'sign', request, ...no }, body, releasing(deps, exchange));
}

/** Notes a signature in the moment it arrives, so that a freeze waits until it has left. */
function releasing({ releases }: KeyringDeps, { outgoing }: Exchange): AnswerHook {
  return (answer) => {
    if (answer.outcome === 'signed') releases.begin(outgoing);
  };
}

/** The signer's refusal counts when it is about the request nonce or the store, else the edge's own. */
function preferred(answer: SignerAnswer, own: BoundaryError): BoundaryError {
  if (answer.outcome !== 'refused') return own;
  const stronger = ['ERR_REQUEST_NONCE_USED', 'ERR_STORE_UNAVAILABLE', 'ERR_CLOCK_BEHIND'];
  return stronger.includes(answer.code) ? new BoundaryError(answer.code) : own;
}

/** Fetches the signature of a bridge key; other answers pass through. */
async function throughBridge(
  deps: KeyringDeps,
  exchange: Exchange,
  answer: SignerAnswer,
  request: JsonValue,
): Promise<SignerAnswer> {
  if (answer.outcome !== 'custodian') return answer;
  const { ticket } = answer;
  try {
    if (deps.bridge === undefined) throw new BoundaryError('ERR_CUSTODIAN_UNAVAILABLE');
    const { bytes } = await deps.bridge.sign({ clientId: exchange.clientId ?? '', request });
    const hook = releasing(deps, exchange);
    return (await deps.signer.ask({ op: 'complete', ticket }, bytes, hook)).answer;
  } catch (error) {
    return completeFailed(deps, exchange, ticket, asBoundaryError(error));
  }
}

async function completeFailed(
  deps: KeyringDeps,
  exchange: Exchange,
  ticket: string,
  error: BoundaryError,
): Promise<SignerAnswer> {
  const denied = error.code === 'ERR_POLICY_CUSTODIAN_DENIED';
  const failure = denied ? error.code : 'ERR_CUSTODIAN_UNAVAILABLE';
  const question = { op: 'complete', ticket, failure } as const;
  const { answer } = await deps.signer.ask(question, EMPTY, releasing(deps, exchange));
  // The signer knows the code; only the edge has the custodian's words.
  if (denied && answer.outcome === 'refused') throw error;
  return answer;
}

function signedOf(answer: SignerAnswer): SignedMessage {
  if (answer.outcome === 'signed') return answer.signed;
  if (answer.outcome === 'refused')
    throw new BoundaryError(answer.code, { details: answer.details });
  throw new BoundaryError('ERR_INTERNAL');
}

function release(
  deps: KeyringDeps,
  exchange: Exchange,
  request: SessionRequest | undefined,
  signed: SignedMessage,
): Reply {
  const { requestId } = exchange;
  const { profile } = deps.settings;
  const traceId = request?.context.traceId;
  const body = signResponse(signed, { profile, requestId, traceId });
  const text = JSON.stringify(body);
  scanOutbound(deps, exchange, text);
  exchange.headers['x-countersign-message-kind'] = signed.kind;
  noteIgnored(exchange, request, signed);
  deps.events.emit('sign.session_transaction.success', exchange, successDetails(request, signed));
  return { status: 200, body: text };
}

/** Fields that only mean something in an outside execution are accepted elsewhere, and said to be ignored. */
function noteIgnored(
  exchange: Exchange,
  request: SessionRequest | undefined,
  signed: SignedMessage,
): void {
  if (signed.kind === 'outside-v2') return;
  const ignored = [
    ...(request?.caller === undefined ? [] : ['caller']),
    ...(request?.executeAfterSec === undefined ? [] : ['executeAfter']),
  ];
  if (ignored.length > 0) exchange.headers['x-countersign-ignored'] = ignored.join(', ');
}

function successDetails(request: SessionRequest | undefined, signed: SignedMessage): object {
  return {
    signatureMode: signed.kind,
    domainHash: signed.domainHash,
    messageHash: signed.messageHash,
    signerProvider: signed.custodian,
    accountAddress: request?.accountAddressText,
    keyId: signed.keyId,
    calls: request?.calls.length,
    validUntil: Number(request?.validUntilSec ?? 0n),
    requester: request?.context.requester,
    tool: request?.context.tool,
  };
}

async function fetchReceipt(
  deps: KeyringDeps,
  exchange: Exchange,
  { headers, body }: Authenticated,
  index: number,
): Promise<Reply> {
  const { method, target } = exchange;
  const request = { ...headers, method, target, requestId: exchange.ownRequestId };
  const { answer, body: document } = await deps.signer.ask({ op: 'receipt', request, index }, body);
  if (answer.outcome === 'refused')
    throw new BoundaryError(answer.code, { details: answer.details });
  return receiptReply(document, exchange.incoming.headers.accept);
}

function takeReceipt(exchange: Exchange, answer: SignerAnswer): void {
  const receipt = 'receipt' in answer ? answer.receipt : undefined;
  if (receipt !== undefined) exchange.headers['x-countersign-receipt'] = receipt;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function asBoundaryError(error: unknown): BoundaryError {
  return isBoundaryError(error) ? error : new BoundaryError('ERR_INTERNAL', { cause: error });
}
