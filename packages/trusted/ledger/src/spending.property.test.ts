/**
 * Any sequence of spends, failures, restarts and clock steps, against a model that adds up lists; and
 * what that must come to, said without a model.
 *
 * @module
 */

import type { StatementSync } from 'node:sqlite';
import { freezeEntryBytes, isBoundaryError, settleEntryBytes } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createTestClock,
  decisionOf,
  ioError,
  NOW_MS,
  newDataDir,
  openInside,
  openTestLedger,
  openTestReader,
  withCommit,
} from '../test/harness.ts';
import { spendingEntry } from '../test/spending.ts';
import {
  EMPTY_MODEL,
  type ModelDecision,
  type ModelState,
  modelDecision,
  modelFreeze,
  modelSettle,
} from '../test/spending-model.ts';
import type { Charge, Settlement, SpendWindow } from './charge.ts';
import type { CommitOutcome, Committed, Ledger, PendingDecision } from './ledger.ts';

const TOLERANCE_MS = 1_000;
const WINDOWS: Readonly<Record<string, SpendWindow>> = {
  sliding: { type: 'sliding', seconds: 3 },
  short: { type: 'sliding', seconds: 1 },
  fixed: { type: 'fixed', seconds: 3 },
  ever: { type: 'lifetime' },
};
const SLIDING_MS = { sliding: 3_000, short: 1_000 };
const CAP = 100n;

const window = (bucket: string): SpendWindow => WINDOWS[bucket] ?? { type: 'lifetime' };

const charge: fc.Arbitrary<Charge> = fc
  .record({
    bucket: fc.constantFrom('sliding', 'sliding', 'short', 'fixed', 'ever'),
    amount: fc.bigInt({ min: 0n, max: 60n }),
  })
  .map(({ bucket, amount }) => ({ bucket, window: window(bucket), amount, max: CAP }));

const approved: fc.Arbitrary<Charge> = charge.map((one) => ({ ...one, max: undefined }));

const item = fc.record({
  nonce: fc.nat(30),
  scopes: fc.subarray(['all', 'client:x']),
  slot: fc.option(fc.constantFrom('s0', 's1', 's2'), { nil: undefined }),
  charges: fc.oneof(
    { weight: 9, arbitrary: fc.array(charge, { maxLength: 3 }) },
    fc.array(approved, { maxLength: 2 }),
  ),
  validMs: fc.integer({ min: -500, max: 2_500 }),
});

type Item = typeof item extends fc.Arbitrary<infer T> ? T : never;

