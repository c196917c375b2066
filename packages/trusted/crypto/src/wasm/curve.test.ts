/** Points in the module: every case of an addition, whole tables, sums of two products. */

import { CURVE_ORDER, FIELD_PRIME } from '@countersign/protocol';
import { Point } from '@scure/starknet';
import { describe, expect, it } from 'vitest';
import { fromMontgomery, modN, StarkBench } from './fixtures/raw-stark.ts';

type StarkPoint = typeof Point.BASE;

const BITS = 6;
const TABLE_PAGES = 16;
const bench = new StarkBench(1 + TABLE_PAGES);
const { stark } = bench;

const PLACE = bench.place(0);
const OTHER_PLACE = bench.place(1);
const EXPECTED_X = stark.EXPECTED_X.value;
const TABLE_A = bench.place(8);
const TABLE_B = TABLE_A + Math.ceil(stark.tableBytes(BITS) / 64) * 64;

const G = Point.BASE;
const times = (scalar: bigint): StarkPoint =>
  modN(scalar) === 0n ? Point.ZERO : G.multiplyUnsafe(modN(scalar));

/** Accumulator = scalar·G, in a form whose Z is not 1 when `mixed`. */
function load(scalar: bigint, mixed = true): void {
  stark.setInfinity();
  if (modN(scalar) === 0n) return;
  if (!mixed) {
    add(scalar);
    return;
  }
  add(scalar - 12_345n);
  add(12_345n);
}

function add(scalar: bigint, opposite = 0): void {
  bench.putPoint(PLACE, times(scalar).toAffine());
  stark.addAffine(PLACE, opposite);
}

/** What the accumulator is, asked by its x. */
function expectAccumulator(scalar: bigint): void {
  const expected = times(scalar);
  const isInfinite = expected.equals(Point.ZERO);
  expect(stark.isInfinity()).toBe(isInfinite ? 1 : 0);
  if (isInfinite) {
    bench.putLanes(EXPECTED_X, 0n);
    expect(stark.hasX(EXPECTED_X)).toBe(0);
    return;
  }
  bench.putLanes(EXPECTED_X, expected.toAffine().x);
  expect(stark.hasX(EXPECTED_X)).toBe(1);
  bench.putLanes(EXPECTED_X, (expected.toAffine().x + 1n) % FIELD_PRIME);
  expect(stark.hasX(EXPECTED_X)).toBe(0);
  expectSign(scalar);
}

/** x alone does not tell a point from its opposite: adding the expected opposite must give infinity. */
function expectSign(scalar: bigint): void {
  bench.putPoint(OTHER_PLACE, times(scalar).toAffine());
  stark.addAffine(OTHER_PLACE, 1);
  expect(stark.isInfinity()).toBe(1);
}

const SCALARS = [1n, 2n, 3n, 5n, CURVE_ORDER - 1n, CURVE_ORDER >> 1n, (1n << 251n) - 1n];

describe('addAffine', () => {
  for (const mixed of [false, true]) {
    const form = mixed ? 'any Z' : 'Z = 1';
    it.each(SCALARS)(`${form}: infinity, other, equal and opposite points, scalar %#`, (scalar) => {
      for (const [start, addend, opposite, sum] of [
        [0n, scalar, 0, scalar],
        [0n, scalar, 1, -scalar],
        [scalar, 77n, 0, scalar + 77n],
        [scalar, 77n, 1, scalar - 77n],
        [scalar, scalar, 0, 2n * scalar],
        [scalar, scalar, 1, 0n],
        [-scalar, scalar, 0, 0n],
        [-scalar, scalar, 1, -2n * scalar],
      ] as const) {
        load(start, mixed);
        add(addend, opposite);
        expectAccumulator(sum);
      }
    });
  }

  it('goes on from infinity after opposite points met', () => {
    load(9n);
    add(9n, 1);
    add(4n);
    expectAccumulator(4n);
  });

  it('a chain of additions that doubles at its second step', () => {
    stark.setInfinity();
    for (let n = 1n; n <= 40n; n += 1n) add(1n);
    expectAccumulator(40n);
  });
});

describe('double', () => {
  it.each(SCALARS)('scalar %#, again and again', (scalar) => {
    load(scalar);
    for (let i = 0; i < 9; i += 1) stark.double();
    expectAccumulator(scalar << 9n);
  });

  it('leaves infinity where it is', () => {
    stark.setInfinity();
    stark.double();
    expectAccumulator(0n);
  });
});

describe('infinity', () => {
  it('has no x, not even that of the point before it', () => {
    bench.putLanes(EXPECTED_X, times(5n).toAffine().x);
    load(5n);
    expect(stark.hasX(EXPECTED_X)).toBe(1);
    stark.setInfinity();
    expect(stark.hasX(EXPECTED_X)).toBe(0);
    stark.setAside();
    expect(stark.sumOrDifferenceHasX(EXPECTED_X)).toBe(0);
  });
});

