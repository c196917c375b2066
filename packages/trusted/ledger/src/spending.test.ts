/**
 * Buckets, windows and slots, one rule at a time, through a real ledger.
 *
 * @module
 */

import { LIMITS } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  codeOf,
  createTestClock,
  decisionOf,
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
import { type Charge, MAX_AMOUNT } from './charge.ts';
import type { Ledger, PendingDecision } from './ledger.ts';

interface World {
  readonly ledger: Ledger;
  readonly clock: TestClock;
  readonly dataDir: string;
  /** Commits one decision of now; what its first bucket counts, or the kind of the refusal. */
  spend(charges: readonly Charge[], changes?: Partial<PendingDecision>): bigint | string;
}

const world = (): World => {
  const clock = createTestClock();
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir, { clock });
  const spend = (charges: readonly Charge[], changes: Partial<PendingDecision> = {}) =>
    countedBy(commitOne(ledger, spendOf(charges, changes, clock.nowMs())).outcome);
  return { ledger, clock, dataDir, spend };
};

/** The proof from the log alone, and the tables beside it. */
const expectProven = ({ ledger, dataDir }: World) => {
  ledger.close();
  const reader = openTestReader(dataDir);
  expect(reader.checkSpending().fault).toBeUndefined();
  expect(reader.checkLog().fault).toBeUndefined();
  reader.close();
};

describe('a charge', () => {
  it.each<[string, Charge[]]>([
    ['one more than fits', [chargeOf(101n)]],
    ['one more than fits, in two charges to one bucket', [chargeOf(60n), chargeOf(41n)]],
    ['anything where nothing fits', [chargeOf(1n, { max: 0n })]],
    ['the smaller of two caps of one bucket', [chargeOf(1n, { max: 500n }), chargeOf(100n)]],
    [
      'a sum beyond 2^256 − 1 that nobody capped',
      [chargeOf(MAX_AMOUNT, { max: undefined }), chargeOf(1n, { max: undefined })],
    ],
    [
      'a sum beyond 2^256 − 1 under a larger cap',
      [chargeOf(MAX_AMOUNT, { max: 2n ** 300n }), chargeOf(1n, { max: 2n ** 300n })],
    ],
  ])('is refused: %s', (_, charges) => {
    const w = world();
    expect(w.spend(charges)).toBe('exceeded');
    expect(w.spend([chargeOf(0n)])).toBe(0n);
    expectProven(w);
  });

  it.each<[string, Charge[], bigint]>([
    ['exactly what fits', [chargeOf(100n)], 100n],
    ['nothing', [chargeOf(0n, { max: 0n })], 0n],
    ['the same bucket twice', [chargeOf(60n), chargeOf(40n)], 100n],
    ['all there is, uncapped', [chargeOf(MAX_AMOUNT, { max: undefined })], MAX_AMOUNT],
  ])('is reserved: %s', (_, charges, counted) => {
    const w = world();
    expect(w.spend(charges)).toBe(counted);
    expectProven(w);
  });

  it('says which one did not fit, and what its bucket counted without the decision', () => {
    const { ledger } = world();
    commitOne(ledger, spendOf([chargeOf(70n)]));
    const charges = [chargeOf(5n, { bucket: 'other' }), chargeOf(20n), chargeOf(11n)];
    expect(commitOne(ledger, spendOf(charges))).toMatchObject({
      fresh: false,
      outcome: { kind: 'exceeded', charge: 2, counted: 70n },
    });
  });

  it('is reserved with all others of its decision, or none is', () => {
    const w = world();
    expect(w.spend([chargeOf(60n, { bucket: 'a' }), chargeOf(101n, { bucket: 'b' })])).toBe(
      'exceeded',
    );
    expect(w.spend([chargeOf(100n, { bucket: 'a' })])).toBe(100n);
    expectProven(w);
  });

  it('above a cap that was lowered is refused even when it adds nothing', () => {
    const w = world();
    w.spend([chargeOf(80n)]);
    expect(w.spend([chargeOf(0n, { max: 79n })])).toBe('exceeded');
    expect(w.spend([chargeOf(0n, { max: 80n })])).toBe(80n);
  });

  it('that a person approved counts without being asked', () => {
    const w = world();
    expect(w.spend([chargeOf(500n, { max: undefined })])).toBe(500n);
    expect(w.spend([chargeOf(1n)])).toBe('exceeded');
    expectProven(w);
  });

  it('counts in the bucket of its name and its window only', () => {
    const w = world();
    const others: Partial<Charge>[] = [
      {},
      { bucket: 'daily ' },
      { bucket: 'Daily' },
      { window: FIXED_DAY },
      { window: { type: 'sliding', seconds: 86_401 } },
      { window: LIFETIME },
    ];
    for (const other of others) expect(w.spend([chargeOf(100n, other)])).toBe(100n);
    for (const other of others) expect(w.spend([chargeOf(1n, other)])).toBe('exceeded');
    expectProven(w);
  });

  it('is judged after what the items before it in the batch reserved', () => {
    const { ledger } = world();
    const outcomes = ledger
      .commit([60n, 60n, 40n, 1n].map((amount) => spendOf([chargeOf(amount)])))
      .map(({ outcome }) => countedBy(outcome));
    expect(outcomes).toEqual([60n, 'exceeded', 100n, 'exceeded']);
  });

  it('stays reserved after a restart', () => {
    const w = world();
    w.spend([chargeOf(100n)]);
    w.ledger.close();
    const again = openTestLedger(w.dataDir, { clock: w.clock });
    expect(countedBy(commitOne(again, spendOf([chargeOf(1n)])).outcome)).toBe('exceeded');
  });

  it('of more buckets than an entry can name is refused, and up to that many are reserved', () => {
    const w = world();
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => chargeOf(1n, { bucket: `b${at}` }));
    const most = LIMITS.chargesPerDecision;
    expect(commitOne(w.ledger, spendOf(many(most + 1))).outcome).toEqual({
      kind: 'too_many',
      buckets: most + 1,
    });
    expect(w.spend([...many(most), ...many(most)])).toBe(2n);
    expectProven(w);
  });
});

