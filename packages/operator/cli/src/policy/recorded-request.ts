/**
 * Entries of the log as the requests they record.
 *
 * Read leniently, as every command reads the log: an entry of another sort, or one that cannot be
 * replayed, says so and is no error.
 *
 * @module
 */

import type { SessionMessage } from '@countersign/crypto';
import type { Settlement } from '@countersign/ledger';
import { type ErrorCode, MESSAGE_KINDS, type MessageKind } from '@countersign/protocol';
import { callsInWords, readEntry } from '../entry-words.ts';
import type { Outcome } from './judge-case.ts';

/** What was decided, as the log says it or as a policy says it now. */
export interface Decided {
  readonly outcome: Outcome;
  readonly code?: string;
  readonly rule?: string;
}

export interface RecordedRequest {
  readonly kind: 'request';
  /** Clock of the decision, milliseconds. */
  readonly timeMs: number;
  /** Time its reservations counted from; that of the decision when nothing was reserved. */
  readonly atMs: number;
  readonly clientId: string;
  /** Denials name no key. */
  readonly keyId: string | undefined;
  /** With the kind that was signed; of a denial without one. */
  readonly message: Omit<SessionMessage, 'kind'> & { readonly kind: MessageKind | undefined };
  readonly decided: Decided;
  /** What was asked, for people. */
  readonly asked: string;
}

export type RecordedEntry =
  | RecordedRequest
  | { readonly kind: 'clock reset'; readonly toMs: number }
  | { readonly kind: 'settled'; readonly slot: string; readonly settlement: Settlement }
  /** Denied before any policy of the key was asked. */
  | { readonly kind: 'not by a policy' }
  /** Calldata was too long for an entry and is there as a digest only. */
  | { readonly kind: 'digest only' }
  /** No decision about a request. */
  | { readonly kind: 'other' };

/** Denials that a policy of the key, or the lists it replaces, can be the reason of. */
const BY_POLICY: readonly ErrorCode[] = [
  'ERR_POLICY_RULE_DENIED',
  'ERR_POLICY_NO_RULE',
  'ERR_POLICY_EVALUATION_FAILED',
  'ERR_POLICY_CALL_UNDECODABLE',
  'ERR_POLICY_LIMIT_EXCEEDED',
  'ERR_POLICY_CHARGES_TOO_MANY',
  'ERR_POLICY_APPROVAL_REQUIRED',
  'ERR_POLICY_TARGET_DENIED',
  'ERR_POLICY_RECIPIENT_DENIED',
];

type Json = Readonly<Record<string, unknown>>;

/** Reads the bytes of an entry. */
export function readRecorded(bytes: Uint8Array): RecordedEntry {
  const entry = readEntry(bytes) ?? {};
  if (entry.type === 'clock-reset') return clockReset(entry);
  if (entry.type === 'settle') return settled(entry);
  if (entry.type !== 'decision') return { kind: 'other' };
  const decided = decidedOf(entry);
  if (decided === undefined) return { kind: 'not by a policy' };
  const asked = asObject(entry.asked);
  if (asked === undefined) return { kind: 'not by a policy' };
  return requestOf(entry, asked, decided) ?? { kind: 'digest only' };
}

function decidedOf({ outcome, code, rule }: Json): Decided | undefined {
  if (outcome === 'allow') return { outcome: 'allow' };
  const known = BY_POLICY.find((one) => one === code);
  // A transaction without calls has this code too, and no policy changes that.
  if (known === undefined || rule === 'call.none') return undefined;
  return {
    outcome: known === 'ERR_POLICY_APPROVAL_REQUIRED' ? 'ask' : 'deny',
    code: known,
    ...(typeof rule === 'string' ? { rule } : {}),
  };
}

function requestOf(entry: Json, asked: Json, decided: Decided): RecordedRequest | undefined {
  const timeMs = Date.parse(String(entry.time));
  const calls = callsOf(asked.calls);
  const felts = [asked.account, asked.chain, asked.accountNonce].map(felt);
  const [accountAddress, chainId, accountNonce] = felts;
  const validUntilSec = decimal(asked.validUntil);
  if (
    Number.isNaN(timeMs) ||
    calls === undefined ||
    accountAddress === undefined ||
    chainId === undefined ||
    accountNonce === undefined ||
    validUntilSec === undefined
  ) {
    return undefined;
  }
  const { kind, keyId } = asObject(entry.message) ?? {};
  const { at } = asObject(entry.spending) ?? {};
  return {
    kind: 'request',
    timeMs,
    atMs: typeof at === 'number' ? at : timeMs,
    clientId: String(entry.client ?? ''),
    keyId: typeof keyId === 'string' ? keyId : undefined,
    message: {
      kind: MESSAGE_KINDS.find((one) => one === kind),
      accountAddress,
      chainId,
      accountNonce,
      validUntilSec,
      calls,
    },
    decided,
    asked: callsInWords(entry),
  };
}

function callsOf(calls: unknown): SessionMessage['calls'] | undefined {
  if (!Array.isArray(calls)) return undefined;
  const read = calls.map((call) => callOf(asObject(call) ?? {}));
  const whole = read.filter((call) => call !== undefined);
  return whole.length === read.length ? whole : undefined;
}

function callOf({ to, selector, calldata }: Json): SessionMessage['calls'][number] | undefined {
  const [target, entrypoint] = [felt(to), felt(selector)];
  if (target === undefined || entrypoint === undefined || !Array.isArray(calldata)) {
    return undefined;
  }
  const felts = calldata.map(felt).filter((item) => item !== undefined);
  if (felts.length !== calldata.length) return undefined;
  return { to: target, selector: entrypoint, calldata: felts };
}

function clockReset({ to }: Json): RecordedEntry {
  const toMs = Date.parse(String(to));
  return Number.isNaN(toMs) ? { kind: 'other' } : { kind: 'clock reset', toMs };
}

function settled({ slot, outcome, at }: Json): RecordedEntry {
  if (typeof slot !== 'string') return { kind: 'other' };
  if (outcome === 'impossible') return { kind: 'settled', slot, settlement: { kind: outcome } };
  if (outcome !== 'executed' || typeof at !== 'number') return { kind: 'other' };
  return { kind: 'settled', slot, settlement: { kind: outcome, atMs: at } };
}

function felt(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^0x[0-9a-f]{1,64}$/.test(value) ? BigInt(value) : undefined;
}

function decimal(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^[0-9]{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;
}
