/**
 * From bytes to a judged message: parse into our own copy, decode, judge, hash that copy.
 *
 * @module
 */

import {
  type HashBackend,
  hashSessionMessage,
  parseEntrypoint,
  type SessionMessage,
} from '@countersign/crypto';
import { decide, type KeyringPolicy } from '@countersign/policy';
import {
  BoundaryError,
  type ErrorCode,
  type ErrorDetails,
  isBoundaryError,
  type LoggedMessage,
  type MessageKind,
  parseSessionRequest,
  parseStrictJson,
  type SessionRequest,
} from '@countersign/protocol';
import type { KeyRing, SessionKey } from './key-ring.ts';

/** A request that may be signed, with everything needed to sign and to log it. */
export interface Approved {
  readonly outcome: 'allow';
  readonly message: SessionMessage;
  readonly hashes: { readonly domainHash: bigint | undefined; readonly messageHash: bigint };
  readonly key: SessionKey;
}

export interface Refused {
  readonly outcome: 'deny';
  readonly code: ErrorCode;
  readonly rule: string | undefined;
  readonly details: ErrorDetails;
  /** What was asked, when it could be read. */
  readonly asked: SessionMessage | undefined;
}

export type Judgement = Approved | Refused;

export interface Judge {
  readonly policy: KeyringPolicy;
  readonly keys: KeyRing;
  readonly backend: HashBackend;
}

/** Judges one request body. Never throws: a fault is a refusal too. */
export function judge(deps: Judge, clientId: string, body: Uint8Array, nowMs: number): Judgement {
  let asked: SessionMessage | undefined;
  try {
    const request = parseSessionRequest(parseStrictJson(body));
    asked = toMessage(request);
    return decideAndHash(deps, clientId, request, asked, nowMs);
  } catch (error) {
    return refusalOf(error, asked);
  }
}

/** The refusal that stands for an error. */
export function refusalOf(error: unknown, asked?: SessionMessage): Refused {
  const known = isBoundaryError(error) ? error : new BoundaryError('ERR_INTERNAL');
  const { rule } = known.details;
  return {
    outcome: 'deny',
    code: known.code,
    rule: typeof rule === 'string' ? rule : undefined,
    details: known.details,
    asked,
  };
}

/** What the log says about the message of an approved request. */
export function loggedMessage(approved: Approved): LoggedMessage {
  return {
    kind: approved.message.kind,
    keyId: approved.key.keyId,
    publicKey: approved.key.publicKey,
    ...approved.hashes,
    custodian: approved.key.bridge ? 'dfns' : 'local',
  };
}

function decideAndHash(
  deps: Judge,
  clientId: string,
  request: SessionRequest,
  asked: SessionMessage,
  nowMs: number,
): Judgement {
  const nowSec = BigInt(Math.floor(nowMs / 1000));
  const intent = { ...asked, clientId, keyId: request.keyId, messageKind: request.messageKind };
  const decision = decide(deps.policy, intent, nowSec);
  if (decision.outcome === 'deny') return { ...decision, asked };
  const key = deps.keys.get(decision.keyId);
  // The policy knows the key, but no custodian here holds it.
  if (key === undefined) throw new BoundaryError('ERR_SIGNER_UNAVAILABLE');
  const message = messageOf(asked, decision.messageKind);
  return { outcome: 'allow', message, hashes: hashSessionMessage(message, deps.backend), key };
}

/** Invokes commit to neither caller nor start: there both are tolerated, and not part of the message. */
function messageOf(asked: SessionMessage, kind: MessageKind): SessionMessage {
  const { caller: _caller, executeAfterSec: _start, ...common } = asked;
  return kind === 'outside-v2' ? { ...asked, kind } : { ...common, kind };
}

function toMessage(request: SessionRequest): SessionMessage {
  return {
    kind: request.messageKind ?? 'invoke-v2',
    accountAddress: request.accountAddress,
    chainId: request.chainId,
    accountNonce: request.accountNonce,
    validUntilSec: request.validUntilSec,
    calls: request.calls.map((call, i) => ({
      to: call.to,
      selector: parseEntrypoint(call.entrypoint, `calls[${i}].entrypoint`).selector,
      calldata: call.calldata,
    })),
    ...(request.caller === undefined ? {} : { caller: request.caller }),
    ...(request.executeAfterSec === undefined ? {} : { executeAfterSec: request.executeAfterSec }),
  };
}