describe('a request nonce', () => {
  it.each<[string, (ledger: Ledger) => PendingDecision]>([
    ['of a decision that did not fit', () => spendOf([chargeOf(101n)])],
    [
      'of one with too many buckets',
      () => spendOf(Array.from({ length: 65 }, (_, at) => chargeOf(1n, { bucket: `b${at}` }))),
    ],
    [
      'of one that is frozen',
      (ledger) => {
        ledger.freeze('all', Buffer.from('freeze'));
        return spendOf([chargeOf(1n)], { scopes: ['all'] });
      },
    ],
  ])('%s is used up', (_, prepare) => {
    const { ledger } = world();
    const decision = prepare(ledger);
    expect(commitOne(ledger, decision).fresh).toBe(false);
    ledger.unfreeze('all', Buffer.from('unfreeze'));
    const again = { ...spendOf([chargeOf(1n)]), nonceKey: decision.nonceKey };
    expect(commitOne(ledger, again).outcome).toEqual({ kind: 'used' });
  });

  it('of a refusal is one of those that are kept, and forgotten when there are too many', () => {
    const clock = createTestClock();
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir, { clock, retainedNonces: 2 });
    const refused = () => spendOf([chargeOf(101n)], { nonceExpiresAtMs: clock.nowMs() });
    ledger.commit([refused(), refused()]);
    clock.advance(HOUR_MS);
    ledger.commit([refused()]);
    const reader = openTestReader(dataDir);
    expect(reader.status().forgottenThroughMs).toBe(NOW_MS);
    expect(reader.checkLog()).toMatchObject({ ok: true, requestNonces: 2 });
    reader.close();
  });

  it('that was used before reserves nothing', () => {
    const w = world();
    const decision = spendOf([chargeOf(60n)]);
    expect(w.ledger.commit([decision, decision]).map(({ fresh }) => fresh)).toEqual([true, false]);
    expect(w.spend([chargeOf(40n)])).toBe(100n);
  });
});

