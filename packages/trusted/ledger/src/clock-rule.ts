/**
 * When the clock may be believed. `docs/ledger-format.md` has the argument for the rules.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';

/** Wall clock of the process. */
export interface Clock {
  /** Milliseconds since 1970, a whole number. May step in either direction. */
  nowMs(): number;
}

/** The last moment a Date can show. */
const LAST_TIME_MS = 8_640_000_000_000_000;

/**
 * Reads the clock.
 *
 * @throws BoundaryError ERR_INTERNAL when it does not show a whole number a Date can show.
 */
export function readClock(clock: Clock): number {
  const nowMs = clock.nowMs();
  if (isTime(nowMs)) return nowMs;
  throw new BoundaryError('ERR_INTERNAL', {
    details: { area: 'ledger', reason: 'unusable clock' },
  });
}

/** Answers whether `value` is milliseconds since 1970: whole, not negative, within range of a Date. */
export function isTime(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= LAST_TIME_MS;
}

/**
 * Refuses a clock that shows an earlier time than the log has seen.
 *
 * @throws BoundaryError ERR_CLOCK_BEHIND with `behindMs` when `nowMs` < `highWaterMs` − `toleranceMs`.
 */
export function requireNotBehind(nowMs: number, highWaterMs: number, toleranceMs: number): void {
  const behindMs = highWaterMs - nowMs;
  if (behindMs <= toleranceMs) return;
  throw new BoundaryError('ERR_CLOCK_BEHIND', {
    details: { reason: 'the clock went back', behindMs, toleranceMs },
  });
}

/**
 * Refuses a time that an operator gave and the clock does not show.
 *
 * @throws BoundaryError ERR_CLOCK_BEHIND when the two are further apart than `toleranceMs`.
 */
export function requireAgreement(nowMs: number, givenMs: number, toleranceMs: number): void {
  if (isTime(givenMs) && Math.abs(nowMs - givenMs) <= toleranceMs) return;
  throw new BoundaryError('ERR_CLOCK_BEHIND', {
    details: { reason: 'the clock does not show the time that was given', toleranceMs },
  });
}

/**
 * Refuses a time whose request nonces were forgotten already, which takes a clock that ran ahead,
 * stayed there until nonces were purged, and was put back.
 *
 * @throws BoundaryError ERR_CLOCK_BEHIND with `waitMs`, the time until nonces can be judged again.
 */
export function requireRemembered(nowMs: number, forgottenThroughMs: number): void {
  if (nowMs > forgottenThroughMs) return;
  throw new BoundaryError('ERR_CLOCK_BEHIND', {
    details: {
      reason: 'request nonces of this time were forgotten while the clock was ahead',
      waitMs: forgottenThroughMs - nowMs + 1,
    },
  });
}