describe('sumOrDifferenceHasX', () => {
  function answers(aside: bigint, accumulator: bigint, x: bigint): boolean {
    load(aside);
    stark.setAside();
    load(accumulator);
    bench.putLanes(EXPECTED_X, x);
    return stark.sumOrDifferenceHasX(EXPECTED_X) === 1;
  }

  it.each([
    ['two points', 5n, 11n],
    ['the smaller first', 11n, 5n],
    ['large scalars', CURVE_ORDER - 3n, CURVE_ORDER >> 2n],
    ['equal points', 8n, 8n],
    ['opposite points', 8n, -8n],
    ['infinity set aside', 0n, 8n],
    ['infinity at hand', 8n, 0n],
    ['infinity twice', 0n, 0n],
  ])('%s', (_, aside, accumulator) => {
    for (const expected of [times(accumulator + aside), times(accumulator - aside)]) {
      if (expected.equals(Point.ZERO)) continue;
      expect(answers(aside, accumulator, expected.toAffine().x)).toBe(true);
    }
    expect(answers(aside, accumulator, 0n)).toBe(false);
    expect(answers(aside, accumulator, G.toAffine().x)).toBe(false);
  });
});

describe('tables', () => {
  const scalarB = 0x1234567n ** 8n % CURVE_ORDER;

  function build(table: number, point: StarkPoint): void {
    const { x, y } = point.toAffine();
    bench.putLanes(stark.FIRST.value, x);
    bench.putLanes(stark.SECOND.value, y);
    stark.beginTable(table);
    for (let i = 0; i < stark.windowCount(BITS); i += 1) stark.buildWindow(table, BITS, i);
  }

  function check(u1: bigint, u2: bigint, x: bigint): boolean {
    bench.putLanes(stark.FIRST.value, u1);
    bench.putLanes(stark.SECOND.value, u2);
    bench.putLanes(EXPECTED_X, x);
    return stark.checkSum(TABLE_A, BITS, TABLE_B, BITS) === 1;
  }

  build(TABLE_A, G);
  build(TABLE_B, times(scalarB));

  it('hold d·2^(6i)·base at every place', () => {
    for (const [table, base] of [
      [TABLE_A, G],
      [TABLE_B, times(scalarB)],
    ] as const) {
      const half = 2 ** (BITS - 1);
      const expected: StarkPoint[] = [];
      let windowBase = base;
      for (let i = 0; i < stark.windowCount(BITS); i += 1) {
        let point = windowBase;
        for (let d = 1; d <= half; d += 1) {
          expected.push(point);
          point = point.add(windowBase);
        }
        windowBase = (expected.at(-1) ?? windowBase).double();
      }
      for (const [i, point] of expected.entries()) {
        const { x, y } = point.toAffine();
        const at = table + stark.POINT.value * (1 + i);
        expect(fromMontgomery(bench.getNarrow(at))).toBe(x);
        expect(fromMontgomery(bench.getNarrow(at + 36))).toBe(y);
      }
    }
  });

  it.each([4, 5, 6, 7, 8])('windows of %d bits cover 252 bits within their table', (bits) => {
    expect(stark.windowCount(bits)).toBe(Math.ceil(252 / bits));
    expect(stark.tableBytes(bits)).toBe(72 * (1 + Math.ceil(252 / bits) * 2 ** (bits - 1)));
  });

  const everyDigit = (digit: bigint) =>
    Array.from({ length: 42 }, (_, i) => digit << BigInt(BITS * i)).reduce((a, b) => a + b);
  /** Digits 32 (the largest), 33 (borrows: -31 and a carry), 63 (-1), 0 between, and the ends. */
  const RECODED = [
    0n,
    1n,
    31n,
    32n,
    33n,
    63n,
    64n,
    everyDigit(31n),
    everyDigit(32n) % CURVE_ORDER,
    everyDigit(33n) % CURVE_ORDER,
    everyDigit(63n) >> 2n,
    everyDigit(1n) % (1n << 246n),
    1n << 251n,
    (1n << 251n) - 1n,
    (1n << 251n) + (1n << 195n) - 1n,
    1n << 246n,
    (1n << 252n) >> 6n,
    CURVE_ORDER - 1n,
    CURVE_ORDER - 2n,
    CURVE_ORDER >> 1n,
    (CURVE_ORDER + 1n) >> 1n,
  ].filter((scalar) => scalar < CURVE_ORDER);

  it('products of scalars whose digits are zero, largest, negative, carried', () => {
    for (const scalar of RECODED) {
      const [a, b] = [times(scalar), times(scalar * scalarB)];
      if (scalar === 0n) continue;
      expect(check(scalar, 0n, a.toAffine().x)).toBe(true);
      expect(check(0n, scalar, b.toAffine().x)).toBe(true);
      expect(check(scalar, scalar, a.add(b).toAffine().x)).toBe(true);
      expect(check(scalar, scalar, a.subtract(b).toAffine().x)).toBe(true);
      expect(check(scalar, scalar, a.toAffine().x)).toBe(false);
    }
    expect(check(0n, 0n, 0n)).toBe(false);
  });

  it('sums of equal and of opposite products', () => {
    for (const scalar of RECODED) {
      const same = modN(scalar * scalarB);
      const double = times(2n * same);
      if (double.equals(Point.ZERO)) continue;
      expect(check(same, scalar, double.toAffine().x)).toBe(true);
      expect(check(modN(-same), scalar, double.toAffine().x)).toBe(true);
      expect(check(same, scalar, 0n)).toBe(false);
    }
  });

  it('with the generator as both bases', () => {
    build(TABLE_B, G);
    expect(check(5n, 5n, times(10n).toAffine().x)).toBe(true);
    expect(check(5n, 5n, 0n)).toBe(false);
    expect(check(7n, 5n, times(2n).toAffine().x)).toBe(true);
    build(TABLE_B, G.negate());
    expect(check(7n, 5n, times(12n).toAffine().x)).toBe(true);
    expect(check(CURVE_ORDER - 5n, 5n, times(10n).toAffine().x)).toBe(true);
  });
});