describe('a sliding window', () => {
  it.each<[string, number, bigint | string]>([
    ['while the signature holds', VALID_MS, 'exceeded'],
    ['a window after the decision, while the signature held until then', DAY_MS, 'exceeded'],
    ['at the last millisecond', VALID_MS + DAY_MS, 'exceeded'],
    ['one later', VALID_MS + DAY_MS + 1, 1n],
  ])('counts a reservation %s', (_, afterMs, expected) => {
    const w = world();
    w.spend([chargeOf(100n)]);
    w.clock.advance(afterMs);
    expect(w.spend([chargeOf(1n)])).toBe(expected);
    expectProven(w);
  });

  it('counts from the decision when the signature held no longer even then', () => {
    const w = world();
    w.spend([chargeOf(100n)], { spendableUntilMs: NOW_MS - HOUR_MS });
    w.clock.advance(DAY_MS);
    expect(w.spend([chargeOf(1n)])).toBe('exceeded');
    w.clock.advance(1);
    expect(w.spend([chargeOf(1n)])).toBe(1n);
  });

  it('lets each reservation end at its own time', () => {
    const w = world();
    w.spend([chargeOf(30n)]);
    w.clock.advance(HOUR_MS);
    w.spend([chargeOf(70n)]);
    w.clock.set(NOW_MS + VALID_MS + DAY_MS + 1);
    expect(w.spend([chargeOf(31n)])).toBe('exceeded');
    expect(w.spend([chargeOf(30n)])).toBe(100n);
    expectProven(w);
  });

  it('is exact whatever number of reservations ends at once', () => {
    const w = world();
    const many = Array.from({ length: 700 }, () => spendOf([chargeOf(1n, { max: 1_000n })]));
    w.ledger.commit(many);
    w.clock.advance(VALID_MS + DAY_MS + 1);
    expect(w.spend([chargeOf(100n)])).toBe(100n);
    expectProven(w);
  });

  it('is cleared of what has ended by commits that do not ask it, a bounded number at a time', () => {
    const w = world();
    const many = Array.from({ length: 600 }, () => spendOf([chargeOf(1n, { max: 1_000n })]));
    w.ledger.commit(many);
    w.clock.advance(VALID_MS + DAY_MS + 1);
    const kept = () => {
      const reader = openTestReader(w.dataDir);
      const { reservations } = reader.checkLog();
      reader.close();
      return reservations;
    };
    const counts = [0, 1, 2, 3, 4].map(() => {
      w.ledger.commit([decisionOf(`${kept()} at ${w.ledger.size()}`)]);
      return kept();
    });
    expect(counts[0]).toBeGreaterThanOrEqual(600 - 256);
    expect(counts.at(-1)).toBe(0);
    expect(w.spend([chargeOf(100n)])).toBe(100n);
    expectProven(w);
  });

  it('with a signature that never ends counts for good', () => {
    const w = world();
    w.spend([chargeOf(100n)], { spendableUntilMs: 8_640_000_000_000_000 });
    w.clock.advance(1_000 * DAY_MS);
    expect(w.spend([chargeOf(1n)])).toBe('exceeded');
    expectProven(w);
  });
});

