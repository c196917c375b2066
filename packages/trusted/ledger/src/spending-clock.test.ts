/**
 * Clocks that step: nothing counts less than it should, and nothing is stuck for good.
 *
 * @module
 */

import { settleEntryBytes } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  NOW_MS,
  newDataDir,
  openTestLedger,
  openTestReader,
  type TestClock,
} from '../test/harness.ts';
import {
  chargeOf,
  commitOne,
  countedBy,
  DAY_MS,
  FIXED_DAY,
  HOUR_MS,
  LIFETIME,
  SLIDING_DAY,
  spendOf,
  VALID_MS,
} from '../test/spending.ts';
import type { SpendWindow } from './charge.ts';
import type { Ledger } from './ledger.ts';

const STEP_MS = 9_000;
const YEARS_MS = 36_500 * DAY_MS;

interface World {
  readonly ledger: Ledger;
  readonly clock: TestClock;
  readonly spend: (amount: bigint, window: SpendWindow, max?: bigint) => bigint | string;
  readonly prove: () => void;
}

const world = (): World => {
  const clock = createTestClock();
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir, { clock, retainedNonces: 1_000 });
  return {
    ledger,
    clock,
    spend: (amount, window, max = 100n) => {
      const decision = spendOf([chargeOf(amount, { window, max })], {}, clock.nowMs());
      return countedBy(commitOne(ledger, decision).outcome);
    },
    prove: () => {
      ledger.close();
      const reader = openTestReader(dataDir);
      expect(reader.checkSpending().fault).toBeUndefined();
      reader.close();
      openTestLedger(dataDir, { clock }).close();
    },
  };
};

describe('a clock that steps back', () => {
  it('within the tolerance frees nothing, and what is reserved then counts from high water', () => {
    const w = world();
    w.spend(60n, SLIDING_DAY);
    w.clock.advance(-STEP_MS);
    expect(w.spend(40n, SLIDING_DAY)).toBe(100n);
    w.clock.set(NOW_MS + DAY_MS);
    expect(w.spend(1n, SLIDING_DAY)).toBe('exceeded');
    w.prove();
  });

  it('does not undo that a window has ended, and does not start it anew', () => {
    const w = world();
    w.spend(100n, FIXED_DAY);
    w.clock.advance(DAY_MS + 1);
    expect(w.spend(60n, FIXED_DAY)).toBe(60n);
    w.clock.advance(-STEP_MS);
    expect(w.spend(40n, FIXED_DAY)).toBe(100n);
    w.clock.advance(STEP_MS + 1);
    expect(w.spend(1n, FIXED_DAY)).toBe('exceeded');
    w.prove();
  });

  it('by a day refuses everything until the time is right again', () => {
    const w = world();
    w.spend(60n, SLIDING_DAY);
    w.clock.advance(-DAY_MS);
    expect(codeOf(() => w.spend(1n, SLIDING_DAY))).toBe('ERR_CLOCK_BEHIND');
    w.clock.advance(DAY_MS);
    expect(w.spend(41n, SLIDING_DAY)).toBe('exceeded');
    expect(w.spend(40n, SLIDING_DAY)).toBe(100n);
    w.prove();
  });
});

