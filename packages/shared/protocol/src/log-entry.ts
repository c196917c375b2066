/**
 * One entry of the log: what was asked, what was decided, by which policy, what was signed.
 *
 * Stored as canonical JSON. It carries no free text of the caller and nothing of a request that
 * could not be read or looked like a secret, only the digest of its body.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';
import { toHex } from './felt.ts';
import { LIMITS } from './limits.ts';
import type { MessageKind } from './session-request.ts';

export interface LoggedCall {
  readonly to: bigint;
  readonly selector: bigint;
  readonly calldata: readonly bigint[];
}

/** The decoded request. */
export interface LoggedRequest {
  readonly accountAddress: bigint;
  readonly chainId: bigint;
  readonly accountNonce: bigint;
  readonly validUntilSec: bigint;
  readonly calls: readonly LoggedCall[];
  readonly caller?: bigint | undefined;
  readonly executeAfterSec?: bigint | undefined;
}

/** What the signature covers. */
export interface LoggedMessage {
  readonly kind: MessageKind;
  readonly keyId: string;
  readonly publicKey: bigint;
  readonly domainHash: bigint | undefined;
  readonly messageHash: bigint;
  readonly custodian: 'local' | 'dfns';
}

/** What a bucket keeps of a decision. */
export interface LoggedReservation {
  readonly bucket: string;
  readonly window:
    | { readonly type: 'sliding' | 'fixed'; readonly seconds: number }
    | { readonly type: 'lifetime' };
  /** Total of the slot in this bucket after the commit, 0 to 2^256 − 1. */
  readonly amount: bigint;
  /** Most the bucket was allowed to count; `undefined` when nobody asked. */
  readonly max: bigint | undefined;
  /** Last millisecond at which it counts; `undefined`: it always does. */
  readonly untilMs: number | undefined;
}

/** What was reserved for an allowed request. */
export interface LoggedSpending {
  /** Time the reservations count from, milliseconds. */
  readonly atMs: number;
  /** What can happen only once; absent when each decision counts. */
  readonly slot?: string | undefined;
  /** At most `LIMITS.chargesPerDecision`, no two of one bucket and window. */
  readonly reserved: readonly LoggedReservation[];
}

/** Which intent an entry is about. */
export interface LoggedIntent {
  readonly id: string;
  /** SHA-256 of its document, lower hex. */
  readonly digest: string;
}

export interface DecisionEntry {
  readonly timeMs: number;
  readonly requestId: string;
  readonly clientId: string;
  readonly method: string;
  readonly target: string;
  /** SHA-256 of the raw body, lower hex. */
  readonly bodySha256: string;
  /** SHA-256 of the canonical policy document, lower hex. */
  readonly policyHash: string;
  /** `ask`: the intent waits for approvals, nothing is signed. */
  readonly outcome: 'allow' | 'deny' | 'ask';
  /** Code of the error table; absent unless denied. */
  readonly code?: string | undefined;
  readonly rule?: string | undefined;
  readonly asked?: LoggedRequest | undefined;
  readonly message?: LoggedMessage | undefined;
  /** What was prepared, or executed. */
  readonly intent?: LoggedIntent | undefined;
  /** Left out of the entry when nothing was reserved. */
  readonly spending?: LoggedSpending | undefined;
}

/** Why a scope was frozen, or is no longer. */
export type FreezeCause =
  /** An operator asked over HTTP; `reasonSha256` is the digest of the reason, lower hex. */
  | { readonly type: 'operator'; readonly operator: string; readonly reasonSha256?: string }
  /** The command did it in the data directory, while no signer ran. */
  | { readonly type: 'command' }
  | { readonly type: 'denials'; readonly count: number; readonly seconds: number }
  | { readonly type: 'custodian-mismatch' }
  /** The approvals of this intent were given. */
  | { readonly type: 'approvals'; readonly intent: string };

/** That an operator asked to end a freeze, and whoever has to agree can. */
export interface UnfreezeAskedEntry {
  readonly timeMs: number;
  readonly requestId: string;
  readonly operator: string;
  readonly scope: string;
  readonly intent: LoggedIntent;
}

/** What an approver said, with the evidence. */
export interface ApprovalEntry {
  readonly timeMs: number;
  readonly intent: LoggedIntent;
  readonly approver: string;
  readonly answer: 'approve' | 'deny';
  /** As it was sent, parts as base64url. */
  readonly evidence: {
    readonly signature?: string | undefined;
    readonly passkey?: Readonly<Record<string, string>> | undefined;
  };
}

/** That a scope was frozen, or is no longer. */
export interface FreezeEntry {
  readonly timeMs: number;
  readonly action: 'freeze' | 'unfreeze';
  readonly scope: string;
  readonly cause?: FreezeCause | undefined;
}

/** What the chain says about a slot. */
export interface SettleEntry {
  readonly timeMs: number;
  readonly slot: string;
  readonly settlement:
    | { readonly kind: 'executed'; readonly atMs: number }
    | { readonly kind: 'impossible' };
}

/** What became of an allowed request that could not be signed after all. */
export interface OutcomeEntry {
  readonly timeMs: number;
  readonly requestId: string;
  /** Index of the entry that allowed it. */
  readonly decidedAt: number;
  readonly code: string;
}

/** How the long parts of an entry are written. */
interface Form {
  readonly calls: (calls: readonly LoggedCall[]) => CanonicalValue;
  readonly name: (member: string, text: string) => Readonly<Record<string, CanonicalValue>>;
}

