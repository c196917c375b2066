/**
 * Clocks that step, and request nonces that nobody may use twice whatever the clock does.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  errorOf,
  NOW_MS,
  newDataDir,
  openTestLedger,
  provenEntries,
  type TestClock,
  TTL_MS,
  textOf,
} from '../test/harness.ts';
import type { Ledger } from './ledger.ts';

const TOLERANCE_MS = 10_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Commits one decision as a pipeline would that keeps nonces for a fixed time. */
const use = (ledger: Ledger, clock: TestClock, id: string): boolean | undefined =>
  ledger.commit([decisionOf(id, clock.nowMs() + TTL_MS)])[0]?.fresh;

describe('a clock that goes back', () => {
  it.each([0, 1, 5_000, TOLERANCE_MS])('is tolerated for %d ms, and high water stays', (backMs) => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    use(ledger, clock, 'a');
    clock.set(NOW_MS - backMs);
    expect(use(ledger, clock, 'b')).toBe(true);
    ledger.append([bytesOf('note')]);
    expect(ledger.status().highWaterMs).toBe(NOW_MS);
  });

  it.each([TOLERANCE_MS + 1, HOUR_MS, DAY_MS])('by %d ms writes nothing', (backMs) => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    use(ledger, clock, 'a');
    clock.set(NOW_MS - backMs);
    const error = errorOf(() => use(ledger, clock, 'b'));
    expect(error.code).toBe('ERR_CLOCK_BEHIND');
    expect(error.details.behindMs).toBe(backMs);
    expect(codeOf(() => ledger.append([bytesOf('note')]))).toBe('ERR_CLOCK_BEHIND');
    expect(ledger.size()).toBe(1);
    expect(ledger.status()).toMatchObject({ writable: false, lastErrorCode: 'ERR_CLOCK_BEHIND' });
    clock.set(NOW_MS);
    expect(use(ledger, clock, 'b')).toBe(true);
    expect(ledger.status()).toMatchObject({ writable: true, highWaterMs: NOW_MS });
    expect(ledger.status().lastErrorCode).toBeUndefined();
  });

  it('in small steps does not get below high water minus the tolerance', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    use(ledger, clock, 'a');
    for (let step = 1; step <= 2; step += 1) {
      clock.advance(-TOLERANCE_MS / 2);
      ledger.append([bytesOf(`${step}`)]);
    }
    clock.advance(-1);
    expect(codeOf(() => ledger.append([bytesOf('3')]))).toBe('ERR_CLOCK_BEHIND');
  });

  it('is noticed after a restart too', () => {
    const dataDir = newDataDir();
    const clock = createTestClock();
    const first = openTestLedger(dataDir, { clock });
    use(first, clock, 'a');
    first.close();
    clock.advance(-HOUR_MS);
    const second = openTestLedger(dataDir, { clock });
    expect(codeOf(() => use(second, clock, 'a'))).toBe('ERR_CLOCK_BEHIND');
  });

  it('reading goes on', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    use(ledger, clock, 'a');
    clock.advance(-HOUR_MS);
    expect(codeOf(() => use(ledger, clock, 'b'))).toBe('ERR_CLOCK_BEHIND');
    expect(provenEntries(ledger)).toEqual(['allow a']);
  });
});

describe('forgetting nonces', () => {
  const options = { retainedNonces: 0, clockToleranceMs: TOLERANCE_MS };

  it('waits for the expiry and the tolerance', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { ...options, clock });
    const expiresAtMs = NOW_MS + TTL_MS;
    ledger.commit([decisionOf('a', expiresAtMs)]);
    clock.set(expiresAtMs + TOLERANCE_MS);
    use(ledger, clock, 'b');
    expect(use(ledger, clock, 'a')).toBe(false);
  });

  it('never makes the same request fresh again', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { ...options, clock });
    const expiresAtMs = NOW_MS + TTL_MS;
    ledger.commit([decisionOf('a', expiresAtMs)]);
    clock.set(expiresAtMs + TOLERANCE_MS + 1);
    use(ledger, clock, 'b');
    expect(ledger.commit([decisionOf('a', expiresAtMs)])[0]?.fresh).toBe(false);
    expect(ledger.commit([decisionOf('never seen', expiresAtMs)])[0]?.fresh).toBe(false);
  });

  it('lets a nonce be used again in a new request much later', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { ...options, clock });
    use(ledger, clock, 'a');
    clock.advance(TTL_MS + TOLERANCE_MS + 1);
    use(ledger, clock, 'b');
    expect(use(ledger, clock, 'a')).toBe(true);
  });

  it('does not begin before more nonces are kept than asked for', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { ...options, retainedNonces: 3, clock });
    use(ledger, clock, 'a');
    clock.advance(DAY_MS);
    for (const id of ['b', 'c']) use(ledger, clock, id);
    expect(use(ledger, clock, 'a')).toBe(false);
  });

  it('survives a restart: what was forgotten stays forgotten', () => {
    const dataDir = newDataDir();
    const clock = createTestClock();
    const first = openTestLedger(dataDir, { ...options, clock });
    use(first, clock, 'a');
    clock.advance(DAY_MS);
    use(first, clock, 'b');
    first.close();
    const second = openTestLedger(dataDir, { ...options, clock });
    expect(second.commit([decisionOf('a', NOW_MS + TTL_MS)])[0]?.fresh).toBe(false);
  });
});

