/**
 * From bytes to a judged message: parse into our own copy, decode, judge, hash that copy.
 *
 * @module
 */

import { type HashBackend, hashSessionMessage, type SessionMessage } from '@countersign/crypto';
import { type Charge, decide, type KeyringPolicy, type PolicyVerdict } from '@countersign/policy';
import {
  BoundaryError,
  type ErrorCode,
  type ErrorDetails,
  isBoundaryError,
  type LoggedMessage,
  type SessionRequest,
} from '@countersign/protocol';
import { askedMessage, messageOf, parseAsk } from './asked-message.ts';
import type { KeyRing, SessionKey } from './key-ring.ts';
import { judgeByPolicy, type SessionAsk, type WrittenPolicies } from './written-policies.ts';

/** A request that may be signed, with everything needed to sign and to log it. */
export interface Approved {
  readonly outcome: 'allow';
  readonly message: SessionMessage;
  readonly hashes: { readonly domainHash: bigint | undefined; readonly messageHash: bigint };
  readonly key: SessionKey;
  /** What has to fit into the ledger. */
  readonly charges: readonly Charge[];
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
  readonly written: WrittenPolicies;
  readonly keys: KeyRing;
  readonly backend: HashBackend;
}

/** Judges one request body. Never throws: a fault is a refusal too. */
export function judge(deps: Judge, clientId: string, body: Uint8Array, nowMs: number): Judgement {
  let asked: SessionMessage | undefined;
  try {
    const request = parseAsk(body);
    asked = askedMessage(request);
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
  const verdict = askPolicy(deps, { clientId, keyId: decision.keyId, message, nowMs });
  if (verdict.outcome === 'deny') return { ...verdict, asked };
  if (verdict.outcome === 'require_approval') {
    const rule = verdict.approvals[0]?.rules[0];
    const details = rule === undefined ? {} : { rule };
    return refusalOf(new BoundaryError('ERR_POLICY_APPROVAL_REQUIRED', { details }), asked);
  }
  const hashes = hashSessionMessage(message, deps.backend);
  return { outcome: 'allow', message, hashes, key, charges: verdict.charges };
}

/** The written policy of the key; without one, what was decided so far is all there is. */
function askPolicy({ policy, written }: Judge, ask: SessionAsk): PolicyVerdict {
  const policyId = policy.keys.get(ask.keyId)?.policyId;
  if (policyId === undefined) return { outcome: 'allow', rules: [], charges: [] };
  const compiled = written.get(policyId);
  if (compiled === undefined) throw new BoundaryError('ERR_INTERNAL');
  return judgeByPolicy(compiled, ask);
}
