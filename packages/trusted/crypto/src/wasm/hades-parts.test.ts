/** The two pieces of the permutation with lanes that are carried late, at the ends of their ranges. */

import { FIELD_PRIME } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  inverseModP,
  LIMBS,
  limbsOf,
  modP,
  numberOf,
  StarkBench,
  toMontgomery,
} from './fixtures/raw-stark.ts';

const bench = new StarkBench();
const { stark } = bench;
const P = FIELD_PRIME;
const LIMB_END = 1n << 29n;
const NARROW_BYTES = 36;

const H = bench.place(0);
const G = bench.place(1);
const X = bench.place(2);
const STATE = bench.place(4);
const KEYS = bench.place(8);

/** 2^-522: a cube of Montgomery numbers, made by two products, carries this factor. */
const INVERSE_RADIX_SQUARED = inverseModP(modP(1n << 522n));

/** Largest lane of h and g by the invariant of `partialRounds`: 2^29 + 2^25.5, rounded down. */
const LANE_MAX = LIMB_END + 47_453_132n;
const LANE_MIN = -47_453_132n;

const lane = fc.oneof(
  fc.constantFrom(LANE_MAX, LANE_MIN, 0n, LIMB_END - 1n),
  fc.bigInt({ min: LANE_MIN, max: LANE_MAX }),
);
const carriedLane = fc.oneof(
  fc.constantFrom(LIMB_END + 15n, -16n, 0n),
  fc.bigInt({ min: -16n, max: LIMB_END + 15n }),
);
const low = (one: fc.Arbitrary<bigint>) =>
  fc.array(one, { minLength: LIMBS - 1, maxLength: LIMBS - 1 });
/** The top lane: that of a value in (-1.26P, 0.26P) or of one already folded. */
const top = fc.bigInt({ min: -660_000n, max: (1n << 19n) - 1n });
const element = (one: fc.Arbitrary<bigint>) =>
  fc.tuple(low(one), top).map(([lanes, last]) => [...lanes, last]);
const key = fc.oneof(fc.constantFrom(0n, 1n, P - 1n), fc.bigInt({ min: 0n, max: P - 1n }));

function expectCarried(at: number): void {
  for (const limb of bench.limbs(at).slice(0, -1)) {
    expect(limb >= -16n && limb < LIMB_END + 16n).toBe(true);
  }
}

function expectInvariant(at: number): void {
  for (const limb of bench.limbs(at).slice(0, -1)) {
    expect(limb >= LANE_MIN && limb <= LANE_MAX).toBe(true);
  }
}

describe('partialRounds', () => {
  it('one round from any state within its invariant keeps the invariant and is right', () => {
    fc.assert(
      fc.property(element(lane), element(lane), element(carriedLane), key, (h, g, x, k) => {
        bench.putLimbs(H, h);
        bench.putLimbs(G, g);
        bench.putLimbs(X, x);
        bench.putNarrow(KEYS, k);
        stark.partialRounds(H, G, X, KEYS, KEYS + NARROW_BYTES);
        const z = modP(numberOf(x) ** 3n * INVERSE_RADIX_SQUARED);
        expect(modP(bench.get(H))).toBe(modP(2n * numberOf(h) + 4n * numberOf(g) + z));
        expect(bench.limbs(G)).toEqual(h);
        expect(modP(bench.get(X))).toBe(modP(2n * (numberOf(h) - z) + k));
        expectInvariant(H);
        expectCarried(X);
        const last = bench.limbs(H).at(-1) ?? -1n;
        expect(last >= 0n && last < 1n << 19n).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('does nothing for no keys', () => {
    for (const at of [H, G, X]) bench.put(at, P - 7n);
    stark.partialRounds(H, G, X, KEYS, KEYS);
    for (const at of [H, G, X]) expect(bench.get(at)).toBe(P - 7n);
  });
});

describe('mixKeyed', () => {
  const VALUES = [0n, 1n, P - 1n, (1n << 251n) - 1n, -P, P / 4n].map(limbsOf);

  it('is the linear layer plus the constants, carried', () => {
    const constants = [P - 1n, 0n, toMontgomery(3n)];
    for (const [i, constant] of constants.entries()) {
      bench.putNarrow(KEYS + NARROW_BYTES * i, constant);
    }
    for (const a of VALUES) {
      for (const b of VALUES) {
        for (const c of VALUES) {
          for (const [i, limbs] of [a, b, c].entries()) bench.putLimbs(STATE + 72 * i, limbs);
          stark.mixKeyed(STATE, KEYS);
          const [x, y, z] = [numberOf(a), numberOf(b), numberOf(c)];
          const expected = [3n * x + y + z, x - y + z, x + y - 2n * z];
          for (const [i, value] of expected.entries()) {
            expect(bench.get(STATE + 72 * i)).toBe(value + (constants[i] ?? 0n));
            expectCarried(STATE + 72 * i);
          }
        }
      }
    }
  });
});
