/** The field code that ships, limb by limb, at the ends of what each function says it accepts. */

import { FIELD_PRIME } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromMontgomery,
  inverseModP,
  LIMBS,
  limbsOf,
  modP,
  numberOf,
  OPERAND_LIMIT,
  StarkBench,
  toMontgomery,
} from './fixtures/raw-stark.ts';

const bench = new StarkBench();
const { stark } = bench;
const A = bench.place(0);
const B = bench.place(1);
const C = bench.place(2);
const D = bench.place(3);
const R = bench.place(4);
const K = bench.place(5);

const P = FIELD_PRIME;
const LIMB_END = 1n << 29n;

const VALUES = [
  0n,
  1n,
  2n,
  P - 1n,
  P - 2n,
  P,
  P + 1n,
  (1n << 251n) - 1n,
  1n << 251n,
  17n << 192n,
  (1n << 192n) - 1n,
  (1n << 29n) - 1n,
  2n * P,
];

const all = (limb: bigint) => Array.from({ length: LIMBS }, () => limb);
const alternating = (limb: bigint) =>
  Array.from({ length: LIMBS }, (_, i) => (i % 2 === 0 ? limb : -limb));

/** Limb patterns at the documented maximum of an operand, no carry done, no value bound kept. */
const EXTREMES = [
  all(OPERAND_LIMIT),
  all(-OPERAND_LIMIT),
  alternating(OPERAND_LIMIT),
  alternating(-OPERAND_LIMIT),
  [...all(OPERAND_LIMIT).slice(1), -OPERAND_LIMIT],
  [-OPERAND_LIMIT, ...all(OPERAND_LIMIT).slice(1)],
  all(LIMB_END - 1n),
  all(1n - LIMB_END),
];

const OPERANDS = [...VALUES.map(limbsOf), ...EXTREMES];
const PAIRS = OPERANDS.flatMap((a) => OPERANDS.map((b) => [a, b] as const));

const limb = fc.oneof(
  fc.constantFrom(OPERAND_LIMIT, -OPERAND_LIMIT, LIMB_END, -LIMB_END, LIMB_END - 1n, 0n, 1n, -1n),
  fc.bigInt({ min: -OPERAND_LIMIT, max: OPERAND_LIMIT }),
);
const operand = fc.array(limb, { minLength: LIMBS, maxLength: LIMBS });

function expectTight(at: number): void {
  for (const low of bench.limbs(at).slice(0, -1)) {
    expect(low >= 0n && low < LIMB_END).toBe(true);
  }
}

function expectCarried(at: number): void {
  for (const low of bench.limbs(at).slice(0, -1)) {
    expect(low >= -16n && low < LIMB_END + 16n).toBe(true);
  }
}

/** Both sides without Montgomery's factor: r·2^261 = expected, mod P. */
function expectProduct(at: number, expected: bigint): void {
  expect(modP(bench.get(at))).toBe(fromMontgomery(modP(expected)));
  expectTight(at);
}

describe('products', () => {
  it('mul: every pair of edges and of limbs at their maxima', () => {
    for (const [a, b] of PAIRS) {
      bench.putLimbs(A, a);
      bench.putLimbs(B, b);
      stark.mul(R, A, B);
      expectProduct(R, numberOf(a) * numberOf(b));
    }
  });

  it('sqr: every edge and limbs at their maxima', () => {
    for (const a of OPERANDS) {
      bench.putLimbs(A, a);
      stark.sqr(R, A);
      expectProduct(R, numberOf(a) ** 2n);
    }
  });

  it('mulNarrow: every edge times every narrow value', () => {
    for (const a of OPERANDS) {
      for (const b of [...VALUES, (1n << 261n) - 1n]) {
        bench.putLimbs(A, a);
        bench.putNarrow(B, b);
        stark.mulNarrow(R, A, B);
        expectProduct(R, numberOf(a) * b);
      }
    }
  });

  it('mulSub: products of equal and of opposite sign at their maxima', () => {
    for (const [a, b] of PAIRS) {
      for (const [c, d] of [
        [a, b],
        [b, a],
        [a.map((x) => -x), b],
        [all(OPERAND_LIMIT), all(-OPERAND_LIMIT)],
      ] as const) {
        for (const [at, limbs] of [
          [A, a],
          [B, b],
          [C, c],
          [D, d],
        ] as const) {
          bench.putLimbs(at, limbs);
        }
        stark.mulSub(R, A, B, C, D);
        expectProduct(R, numberOf(a) * numberOf(b) - numberOf(c) * numberOf(d));
      }
    }
  });

  it('random operands of any limbs', () => {
    fc.assert(
      fc.property(operand, operand, operand, operand, (a, b, c, d) => {
        bench.putLimbs(A, a);
        bench.putLimbs(B, b);
        bench.putLimbs(C, c);
        bench.putLimbs(D, d);
        stark.mul(R, A, B);
        expectProduct(R, numberOf(a) * numberOf(b));
        stark.sqr(R, A);
        expectProduct(R, numberOf(a) ** 2n);
        stark.mulSub(R, A, B, C, D);
        expectProduct(R, numberOf(a) * numberOf(b) - numberOf(c) * numberOf(d));
      }),
      { numRuns: 3_000 },
    );
  });

  it('operands within 16P give a result in (-1.26P, 0.26P)', () => {
    const sizes = [-16n * P, -P, -1n, 0n, 1n, P, 16n * P];
    for (const a of sizes) {
      for (const b of sizes) {
        bench.putLimbs(A, limbsOf(a));
        bench.putLimbs(B, limbsOf(b));
        stark.mul(R, A, B);
        expectProduct(R, a * b);
        const result = 100n * bench.get(R);
        expect(result > -126n * P && result < 26n * P).toBe(true);
      }
    }
  });

  it('the limit is needed: limbs of 2^30 overflow a lane', () => {
    const tooLarge = all(1n << 30n);
    bench.putLimbs(A, tooLarge);
    stark.sqr(R, A);
    expect(modP(bench.get(R))).not.toBe(fromMontgomery(modP(numberOf(tooLarge) ** 2n)));
  });

  it('results may take the place of operands', () => {
    const [a, b] = [P - 5n, (1n << 250n) + 3n];
    bench.put(A, a);
    bench.put(B, b);
    stark.mul(A, A, B);
    expectProduct(A, a * b);
    stark.mul(B, B, B);
    expectProduct(B, b * b);
    stark.sqr(B, B);
    expectProduct(B, fromMontgomery(b * b) ** 2n);
    bench.put(A, a);
    stark.mulSub(A, A, A, A, A);
    expectProduct(A, 0n);
  });
});

