import { CURVE_ORDER } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverseModN, modN, StarkBench } from './fixtures/raw-stark.ts';
import { lanesAt, readLanes } from './lanes.ts';

const bench = new StarkBench();
const { stark } = bench;
const SCALAR = stark.FIRST.value;

function invert(scalar: bigint): bigint {
  bench.putLanes(SCALAR, scalar);
  stark.invertScalar(SCALAR);
  return readLanes(lanesAt(stark.memory.buffer, SCALAR, 1), 0);
}

const POWERS = Array.from({ length: 252 }, (_, i) => 1n << BigInt(i));

describe('invertScalar', () => {
  it.each([1n, 2n, 3n, CURVE_ORDER - 1n, CURVE_ORDER - 2n, (CURVE_ORDER + 1n) / 2n])(
    'edge %#',
    (scalar) => {
      expect(invert(scalar)).toBe(inverseModN(scalar));
    },
  );

  it('powers of two, what is beside them, and what is opposite', () => {
    const scalars = POWERS.flatMap((power) => [power, power - 1n, power + 1n])
      .flatMap((scalar) => [scalar, CURVE_ORDER - scalar])
      .filter((scalar) => scalar > 0n && scalar < CURVE_ORDER);
    for (const scalar of scalars) expect(modN(invert(scalar) * scalar)).toBe(1n);
  });

  it('gives 0 for 0', () => {
    expect(invert(0n)).toBe(0n);
  });

  it('random scalars, and is its own inverse', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }), (scalar) => {
        const inverse = invert(scalar);
        expect(modN(inverse * scalar)).toBe(1n);
        expect(inverse < CURVE_ORDER).toBe(true);
        expect(invert(inverse)).toBe(scalar);
      }),
      { numRuns: 10_000 },
    );
  });
});