describe.each([SLIDING_DAY, FIXED_DAY])('a clock that ran ahead and was reset, in %j', (window) => {
  it('by less than the window has freed nothing', () => {
    const w = world();
    w.spend(60n, window);
    w.clock.advance(HOUR_MS);
    w.ledger.append([bytesOf('ahead')]);
    w.clock.set(NOW_MS + 60_000);
    w.ledger.resetClock(w.clock.nowMs());
    expect(w.spend(41n, window)).toBe('exceeded');
    expect(w.spend(40n, window)).toBe(100n);
    w.prove();
  });

  it('by more: what it freed is not given out again before its true end', () => {
    const w = world();
    w.spend(100n, window);
    w.clock.advance(2 * DAY_MS);
    expect(w.spend(10n, window)).toBe(10n);
    w.clock.set(NOW_MS + 60_000);
    w.ledger.resetClock(w.clock.nowMs());
    expect(w.spend(1n, window)).toBe('exceeded');
    expect(w.spend(0n, window)).toBe('exceeded');
    const trueEndMs = NOW_MS + DAY_MS + (window.type === 'sliding' ? VALID_MS : 0);
    w.clock.set(trueEndMs);
    expect(w.spend(1n, window)).toBe('exceeded');
    w.clock.set(trueEndMs + 1);
    expect(w.spend(1n, window)).not.toBe('exceeded');
    w.prove();
  });

  it('says that the whole cap is taken while nobody knows what is', () => {
    const w = world();
    w.spend(70n, window);
    w.clock.advance(2 * DAY_MS);
    w.spend(10n, window);
    w.clock.set(NOW_MS);
    w.ledger.resetClock(NOW_MS);
    const charges = [chargeOf(1n, { window })];
    expect(commitOne(w.ledger, spendOf(charges)).outcome).toMatchObject({ counted: 100n });
  });

  it('takes what a person approves meanwhile', () => {
    const w = world();
    w.spend(100n, window);
    w.clock.advance(2 * DAY_MS);
    w.spend(10n, window);
    w.clock.set(NOW_MS);
    w.ledger.resetClock(NOW_MS);
    const charges = [chargeOf(5n, { window, max: undefined })];
    expect(commitOne(w.ledger, spendOf(charges)).fresh).toBe(true);
    w.prove();
  });

  it('leaves other buckets alone', () => {
    const w = world();
    const other = { bucket: 'other', window };
    w.spend(100n, window);
    commitOne(w.ledger, spendOf([chargeOf(60n, other)]));
    w.clock.advance(HOUR_MS);
    w.ledger.append([bytesOf('ahead')]);
    w.clock.set(NOW_MS);
    w.ledger.resetClock(NOW_MS);
    expect(countedBy(commitOne(w.ledger, spendOf([chargeOf(40n, other)])).outcome)).toBe(100n);
  });
});

describe('a clock that ran ahead by a century and was reset', () => {
  const reset = (w: World) => {
    w.clock.set(NOW_MS);
    w.ledger.resetClock(NOW_MS);
  };

  it('is not stuck: a fixed window that began there begins at the reset', () => {
    const w = world();
    w.clock.advance(YEARS_MS);
    w.spend(100n, FIXED_DAY);
    reset(w);
    w.clock.set(NOW_MS + DAY_MS);
    expect(w.spend(1n, FIXED_DAY)).toBe('exceeded');
    w.clock.advance(1);
    expect(w.spend(100n, FIXED_DAY)).toBe(100n);
    w.prove();
  });

  it('is not stuck: signatures made there do hold for a century, until the chain settles them', () => {
    const w = world();
    w.clock.advance(YEARS_MS);
    const slot = 'made in the far future';
    const charges = [chargeOf(100n)];
    commitOne(w.ledger, spendOf(charges, { slot }, w.clock.nowMs()));
    reset(w);
    w.clock.set(NOW_MS + 2 * DAY_MS);
    expect(w.spend(1n, SLIDING_DAY)).toBe('exceeded');
    const settlement = { kind: 'executed', atMs: NOW_MS } as const;
    w.ledger.settle(
      slot,
      settlement,
      settleEntryBytes({ timeMs: w.clock.nowMs(), slot, settlement }),
    );
    expect(w.spend(100n, SLIDING_DAY)).toBe(100n);
    w.prove();
  });
});

it('what a clock that was ahead took off without being asked is missed by nobody', () => {
  const w = world();
  w.spend(100n, SLIDING_DAY);
  w.clock.advance(2 * DAY_MS);
  // Each commit looks at one bucket; after a few it has come round.
  for (let at = 0; at < 4; at += 1) {
    commitOne(w.ledger, spendOf([chargeOf(1n, { bucket: 'other' })], {}, w.clock.nowMs()));
  }
  w.clock.set(NOW_MS);
  w.ledger.resetClock(NOW_MS);
  expect(w.spend(1n, SLIDING_DAY)).toBe('exceeded');
  w.prove();
});

it('a lifetime does not know what time it is', () => {
  const w = world();
  w.spend(60n, LIFETIME);
  w.clock.advance(YEARS_MS);
  w.ledger.append([bytesOf('ahead')]);
  w.clock.set(NOW_MS);
  w.ledger.resetClock(NOW_MS);
  expect(w.spend(41n, LIFETIME)).toBe('exceeded');
  expect(w.spend(40n, LIFETIME)).toBe(100n);
  w.prove();
});
