/**
 * What callers hand in to be written, checked before anything is.
 *
 * @module
 */

import { BoundaryError, LIMITS } from '@countersign/protocol';
import { type Charge, MAX_AMOUNT, type Settlement, type SpendWindow } from './charge.ts';
import { isTime } from './clock-rule.ts';
import type { NewIntent } from './intents.ts';
import type { IntentAnswer, PendingDecision } from './ledger.ts';

/** Longest nonce key, characters; the longest client id and request nonce give well below it. */
export const NONCE_KEY_CHARS = 4_096;
/** Longest scope and longest slot, characters. */
const NAME_CHARS = 512;
/** Longest id of an intent, characters. */
const INTENT_ID_CHARS = 64;
/** Longest name of a bucket, characters. */
const BUCKET_CHARS = 1_024;
/** Longest document of an intent, characters: more than the longest request decoded. */
const DOCUMENT_CHARS = 262_144;
/** Longest window, seconds: about 317 years, so that no end leaves the range of exact numbers. */
const WINDOW_SECONDS = 10_000_000_000;

/** @throws BoundaryError ERR_INTERNAL when a part of the decision breaks its contract. */
export function requireDecision(decision: PendingDecision): void {
  const { nonceKey, nonceExpiresAtMs, slot, charges, spendableUntilMs } = decision;
  requireText('nonceKey', nonceKey, NONCE_KEY_CHARS);
  if (!isTime(nonceExpiresAtMs)) throw broken('nonceExpiresAtMs', 'expected milliseconds');
  for (const scope of decision.scopes) requireName('scopes', scope);
  if (slot !== undefined) requireName('slot', slot);
  for (const charge of charges) requireCharge(charge);
  const isNeeded = charges.length > 0 || spendableUntilMs !== undefined;
  if (isNeeded && !isTime(spendableUntilMs ?? Number.NaN)) {
    throw broken('spendableUntilMs', 'expected milliseconds');
  }
}

/** @throws BoundaryError ERR_INTERNAL when a part of the intent breaks its contract. */
export function requireIntent(intent: NewIntent): NewIntent {
  requireText('intent.id', intent.id, INTENT_ID_CHARS);
  requireText('intent.document', intent.document, DOCUMENT_CHARS);
  requireText('intent.owner', intent.owner, NAME_CHARS);
  if (!/^[0-9a-f]{64}$/.test(intent.digest)) throw broken('intent.digest', 'expected lower hex');
  if (!isTime(intent.expiresAtMs)) throw broken('intent.expiresAtMs', 'expected milliseconds');
  return intent;
}

/** @throws BoundaryError ERR_INTERNAL when a part of the answer breaks its contract. */
export function requireAnswer(answer: IntentAnswer): void {
  requireText('answer.intentId', answer.intentId, INTENT_ID_CHARS);
  requireText('answer.approver', answer.approver, NAME_CHARS);
  requireText('answer.evidence', answer.evidence, LIMITS.logEntryBytes);
  if (answer.unfreezes === undefined) return;
  requireName('scope', answer.unfreezes.scope);
  requireEntry(answer.unfreezes.entry);
}

/** @throws BoundaryError ERR_INTERNAL unless `entry` is bytes a C2SP entry bundle can hold. */
export function requireEntry(entry: Uint8Array): void {
  if (entry instanceof Uint8Array && entry.length <= LIMITS.logEntryBytes) return;
  throw broken('entry', `expected at most ${LIMITS.logEntryBytes} bytes`);
}

/** @throws BoundaryError ERR_INTERNAL unless `name` can be a scope or a slot. */
export function requireName(field: 'scope' | 'scopes' | 'slot', name: string): void {
  requireText(field, name, NAME_CHARS);
}

/** @throws BoundaryError ERR_INTERNAL when it says neither of the two things it can. */
export function requireSettlement(settlement: Settlement): void {
  const { kind } = settlement;
  if (kind === 'impossible' || (kind === 'executed' && isTime(settlement.atMs))) return;
  throw broken('settlement', 'expected impossible, or executed with milliseconds');
}

function requireCharge({ bucket, window, amount, max }: Charge): void {
  requireText('charges.bucket', bucket, BUCKET_CHARS);
  if (!isWindow(window)) throw broken('charges.window', 'expected sliding, fixed or lifetime');
  if (!isAmount(amount) || amount > MAX_AMOUNT) throw broken('charges.amount', 'expected a u256');
  if (max !== undefined && !isAmount(max)) throw broken('charges.max', 'expected no negative');
}

function isWindow(window: SpendWindow): boolean {
  if (window.type === 'lifetime') return true;
  const { type, seconds } = window;
  const isLength = Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= WINDOW_SECONDS;
  return (type === 'sliding' || type === 'fixed') && isLength;
}

function isAmount(amount: bigint): boolean {
  return typeof amount === 'bigint' && amount >= 0n;
}

function requireText(field: string, text: string, most: number): void {
  if (typeof text !== 'string' || text === '' || text.length > most) {
    throw broken(field, `expected 1-${most} characters`);
  }
  // SQLite stores UTF-8: two texts that differ in lone surrogates only would become one.
  if (!text.isWellFormed()) throw broken(field, 'expected well-formed text');
}

function broken(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_INTERNAL', { details: { area: 'ledger', field, expected } });
}