describe('a fixed window', () => {
  const fixed = (amount: bigint) => chargeOf(amount, { window: FIXED_DAY });

  it.each<[string, number, bigint | string]>([
    ['at its begin', 0, 'exceeded'],
    ['at anchor + window', DAY_MS, 'exceeded'],
    ['one millisecond later: it starts anew', DAY_MS + 1, 1n],
  ])('%s', (_, afterMs, expected) => {
    const w = world();
    w.spend([fixed(100n)]);
    w.clock.advance(afterMs);
    expect(w.spend([fixed(1n)])).toBe(expected);
    expectProven(w);
  });

  it('is anchored by the first spend, not by later ones, and takes twice its cap around its end', () => {
    const w = world();
    w.spend([fixed(1n)]);
    w.clock.advance(DAY_MS);
    expect(w.spend([fixed(99n)])).toBe(100n);
    w.clock.advance(1);
    expect(w.spend([fixed(100n)])).toBe(100n);
    w.clock.advance(DAY_MS);
    expect(w.spend([fixed(1n)])).toBe('exceeded');
    expectProven(w);
  });

  it('is anchored by a spend of nothing, as on the chain', () => {
    const w = world();
    w.spend([fixed(0n)]);
    w.clock.advance(DAY_MS);
    w.spend([fixed(100n)]);
    w.clock.advance(1);
    expect(w.spend([fixed(100n)])).toBe(100n);
    expectProven(w);
  });

  it('is not anchored by a spend that does not fit', () => {
    const w = world();
    expect(w.spend([fixed(101n)])).toBe('exceeded');
    w.clock.advance(HOUR_MS);
    w.spend([fixed(1n)]);
    w.clock.advance(DAY_MS);
    expect(w.spend([fixed(100n)])).toBe('exceeded');
  });

  it('of no length starts anew every millisecond', () => {
    const w = world();
    const now = (amount: bigint) => chargeOf(amount, { window: { type: 'fixed', seconds: 0 } });
    w.spend([now(100n)]);
    expect(w.spend([now(1n)])).toBe('exceeded');
    w.clock.advance(1);
    expect(w.spend([now(100n)])).toBe(100n);
    expectProven(w);
  });

  it('charges a slot anew that was charged in the window before', () => {
    const w = world();
    const slot = 'account nonce 7';
    w.spend([fixed(60n)], { slot });
    expect(w.spend([fixed(60n)], { slot })).toBe(60n);
    w.clock.advance(DAY_MS + 1);
    expect(w.spend([fixed(50n)])).toBe(50n);
    expect(w.spend([fixed(60n)], { slot })).toBe('exceeded');
    expect(w.spend([fixed(50n)], { slot })).toBe(100n);
    expectProven(w);
  });
});

describe('a lifetime', () => {
  it('never ends', () => {
    const w = world();
    w.spend([chargeOf(100n, { window: LIFETIME })]);
    w.clock.advance(100_000 * DAY_MS);
    expect(w.spend([chargeOf(1n, { window: LIFETIME })])).toBe('exceeded');
    expectProven(w);
  });
});

describe('a slot', () => {
  const slot = 'chain/account/7/account';

  it.each([SLIDING_DAY, FIXED_DAY, LIFETIME])('reserves the larger of two in %j', (window) => {
    const w = world();
    const spend = (amount: bigint) => w.spend([chargeOf(amount, { window })], { slot });
    expect(spend(60n)).toBe(60n);
    expect(spend(60n)).toBe(60n);
    expect(spend(10n)).toBe(60n);
    expect(spend(90n)).toBe(90n);
    expect(spend(101n)).toBe('exceeded');
    expect(w.spend([chargeOf(10n, { window })], { slot: 'another' })).toBe(100n);
    expect(spend(90n)).toBe(100n);
    expect(spend(91n)).toBe('exceeded');
    expectProven(w);
  });

  it('is one per bucket', () => {
    const w = world();
    w.spend([chargeOf(100n, { bucket: 'a' })], { slot });
    expect(w.spend([chargeOf(100n, { bucket: 'b' })], { slot })).toBe(100n);
    expect(w.spend([chargeOf(1n, { bucket: 'a' })])).toBe('exceeded');
  });

  it('adds up several charges of one payload before it compares payloads', () => {
    const w = world();
    w.spend([chargeOf(30n), chargeOf(30n)], { slot });
    expect(w.spend([chargeOf(50n)], { slot })).toBe(60n);
    expect(w.spend([chargeOf(50n), chargeOf(20n)], { slot })).toBe(70n);
  });

  it('signed again counts until the later of both ends', () => {
    const w = world();
    w.spend([chargeOf(100n)], { slot });
    w.clock.advance(HOUR_MS);
    w.spend([chargeOf(100n)], { slot });
    w.clock.set(NOW_MS + VALID_MS + DAY_MS + 1);
    expect(w.spend([chargeOf(1n)])).toBe('exceeded');
    w.clock.set(NOW_MS + HOUR_MS + VALID_MS + DAY_MS + 1);
    expect(w.spend([chargeOf(1n)])).toBe(1n);
    expectProven(w);
  });

  it('signed again for a shorter time does not end earlier', () => {
    const w = world();
    w.spend([chargeOf(100n)], { slot, spendableUntilMs: NOW_MS + DAY_MS });
    w.spend([chargeOf(50n)], { slot, spendableUntilMs: NOW_MS + 1 });
    w.clock.set(NOW_MS + 2 * DAY_MS);
    expect(w.spend([chargeOf(1n)])).toBe('exceeded');
  });

  it('left out lets each decision count', () => {
    const w = world();
    expect([60n, 40n, 1n].map((amount) => w.spend([chargeOf(amount)]))).toEqual([
      60n,
      100n,
      'exceeded',
    ]);
  });

  it('cannot be mistaken for a decision without one', () => {
    const w = world();
    w.spend([chargeOf(60n)]);
    expect(w.spend([chargeOf(60n)], { slot: 'entry:0' })).toBe('exceeded');
    expect(w.spend([chargeOf(40n)], { slot: '0' })).toBe(100n);
  });
});