describe('linear operations', () => {
  const CARRIED = [
    ...VALUES.map(limbsOf),
    all(LIMB_END + 15n),
    all(-16n),
    alternating(LIMB_END + 15n).map((x) => (x < 0n ? -16n : x)),
  ];

  it.each([
    [15n, 0n],
    [-15n, 0n],
    [7n, -8n],
    [-8n, 7n],
    [1n, 1n],
    [0n, 0n],
    [1n, -8n],
  ])('combine with factors %d and %d', (ka, kb) => {
    for (const a of CARRIED) {
      for (const b of CARRIED) {
        bench.putLimbs(A, a);
        bench.putLimbs(B, b);
        stark.combine(R, A, ka, B, kb);
        expect(bench.get(R)).toBe(ka * numberOf(a) + kb * numberOf(b));
        expectCarried(R);
      }
    }
  });

  it('sub, negate, subThree', () => {
    for (const a of CARRIED) {
      for (const b of CARRIED) {
        bench.putLimbs(A, a);
        bench.putLimbs(B, b);
        stark.sub(R, A, B);
        expect(bench.get(R)).toBe(numberOf(a) - numberOf(b));
        stark.negate(R, A);
        expect(bench.get(R)).toBe(-numberOf(a));
        stark.subThree(R, A, B, A);
        expect(bench.get(R)).toBe(-numberOf(a) - numberOf(b));
        expectCarried(R);
        stark.subThree(R, A, A, B);
        expect(bench.get(R)).toBe(-2n * numberOf(b));
        expectCarried(R);
      }
    }
  });

  it('addNarrow, up to limbs of 2^32', () => {
    for (const limbs of [all(1n << 32n), all(-(1n << 32n)), alternating(1n << 32n)]) {
      bench.putLimbs(A, limbs);
      bench.putNarrow(K, P - 1n);
      stark.addNarrow(A, K);
      expect(bench.get(A)).toBe(numberOf(limbs) + P - 1n);
      expectCarried(A);
    }
  });

  it.each([0n, 1n, (1n << 256n) - 1n, P - 1n, 1n << 255n, (1n << 64n) - 1n, 1n << 64n, 1n << 192n])(
    'unpack %#',
    (value) => {
      bench.putLanes(A, value);
      stark.unpack(R, A);
      expect(bench.limbs(R)).toEqual(limbsOf(value));
    },
  );
});

describe('unique form', () => {
  const SPREAD = [-64n, -17n, -2n, -1n, 0n, 1n, 2n, 17n, 63n];
  const NEAR = [0n, 1n, -1n, 1n << 251n, (1n << 251n) - 1n, 17n << 192n, P - (1n << 202n)];

  it('canonical mod P and mod n, 64 moduli either side', () => {
    for (const pointer of [stark.PRIME.value, stark.ORDER.value]) {
      const modulus = bench.get(pointer);
      for (const multiple of SPREAD) {
        for (const near of NEAR) {
          const value = multiple * modulus + near;
          bench.putLimbs(A, limbsOf(value));
          stark.canonical(R, A, pointer);
          expect(bench.get(R)).toBe(((value % modulus) + modulus) % modulus);
          expectTight(R);
        }
      }
    }
  });

  it('canonical carries limbs of any sign', () => {
    for (const limbs of EXTREMES) {
      bench.putLimbs(A, [...limbs.slice(0, -1), 7n]);
      const value = bench.get(A);
      stark.canonical(A, A, stark.PRIME.value);
      expect(bench.get(A)).toBe(modP(value));
    }
  });

  it('isZero for multiples of P and nothing beside them', () => {
    for (const multiple of SPREAD) {
      for (const near of [0n, 1n, -1n, 1n << 200n]) {
        bench.putLimbs(A, limbsOf(multiple * P + near));
        expect(stark.isZero(A)).toBe(near === 0n ? 1 : 0);
      }
    }
  });

  it('isZero sees through lanes that are not carried', () => {
    const limbs = [...limbsOf(3n * P)];
    const spread = limbs.map((x, i) => x + (i < 8 ? LIMB_END : 0n) - (i > 0 ? 1n : 0n));
    bench.putLimbs(A, spread);
    expect(numberOf(spread)).toBe(3n * P);
    expect(stark.isZero(A)).toBe(1);
  });
});

describe('invert', () => {
  it.each([1n, 2n, P - 1n, P - 2n, 1n << 250n, 3n, (1n << 192n) - 1n])('%#', (value) => {
    bench.put(A, toMontgomery(value));
    stark.invert(R, A);
    expect(fromMontgomery(modP(bench.get(R)))).toBe(inverseModP(value));
  });

  it('gives 0 for 0', () => {
    bench.put(A, 0n);
    stark.invert(R, A);
    expect(stark.isZero(R)).toBe(1);
  });
});
