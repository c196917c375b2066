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
  readonly outcome: 'allow' | 'deny';
  /** Code of the error table; absent when allowed. */
  readonly code?: string | undefined;
  readonly rule?: string | undefined;
  readonly asked?: LoggedRequest | undefined;
  readonly message?: LoggedMessage | undefined;
}

/** What became of an allowed request that could not be signed after all. */
export interface OutcomeEntry {
  readonly timeMs: number;
  readonly requestId: string;
  /** Index of the entry that allowed it. */
  readonly decidedAt: number;
  readonly code: string;
}

/** Serialises a decision; long call lists are replaced by their digest to stay within the limit. */
export function decisionEntryBytes(entry: DecisionEntry): Uint8Array {
  const full = serialise(entry, (asked) => asked.calls.map(callDocument));
  if (full.length <= LIMITS.logEntryBytes) return full;
  return serialise(entry, (asked) => asked.calls.map(callDigest));
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

function serialise(
  entry: DecisionEntry,
  calls: (asked: LoggedRequest) => readonly CanonicalValue[],
): Uint8Array {
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
    asked: entry.asked === undefined ? undefined : askedDocument(entry.asked, calls(entry.asked)),
    message: entry.message === undefined ? undefined : messageDocument(entry.message),
  });
}

function askedDocument(asked: LoggedRequest, calls: readonly CanonicalValue[]): CanonicalValue {
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
    calldataSha256: createHash('sha256').update(calldata).digest('hex'),
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

function bytesOf(document: CanonicalValue): Uint8Array {
  return Buffer.from(canonicalJson(document), 'utf8');
}
