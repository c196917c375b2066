/**
 * What an entry of the log says about reservations.
 *
 * Written for the check of a log and shares nothing with the code that reserves, so that a mistake
 * there does not repeat itself here. The format: docs/ledger-format.md.
 *
 * @module
 */

import { createHash } from 'node:crypto';

/** One bucket of an entry. */
export interface LoggedReservation {
  /** Window and SHA-256 of the name, which is what an entry may carry instead of the name. */
  readonly bucket: string;
  /** The name, where the entry has it. */
  readonly name: string | undefined;
  readonly window: 'sliding' | 'fixed' | 'lifetime';
  /** 0 for `lifetime`. */
  readonly lengthMs: number;
  readonly amount: bigint;
  readonly cap: bigint | undefined;
  readonly untilMs: number | undefined;
}

/** What an entry changes. */
export type LoggedEvent =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'reserve';
      readonly atMs: number;
      /** SHA-256 of its name; `undefined` when the decision counts for itself. */
      readonly slot: string | undefined;
      /** Until when the request asked its signature to hold; 0 when the entry does not say. */
      readonly validUntilMs: number;
      readonly reserved: readonly LoggedReservation[];
    }
  /** `executedMs` is `undefined` for a slot that can never be used. */
  | { readonly kind: 'settle'; readonly slot: string; readonly executedMs: number | undefined }
  | { readonly kind: 'clock-reset'; readonly toMs: number }
  | { readonly kind: 'malformed'; readonly reason: string };

type Members = Readonly<Record<string, unknown>>;

/** The last moment a Date can show: no signature is counted for longer than that. */
const LAST_TIME_MS = 8_640_000_000_000_000;
const SECOND_MS = 1_000;
const DECIMAL = /^(0|[1-9][0-9]{0,77})$/;
const DIGEST = /^[0-9a-f]{64}$/;
const NOTHING: LoggedEvent = { kind: 'nothing' };

/** Reads one entry; one that is no JSON object, or of another kind, changes nothing. */
export function readLoggedEvent(entry: Uint8Array): LoggedEvent {
  const members = parse(entry);
  switch (members?.type) {
    case 'decision':
      return members.spending === undefined ? NOTHING : readDecision(members);
    case 'settle':
      return readSettle(members);
    case 'clock-reset': {
      const toMs = Date.parse(String(members.time));
      return isTime(toMs) ? { kind: 'clock-reset', toMs } : malformed('a clock reset has no time');
    }
    default:
      return NOTHING;
  }
}

function readDecision(members: Members): LoggedEvent {
  if (members.outcome !== 'allow') return malformed('something is reserved for a denial');
  const spending = isMembers(members.spending) ? members.spending : {};
  const { at, reserved } = spending;
  if (!isTime(at)) return malformed('reservations have no time');
  const hasSlot = 'slot' in spending || 'slotSha256' in spending;
  const slot = digestOf(spending, 'slot');
  if (hasSlot && slot === undefined) return malformed('a slot cannot be read');
  const list = Array.isArray(reserved) ? reserved.map(readReservation) : [];
  const known = list.flatMap((one) => one ?? []);
  if (known.length === 0 || known.length !== list.length) {
    return malformed('a reservation cannot be read');
  }
  return { kind: 'reserve', atMs: at, slot, validUntilMs: validUntilMs(members), reserved: known };
}

function readReservation(value: unknown): LoggedReservation | undefined {
  if (!isMembers(value)) return undefined;
  const { window, seconds = 0, amount, cap, until } = value;
  const digest = digestOf(value, 'bucket');
  if (window !== 'sliding' && window !== 'fixed' && window !== 'lifetime') return undefined;
  if (digest === undefined || !isTime(seconds) || !isDecimal(amount)) return undefined;
  if (cap !== undefined && !isDecimal(cap)) return undefined;
  if (until !== undefined && !Number.isSafeInteger(until)) return undefined;
  return {
    bucket: `${window} ${seconds} ${digest}`,
    name: typeof value.bucket === 'string' ? value.bucket : undefined,
    window,
    lengthMs: seconds * SECOND_MS,
    amount: BigInt(amount),
    cap: cap === undefined ? undefined : BigInt(cap),
    untilMs: until === undefined ? undefined : Number(until),
  };
}

function readSettle(members: Members): LoggedEvent {
  const slot = digestOf(members, 'slot');
  const { outcome, at } = members;
  if (slot === undefined) return malformed('a settlement names no slot');
  if (outcome === 'impossible') return { kind: 'settle', slot, executedMs: undefined };
  if (outcome === 'executed' && isTime(at)) return { kind: 'settle', slot, executedMs: at };
  return malformed('a settlement says neither executed nor impossible');
}

function validUntilMs({ asked }: Members): number {
  const text = isMembers(asked) ? asked.validUntil : undefined;
  return isDecimal(text) ? Math.min(Number(text) * SECOND_MS, LAST_TIME_MS) : 0;
}

/** Digest of a name that is given in full or as `<member>Sha256`. */
function digestOf(members: Members, member: string): string | undefined {
  const [name, digest] = [members[member], members[`${member}Sha256`]];
  if (typeof name === 'string') return createHash('sha256').update(name).digest('hex');
  return typeof digest === 'string' && DIGEST.test(digest) ? digest : undefined;
}

function parse(entry: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(entry).toString('utf8'));
    return isMembers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function malformed(reason: string): LoggedEvent {
  return { kind: 'malformed', reason };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDecimal(value: unknown): value is string {
  return typeof value === 'string' && DECIMAL.test(value);
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_TIME_MS;
}