describe('a clock that jumps ahead and is put back', () => {
  it('is behind until an operator resets it', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    use(ledger, clock, 'a');
    clock.advance(DAY_MS);
    use(ledger, clock, 'b');
    clock.set(NOW_MS + 60_000);
    expect(codeOf(() => use(ledger, clock, 'a'))).toBe('ERR_CLOCK_BEHIND');
    const reset = ledger.resetClock(NOW_MS + 60_000);
    expect(reset).toMatchObject({ index: 2, fromMs: NOW_MS + DAY_MS, toMs: NOW_MS + 60_000 });
    expect(reset.commitsFromMs).toBe(NOW_MS + 60_000);
    expect(use(ledger, clock, 'c')).toBe(true);
  });

  it('keeps every nonce from before, during and after', () => {
    const dataDir = newDataDir();
    const clock = createTestClock();
    const ledger = openTestLedger(dataDir, { clock });
    use(ledger, clock, 'before');
    clock.advance(DAY_MS);
    use(ledger, clock, 'during');
    clock.set(NOW_MS + 1_000);
    ledger.resetClock(NOW_MS + 1_000);
    use(ledger, clock, 'after');
    ledger.close();
    const again = openTestLedger(dataDir, { clock });
    for (const id of ['before', 'during', 'after']) expect(use(again, clock, id)).toBe(false);
    clock.set(NOW_MS + DAY_MS);
    for (const id of ['before', 'during', 'after']) expect(use(again, clock, id)).toBe(false);
  });

  it('refuses the time whose nonces were forgotten meanwhile, and only that', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock, retainedNonces: 0 });
    use(ledger, clock, 'a');
    const forgottenThroughMs = NOW_MS + TTL_MS;
    clock.advance(DAY_MS);
    use(ledger, clock, 'b');
    clock.set(NOW_MS + 1_000);
    const reset = ledger.resetClock(NOW_MS + 1_000);
    expect(reset.commitsFromMs).toBe(forgottenThroughMs + 1);
    for (const nowMs of [NOW_MS + 1_000, forgottenThroughMs]) {
      clock.set(nowMs);
      const error = errorOf(() => use(ledger, clock, 'a'));
      expect(error.code).toBe('ERR_CLOCK_BEHIND');
      expect(error.details.waitMs).toBe(forgottenThroughMs + 1 - nowMs);
      ledger.append([bytesOf('entries without a nonce go on')]);
    }
    clock.set(reset.commitsFromMs);
    expect(use(ledger, clock, 'c')).toBe(true);
  });

  it('is logged, by default in words of the ledger', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    clock.advance(DAY_MS);
    ledger.append([bytesOf('note')]);
    clock.set(NOW_MS);
    ledger.resetClock(NOW_MS);
    expect(JSON.parse(textOf(ledger.entry(1)) ?? '')).toEqual({
      format: 'countersign-entry/v1',
      type: 'clock-reset',
      time: new Date(NOW_MS).toISOString(),
      from: new Date(NOW_MS + DAY_MS).toISOString(),
    });
    ledger.resetClock(NOW_MS, bytesOf('by the operator'));
    expect(provenEntries(ledger)[2]).toBe('by the operator');
  });

  it.each([
    ['a time the clock does not show', NOW_MS - TOLERANCE_MS - 1],
    ['seconds', NOW_MS / 1_000],
    ['no time', Number.NaN],
    ['half a millisecond', NOW_MS + 0.5],
  ])('is not reset to %s', (_, nowMs) => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    ledger.append([bytesOf('note')]);
    expect(codeOf(() => ledger.resetClock(nowMs))).toBe('ERR_CLOCK_BEHIND');
    expect(ledger.status()).toMatchObject({ size: 1, highWaterMs: NOW_MS });
  });
});
