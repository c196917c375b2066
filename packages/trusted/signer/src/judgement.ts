/**
 * From bytes to a judged message: parse into our own copy, decode, judge, hash that copy.
 *
 * @module
 */

import { type HashBackend, hashSessionMessage, type SessionMessage } from '@countersign/crypto';
import {
  type ApprovalDemand,
  type Charge,
  decide,
  type KeyringPolicy,
  type PolicyVerdict,
} from '@countersign/policy';
import {
  BoundaryError,
  type ErrorCode,
  type ErrorDetails,
  isBoundaryError,
  type LoggedIntent,
  type LoggedMessage,
  type MessageKind,
} from '@countersign/protocol';
import { askedMessage, messageOf, parseAsk } from './asked-message.ts';
import type { KeyRing, SessionKey } from './key-ring.ts';
import { judgeByPolicy, type SessionAsk, type WrittenPolicies } from './written-policies.ts';

/** An amount that has to fit; without `max` it is reserved all the same, because people approved it. */
export type JudgedCharge = Omit<Charge, 'max'> & { readonly max: bigint | undefined };

/** A request nothing speaks against, with everything needed to sign and to log it. */
export interface Judged {
  readonly message: SessionMessage;
  readonly hashes: { readonly domainHash: bigint | undefined; readonly messageHash: bigint };
  readonly key: SessionKey;
  /** What has to fit into the ledger. */
  readonly charges: readonly JudgedCharge[];
}

/** May be signed. */
export interface Approved extends Judged {
  readonly outcome: 'allow';
  /** The intent this executes; absent when nobody had to be asked. */
  readonly intent?: LoggedIntent;
}

/** May be signed once people agree. */
export interface Asking extends Judged {
  readonly outcome: 'ask';
  /** Never empty. */
  readonly approvals: readonly ApprovalDemand[];
}

export interface Refused {
  readonly outcome: 'deny';
  readonly code: ErrorCode;
  readonly rule: string | undefined;
  readonly details: ErrorDetails;
  /** What was asked, when it could be read. */
  readonly asked: SessionMessage | undefined;
}

export type Judgement = Approved | Asking | Refused;

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
    const { keyId, messageKind } = request;
    return judgeMessage(deps, { clientId, keyId, messageKind, asked, nowMs });
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
export function loggedMessage(approved: Judged): LoggedMessage {
  return {
    kind: approved.message.kind,
    keyId: approved.key.keyId,
    publicKey: approved.key.publicKey,
    ...approved.hashes,
    custodian: approved.key.bridge ? 'dfns' : 'local',
  };
}

/** Who asks for what, with which key and kind; the policy has defaults for these two. */
export interface MessageAsk {
  readonly clientId: string;
  readonly keyId: string | undefined;
  readonly messageKind: MessageKind | undefined;
  readonly asked: SessionMessage;
  readonly nowMs: number;
}

/** Judges one message and hashes it. @throws BoundaryError for faults. */
export function judgeMessage(deps: Judge, ask: MessageAsk): Judgement {
  const { clientId, keyId, messageKind, asked, nowMs } = ask;
  const nowSec = BigInt(Math.floor(nowMs / 1000));
  const intent = { ...asked, clientId, keyId, messageKind };
  const decision = decide(deps.policy, intent, nowSec);
  if (decision.outcome === 'deny') return { ...decision, asked };
  const key = deps.keys.get(decision.keyId);
  // The policy knows the key, but no custodian here holds it.
  if (key === undefined) throw new BoundaryError('ERR_SIGNER_UNAVAILABLE');
  const message = messageOf(asked, decision.messageKind);
  const verdict = askPolicy(deps, { clientId, keyId: decision.keyId, message, nowMs });
  if (verdict.outcome === 'deny') return { ...verdict, asked };
  const hashes = hashSessionMessage(message, deps.backend);
  const judged = { message, hashes, key, charges: verdict.charges };
  if (verdict.outcome === 'allow') return { outcome: 'allow', ...judged };
  return { outcome: 'ask', ...judged, approvals: verdict.approvals };
}

/** The written policy of the key; without one, what was decided so far is all there is. */
function askPolicy({ policy, written }: Judge, ask: SessionAsk): PolicyVerdict {
  const policyId = policy.keys.get(ask.keyId)?.policyId;
  if (policyId === undefined) return { outcome: 'allow', rules: [], charges: [] };
  const compiled = written.get(policyId);
  if (compiled === undefined) throw new BoundaryError('ERR_INTERNAL');
  return judgeByPolicy(compiled, ask);
}