describe('what callers hand in', () => {
  it.each<[string, Partial<PendingDecision>]>([
    ['an empty scope', { scopes: [''] }],
    ['a scope that is too long', { scopes: ['x'.repeat(513)] }],
    ['an empty slot', { slot: '' }],
    ['half a character in a slot', { slot: '\ud800' }],
    ['an empty bucket', { charges: [chargeOf(1n, { bucket: '' })] }],
    ['a bucket that is too long', { charges: [chargeOf(1n, { bucket: 'x'.repeat(1_025) })] }],
    ['half a character in a bucket', { charges: [chargeOf(1n, { bucket: 'a\udc00' })] }],
    ['a negative amount', { charges: [chargeOf(-1n)] }],
    ['an amount of 257 bits', { charges: [chargeOf(2n ** 256n)] }],
    ['a number for an amount', { charges: [chargeOf(1 as unknown as bigint)] }],
    ['a negative cap', { charges: [chargeOf(1n, { max: -1n })] }],
    ['half a second', { charges: [chargeOf(1n, { window: { type: 'fixed', seconds: 0.5 } })] }],
    ['a negative window', { charges: [chargeOf(1n, { window: { type: 'fixed', seconds: -1 } })] }],
    [
      'a window of millennia',
      {
        charges: [chargeOf(1n, { window: { type: 'sliding', seconds: 10_000_000_001 } })],
      },
    ],
    [
      'a window of another type',
      {
        charges: [chargeOf(1n, { window: { type: 'tumbling' as 'fixed', seconds: 1 } })],
      },
    ],
    ['an end that is no time', { spendableUntilMs: Number.NaN }],
    ['an entry that is no bytes', { entryOf: () => 'x' as unknown as Uint8Array }],
  ])('must not be %s, and then nothing of the batch is written', (_, change) => {
    const { ledger } = world();
    const batch = [spendOf([chargeOf(1n)]), { ...spendOf([chargeOf(1n)]), ...change }];
    expect(codeOf(() => ledger.commit(batch))).toBe('ERR_INTERNAL');
    expect(ledger.size()).toBe(0);
    expect(commitOne(ledger, spendOf([chargeOf(100n)])).fresh).toBe(true);
  });

  it('must say how long the signature holds when there are charges', () => {
    const { ledger } = world();
    const { spendableUntilMs: _, ...decision } = spendOf([chargeOf(1n)]);
    expect(codeOf(() => ledger.commit([decision]))).toBe('ERR_INTERNAL');
    expect(ledger.commit([decisionOf('without charges')])[0]?.outcome).toEqual({
      kind: 'fresh',
      atMs: NOW_MS,
      reserved: [],
    });
  });

  it('and throws while its entry is made takes the whole batch back', () => {
    const w = world();
    const entryOf = () => {
      throw new TypeError('a mistake');
    };
    const batch = [spendOf([chargeOf(60n)]), { ...spendOf([chargeOf(40n)]), entryOf }];
    expect(codeOf(() => w.ledger.commit(batch))).toBe('ERR_INTERNAL');
    expect(w.spend([chargeOf(100n)])).toBe(100n);
  });
});