type Step =
  | { readonly kind: 'commit'; readonly items: readonly Item[] }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'fail'; readonly after: boolean }
  | { readonly kind: 'freeze'; readonly scope: string; readonly on: boolean }
  | { readonly kind: 'settle'; readonly slot: string; readonly agoMs: number | undefined }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      items: fc.array(item, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      byMs: fc.oneof(
        fc.integer({ min: -900, max: 2_000 }),
        fc.constantFrom(1_000, 3_000, 3_001, 9_000),
      ),
    }),
  },
  fc.record({ kind: fc.constant('fail' as const), after: fc.boolean() }),
  fc.record({
    kind: fc.constant('freeze' as const),
    scope: fc.constantFrom('all', 'client:x'),
    on: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    slot: fc.constantFrom('s0', 's1', 's2'),
    agoMs: fc.option(fc.nat(2_000), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

const saidBy = (outcome: CommitOutcome): string => {
  if (outcome.kind === 'fresh') {
    return outcome.reserved.map(({ bucket, counted }) => `${bucket}=${counted}`).join();
  }
  return outcome.kind === 'frozen' ? `frozen ${outcome.scope}` : outcome.kind;
};

/** A ledger, its clock, a COMMIT that fails on demand, and the model beside it. */
class Machine {
  readonly #dataDir = newDataDir();
  readonly #clock = createTestClock();
  #model: ModelState = { ...EMPTY_MODEL, highWaterMs: NOW_MS };
  #failNext: 'before' | 'after' | undefined;
  #failed: 'before' | 'after' | undefined;
  #ledger: Ledger;

  constructor() {
    openTestLedger(this.#dataDir, { clock: this.#clock }).close();
    this.#ledger = this.#open();
  }

  run(action: Step): void {
    const nowMs = this.#clock.nowMs();
    switch (action.kind) {
      case 'commit':
        this.#commit(action.items, nowMs);
        break;
      case 'clock':
        this.#clock.advance(action.byMs);
        break;
      case 'fail':
        this.#failNext = action.after ? 'after' : 'before';
        break;
      case 'freeze':
        this.#freeze(action.scope, action.on, nowMs);
        break;
      case 'settle':
        this.#settle(action.slot, action.agoMs, nowMs);
        break;
      case 'restart':
        this.#ledger.close();
        this.#ledger = this.#open();
    }
  }

  finish(): void {
    this.#ledger.close();
    openTestLedger(this.#dataDir, { clock: this.#clock, clockToleranceMs: TOLERANCE_MS }).close();
    const reader = openTestReader(this.#dataDir);
    expect(reader.checkLog().fault).toBeUndefined();
    expect(reader.checkSpending().fault).toBeUndefined();
    expect(reader.size()).toBe(this.#model.entries);
    reader.close();
  }

  #commit(items: readonly Item[], nowMs: number): void {
    let next = this.#model;
    const expected: string[] = [];
    for (const decision of items.map((one) => modelItem(one, nowMs))) {
      const { state, said } = modelDecision(next, decision, nowMs);
      next = state;
      expected.push(said);
    }
    this.#attempt(nowMs, next, () => {
      const batch = items.map((one) => pendingItem(one, nowMs));
      expect(this.#ledger.commit(batch).map(({ outcome }) => saidBy(outcome))).toEqual(expected);
    });
  }

  #freeze(scope: string, isOn: boolean, nowMs: number): void {
    const action = isOn ? 'freeze' : 'unfreeze';
    const entry = freezeEntryBytes({ timeMs: nowMs, action, scope });
    const next = modelFreeze(this.#model, scope, isOn, nowMs);
    this.#attempt(nowMs, next, () => {
      const appended = this.#ledger[action](scope, entry);
      expect(appended === undefined).toBe(next === this.#model);
    });
  }

  #settle(slot: string, agoMs: number | undefined, nowMs: number): void {
    const settlement: Settlement =
      agoMs === undefined ? { kind: 'impossible' } : { kind: 'executed', atMs: nowMs - agoMs };
    const entry = settleEntryBytes({ timeMs: nowMs, slot, settlement });
    const next = modelSettle(this.#model, slot, settlement, SLIDING_MS, nowMs);
    const sizeBefore = this.#ledger.size();
    this.#attempt(nowMs, next, () => {
      // Whether ended reservations are still there to be settled is nobody's business.
      if (this.#ledger.settle(slot, settlement, entry) !== undefined) return;
      this.#failed = 'before';
      expect(this.#ledger.size()).toBeGreaterThanOrEqual(sizeBefore);
    });
  }

  /** The model moves on exactly when the write has reached the disk. */
  #attempt(nowMs: number, next: ModelState, write: () => void): void {
    const isBehind = nowMs < this.#model.highWaterMs - TOLERANCE_MS;
    this.#failed = undefined;
    try {
      write();
      if (this.#failed !== 'before') this.#model = next;
    } catch (error) {
      if (!isBoundaryError(error)) throw error;
      if (error.code === 'ERR_CLOCK_BEHIND') expect(isBehind).toBe(true);
      else expect(error.code).toBe('ERR_STORE_UNAVAILABLE');
      if (this.#failed === 'after') this.#model = next;
    }
  }

  #open(): Ledger {
    return openInside(this.#dataDir, {
      clock: this.#clock,
      clockToleranceMs: TOLERANCE_MS,
      wrap: (db) => withCommit(db, (statement) => this.#runCommit(statement)),
    }).ledger;
  }

  #runCommit(statement: StatementSync): void {
    this.#failed = this.#failNext;
    this.#failNext = undefined;
    if (this.#failed !== 'before') statement.run();
    if (this.#failed !== undefined) throw ioError();
  }
}

function modelItem(one: Item, nowMs: number): ModelDecision {
  const { nonce, scopes, slot, charges, validMs } = one;
  return { nonce: `${nonce}`, scopes, slot, charges, spendableUntilMs: nowMs + validMs };
}

function pendingItem(
  { nonce, scopes, slot, charges, validMs }: Item,
  nowMs: number,
): PendingDecision {
  const spendableUntilMs = nowMs + validMs;
  return decisionOf(`${nonce}`, NOW_MS + 1e12, {
    scopes,
    ...(slot === undefined ? {} : { slot }),
    charges,
    spendableUntilMs,
    entryOf: (outcome) => spendingEntry(outcome, slot, nowMs, spendableUntilMs),
  });
}

describe('a ledger', { timeout: 200_000 }, () => {
  it('reserves exactly what the model does, and its log proves it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const machine = new Machine();
        for (const action of steps) machine.run(action);
        machine.finish();
      }),
      { numRuns: 150 },
    );
  });
});

/** Spends without slots, each with the time that passed before it and the validity of its signature. */
const spends = fc.array(
  fc.record({
    amount: fc.bigInt({ min: 0n, max: 60n }),
    passedMs: fc.oneof(fc.nat(1_500), fc.constantFrom(0, 1, 2_999, 3_000, 3_001)),
    validMs: fc.integer({ min: 0, max: 4_000 }),
    /** When the signature is used, as a share of its life. */
    usedAt: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
);

interface Spent {
  readonly amount: bigint;
  readonly atMs: number;
  readonly lastMs: number;
  readonly usedMs: number;
}

/** What was reserved of the spends, all from one bucket. */
const reservedOf = (
  bucket: string,
  list: typeof spends extends fc.Arbitrary<infer T> ? T : never,
) => {
  const clock = createTestClock();
  const ledger = openTestLedger(newDataDir(), { clock });
  const spent: Spent[] = [];
  const outcomes: boolean[] = [];
  for (const [at, { amount, passedMs, validMs, usedAt }] of list.entries()) {
    clock.advance(passedMs);
    const atMs = clock.nowMs();
    const charges = [{ bucket, window: window(bucket), amount, max: CAP }];
    const spendableUntilMs = atMs + validMs;
    const decision = decisionOf(`${at}`, NOW_MS + 1e12, { charges, spendableUntilMs });
    const [committed] = ledger.commit([decision]) as [Committed];
    outcomes.push(committed.fresh);
    const usedMs = atMs + Math.floor(validMs * usedAt);
    if (committed.fresh) spent.push({ amount, atMs, lastMs: spendableUntilMs, usedMs });
  }
  ledger.close();
  return { spent, outcomes };
};

describe('a sliding window', { timeout: 200_000 }, () => {
  it.each(['atMs', 'lastMs', 'usedMs'] as const)(
    'of any place holds at most the cap, with each spend at its %s',
    (when) => {
      fc.assert(
        fc.property(spends, (list) => {
          const { spent } = reservedOf('sliding', list);
          for (const { [when]: endMs } of spent) {
            const inside = spent.filter((one) => one[when] <= endMs && one[when] >= endMs - 3_000);
            expect(inside.reduce((sum, { amount }) => sum + amount, 0n)).toBeLessThanOrEqual(CAP);
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});

describe('a fixed window', { timeout: 200_000 }, () => {
  it('spends exactly what the session account would', () => {
    fc.assert(
      fc.property(spends, (list) => {
        let [start, spent, nowMs] = [0, 0n, NOW_MS];
        const account = list.map(({ amount, passedMs }) => {
          nowMs += passedMs;
          const isNew = nowMs > start + 3_000;
          const after = (isNew ? 0n : spent) + amount;
          if (after > CAP) return false;
          if (isNew) start = nowMs;
          spent = after;
          return true;
        });
        expect(reservedOf('fixed', list).outcomes).toEqual(account);
      }),
      { numRuns: 60 },
    );
  });
});