const WHOLE: Form = {
  calls: (calls) => calls.map(callDocument),
  name: (member, text) => ({ [member]: text }),
};
const DIGESTED_CALLS: Form = { ...WHOLE, calls: (calls) => calls.map(callDigest) };
const DIGESTED_NAMES: Form = {
  ...DIGESTED_CALLS,
  name: (member, text) => ({ [`${member}Sha256`]: sha256(text) }),
};
const SHORTEST: Form = {
  ...DIGESTED_NAMES,
  calls: (calls) => ({
    count: calls.length,
    sha256: sha256(canonicalJson(calls.map(callDocument))),
  }),
};

/**
 * Serialises a decision. To stay within the limit, long calls are replaced by their digests, then the
 * names of slot and buckets, then the list of calls by one digest.
 */
export function decisionEntryBytes(entry: DecisionEntry): Uint8Array {
  for (const form of [WHOLE, DIGESTED_CALLS, DIGESTED_NAMES]) {
    const bytes = serialise(entry, form);
    if (bytes.length <= LIMITS.logEntryBytes) return bytes;
  }
  return serialise(entry, SHORTEST);
}

export function freezeEntryBytes({ timeMs, action, scope, cause }: FreezeEntry): Uint8Array {
  const time = new Date(timeMs).toISOString();
  return bytesOf({ format: 'countersign-entry/v1', type: action, time, scope, cause });
}

export function unfreezeAskedEntryBytes(entry: UnfreezeAskedEntry): Uint8Array {
  const { timeMs, requestId, operator, scope, intent } = entry;
  const time = new Date(timeMs).toISOString();
  return bytesOf({
    format: 'countersign-entry/v1',
    type: 'unfreeze-asked',
    time,
    requestId,
    operator,
    scope,
    intent: { ...intent },
  });
}

export function approvalEntryBytes(entry: ApprovalEntry): Uint8Array {
  const { timeMs, intent, approver, answer, evidence } = entry;
  return bytesOf({
    format: 'countersign-entry/v1',
    type: 'approval',
    time: new Date(timeMs).toISOString(),
    intent: { ...intent },
    approver,
    answer,
    signature: evidence.signature,
    passkey: evidence.passkey === undefined ? undefined : { ...evidence.passkey },
  });
}

export function settleEntryBytes({ timeMs, slot, settlement }: SettleEntry): Uint8Array {
  return bytesOf({
    format: 'countersign-entry/v1',
    type: 'settle',
    time: new Date(timeMs).toISOString(),
    slot,
    outcome: settlement.kind,
    at: settlement.kind === 'executed' ? settlement.atMs : undefined,
  });
}

export function outcomeEntryBytes(entry: OutcomeEntry): Uint8Array {
  return bytesOf({
    format: 'countersign-entry/v1',
    type: 'outcome',
    time: new Date(entry.timeMs).toISOString(),
    requestId: entry.requestId,
    decidedAt: entry.decidedAt,
    code: entry.code,
  });
}

function serialise(entry: DecisionEntry, form: Form): Uint8Array {
  return bytesOf({
    format: 'countersign-entry/v1',
    type: 'decision',
    time: new Date(entry.timeMs).toISOString(),
    requestId: entry.requestId,
    client: entry.clientId,
    request: { method: entry.method, target: entry.target, bodySha256: entry.bodySha256 },
    policy: entry.policyHash,
    outcome: entry.outcome,
    code: entry.code,
    rule: entry.rule,
    asked:
      entry.asked === undefined
        ? undefined
        : askedDocument(entry.asked, form.calls(entry.asked.calls)),
    message: entry.message === undefined ? undefined : messageDocument(entry.message),
    intent: entry.intent === undefined ? undefined : { ...entry.intent },
    spending: spendingDocument(entry.spending, form),
  });
}

function askedDocument(asked: LoggedRequest, calls: CanonicalValue): CanonicalValue {
  return {
    account: toHex(asked.accountAddress),
    chain: toHex(asked.chainId),
    accountNonce: toHex(asked.accountNonce),
    validUntil: String(asked.validUntilSec),
    caller: asked.caller === undefined ? undefined : toHex(asked.caller),
    executeAfter: asked.executeAfterSec === undefined ? undefined : String(asked.executeAfterSec),
    calls,
  };
}

function callDocument(call: LoggedCall): CanonicalValue {
  return { to: toHex(call.to), selector: toHex(call.selector), calldata: call.calldata.map(toHex) };
}

function callDigest(call: LoggedCall): CanonicalValue {
  const calldata = canonicalJson(call.calldata.map(toHex));
  return {
    to: toHex(call.to),
    selector: toHex(call.selector),
    felts: call.calldata.length,
    calldataSha256: sha256(calldata),
  };
}

function messageDocument(message: LoggedMessage): CanonicalValue {
  return {
    kind: message.kind,
    keyId: message.keyId,
    publicKey: toHex(message.publicKey),
    domainHash: message.domainHash === undefined ? undefined : toHex(message.domainHash),
    messageHash: toHex(message.messageHash),
    custodian: message.custodian,
  };
}

function spendingDocument(
  spending: LoggedSpending | undefined,
  form: Form,
): CanonicalValue | undefined {
  if (spending === undefined || spending.reserved.length === 0) return undefined;
  const { atMs, slot, reserved } = spending;
  return {
    at: atMs,
    ...(slot === undefined ? {} : form.name('slot', slot)),
    reserved: reserved.map((one) => reservationDocument(one, form)),
  };
}

function reservationDocument(reservation: LoggedReservation, form: Form): CanonicalValue {
  const { bucket, window, amount, max, untilMs } = reservation;
  return {
    ...form.name('bucket', bucket),
    window: window.type,
    seconds: window.type === 'lifetime' ? undefined : window.seconds,
    amount: String(amount),
    cap: max === undefined ? undefined : String(max),
    until: untilMs,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function bytesOf(document: CanonicalValue): Uint8Array {
  return Buffer.from(canonicalJson(document), 'utf8');
}
