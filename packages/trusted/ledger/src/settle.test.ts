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
  spendOf,
  VALID_MS,
} from '../test/spending.ts';
import type { Charge, Settlement } from './charge.ts';
import type { Ledger } from './ledger.ts';

const SLOT = 'chain/account/7';
const IMPOSSIBLE: Settlement = { kind: 'impossible' };
const executed = (atMs: number): Settlement => ({ kind: 'executed', atMs });

interface World {
  readonly ledger: Ledger;
  readonly clock: TestClock;
  readonly settle: (settlement: Settlement) => boolean;
  readonly counted: (charges: readonly Charge[], slot?: string) => bigint | string;
  readonly prove: () => void;
}

const world = (): World => {
  const clock = createTestClock();
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir, { clock });
  return {
    ledger,
    clock,
    settle: (settlement) => {
      const entry = settleEntryBytes({ timeMs: clock.nowMs(), slot: SLOT, settlement });
      return ledger.settle(SLOT, settlement, entry) !== undefined;
    },
    counted: (charges, slot) => {
      const changes = slot === undefined ? {} : { slot };
      return countedBy(commitOne(ledger, spendOf(charges, changes, clock.nowMs())).outcome);
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

describe('a slot that was executed', () => {
  it.each<[string, number, bigint | string]>([
    ['until a window after the block', DAY_MS + 1_000, 'exceeded'],
    ['and no longer', DAY_MS + 1_001, 1n],
  ])('counts %s', (_, afterMs, expected) => {
    const w = world();
    w.counted([chargeOf(100n)], SLOT);
    expect(w.settle(executed(NOW_MS + 1_000))).toBe(true);
    w.clock.advance(afterMs);
    expect(w.counted([chargeOf(1n)])).toBe(expected);
    w.prove();
  });

  it('never counts longer than before', () => {
    const w = world();
    w.counted([chargeOf(100n)], SLOT);
    expect(w.settle(executed(NOW_MS + VALID_MS + 1))).toBe(false);
    expect(w.settle(executed(NOW_MS + VALID_MS))).toBe(false);
    w.clock.set(NOW_MS + VALID_MS + DAY_MS + 1);
    expect(w.counted([chargeOf(1n)])).toBe(1n);
  });

  it('keeps what it holds in fixed windows and lifetimes', () => {
    const w = world();
    const others = [chargeOf(100n, { window: FIXED_DAY }), chargeOf(100n, { window: LIFETIME })];
    w.counted(others, SLOT);
    expect(w.settle(executed(NOW_MS))).toBe(false);
    w.clock.advance(DAY_MS);
    for (const other of others) expect(w.counted([{ ...other, amount: 1n }])).toBe('exceeded');
  });

  it('counts until the later end when it is signed again', () => {
    const w = world();
    w.counted([chargeOf(100n)], SLOT);
    w.settle(executed(NOW_MS));
    w.clock.advance(HOUR_MS);
    expect(w.counted([chargeOf(100n)], SLOT)).toBe(100n);
    w.clock.set(NOW_MS + HOUR_MS + VALID_MS + DAY_MS);
    expect(w.counted([chargeOf(1n)])).toBe('exceeded');
    w.prove();
  });
});

describe('a slot that never can be', () => {
  it('gives back everything, in every bucket', () => {
    const w = world();
    const charges = [
      chargeOf(100n),
      chargeOf(100n, { window: FIXED_DAY }),
      chargeOf(100n, { window: LIFETIME }),
    ];
    w.counted(charges, SLOT);
    expect(w.settle(IMPOSSIBLE)).toBe(true);
    for (const charge of charges) expect(w.counted([charge])).toBe(100n);
    w.prove();
  });

  it('gives back nothing of others', () => {
    const w = world();
    w.counted([chargeOf(60n)], SLOT);
    w.counted([chargeOf(40n)], 'another');
    w.settle(IMPOSSIBLE);
    expect(w.counted([chargeOf(61n)])).toBe('exceeded');
    expect(w.counted([chargeOf(60n)])).toBe(100n);
    w.prove();
  });

  it('is charged in full when it is signed again nevertheless', () => {
    const w = world();
    w.counted([chargeOf(60n)], SLOT);
    w.settle(IMPOSSIBLE);
    expect(w.counted([chargeOf(60n)])).toBe(60n);
    expect(w.counted([chargeOf(60n)], SLOT)).toBe('exceeded');
    w.prove();
  });

  it('after its window has ended changes nothing that counts', () => {
    const w = world();
    w.counted([chargeOf(60n, { window: FIXED_DAY })], SLOT);
    w.clock.advance(DAY_MS + 1);
    w.settle(IMPOSSIBLE);
    expect(w.counted([chargeOf(100n, { window: FIXED_DAY })])).toBe(100n);
    w.prove();
  });
});

describe('a settlement', () => {
  it('that changes nothing writes nothing', () => {
    const w = world();
    expect([w.settle(IMPOSSIBLE), w.settle(executed(NOW_MS))]).toEqual([false, false]);
    w.counted([chargeOf(1n)], SLOT);
    expect([executed(NOW_MS), executed(NOW_MS), IMPOSSIBLE, IMPOSSIBLE].map(w.settle)).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(w.ledger.size()).toBe(3);
  });

  it('waits for a clock that is behind', () => {
    const w = world();
    w.counted([chargeOf(1n)], SLOT);
    w.clock.advance(-HOUR_MS);
    const settle = () => w.ledger.settle(SLOT, IMPOSSIBLE, bytesOf('x'));
    expect(codeOf(settle)).toBe('ERR_CLOCK_BEHIND');
  });

  it.each<[string, string, Settlement]>([
    ['an empty slot', '', IMPOSSIBLE],
    ['a slot that is too long', 'x'.repeat(513), IMPOSSIBLE],
    ['no time', SLOT, executed(Number.NaN)],
    ['a time before 1970', SLOT, executed(-1)],
    ['another word', SLOT, { kind: 'maybe' as 'impossible' }],
  ])('must not have %s', (_, slot, settlement) => {
    const w = world();
    w.counted([chargeOf(100n)], SLOT);
    expect(codeOf(() => w.ledger.settle(slot, settlement, bytesOf('x')))).toBe('ERR_INTERNAL');
    expect(w.counted([chargeOf(1n)])).toBe('exceeded');
  });
});
