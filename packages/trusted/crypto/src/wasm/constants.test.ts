/** Every constant of the module, computed again from where it comes from. */

import { createHash } from 'node:crypto';
import { CURVE_ORDER, FIELD_PRIME } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { fromMontgomery, modP, RADIX, StarkBench, toMontgomery } from './fixtures/raw-stark.ts';

const bench = new StarkBench();
const { stark } = bench;
const P = FIELD_PRIME;
const NARROW_BYTES = 36;

type State = readonly [bigint, bigint, bigint];

const FULL_BEFORE = 4;
const PARTIAL = 83;
const ROUNDS = 91;

/** StarkWare's parameters: sha256 of `Hades` and the running index, mod P. */
const published = Array.from({ length: ROUNDS }, (_, round) =>
  [0, 1, 2].map((lane) => {
    const digest = createHash('sha256')
      .update(`Hades${3 * round + lane}`)
      .digest('hex');
    return modP(BigInt(`0x${digest}`));
  }),
) as unknown as readonly State[];

const mix = ([a, b, c]: State): State => [
  modP(3n * a + b + c),
  modP(a - b + c),
  modP(a + b - 2n * c),
];
const add = ([a, b, c]: State, [x, y, z]: State): State => [modP(a + x), modP(b + y), modP(c + z)];
const cube = (x: bigint) => modP(x ** 3n);
const isFull = (round: number) => round < FULL_BEFORE || round >= FULL_BEFORE + PARTIAL;

/** Hades as published: all three constants before each S-box layer. */
function hades(state: State, constants: readonly State[]): State {
  return constants.reduce((before, row, round) => {
    const [a, b, c] = add(before, row);
    return mix(isFull(round) ? [cube(a), cube(b), cube(c)] : [a, b, cube(c)]);
  }, state);
}

/** The constants as the module reads them, out of Montgomery form, put back into 91 rows. */
function embedded(): readonly State[] {
  const key = (index: number) => {
    return fromMontgomery(bench.getNarrow(stark.KEYS.value + NARROW_BYTES * index));
  };
  const row = (index: number): State => [key(index), key(index + 1), key(index + 2)];
  const opening = [0, 3, 6, 9, 12].map(row);
  const partial = Array.from({ length: PARTIAL - 1 }, (_, i): State => [0n, 0n, key(15 + i)]);
  const afterPartial = 15 + PARTIAL - 1;
  expect(key(afterPartial)).toBe(0n);
  const closing = [0, 1, 2, 3].map((i) => row(afterPartial + 1 + 3 * i));
  expect(row(afterPartial + 13)).toEqual([0n, 0n, 0n]);
  return [...opening, ...partial, ...closing];
}

describe('round constants', () => {
  it('are the published ones until the first partial round', () => {
    expect(embedded().slice(0, FULL_BEFORE)).toEqual(published.slice(0, FULL_BEFORE));
  });

  it('are the published ones from the second closing round on', () => {
    const from = FULL_BEFORE + PARTIAL + 1;
    expect(embedded().slice(from)).toEqual(published.slice(from));
  });

  it('in partial rounds are the published ones with lanes 0 and 1 moved on', () => {
    let moved: State = [0n, 0n, 0n];
    const expected = published.slice(FULL_BEFORE, FULL_BEFORE + PARTIAL).map((row): State => {
      const [k0, k1, k2] = add(row, moved);
      moved = mix([k0, k1, 0n]);
      return [0n, 0n, k2];
    });
    const [firstClosing] = published.slice(FULL_BEFORE + PARTIAL);
    if (firstClosing === undefined) throw new Error('the published rows are too few');
    expect(embedded().slice(FULL_BEFORE, FULL_BEFORE + PARTIAL + 1)).toEqual([
      ...expected,
      add(firstClosing, moved),
    ]);
  });

  it('make the same permutation as the published ones', () => {
    const constants = embedded();
    for (const state of [
      [0n, 0n, 0n],
      [1n, 2n, 3n],
      [P - 1n, P - 1n, P - 1n],
    ] satisfies State[]) {
      expect(hades(state, constants)).toEqual(hades(state, published));
    }
  });

  it('lie in [0, P) with limbs of 29 bits', () => {
    for (let index = 0; index < 113; index += 1) {
      const at = stark.KEYS.value + NARROW_BYTES * index;
      expect(bench.getNarrow(at) < P).toBe(true);
      const words = new Uint32Array(stark.memory.buffer, at, 9);
      expect(words.every((word) => word < 2 ** 29)).toBe(true);
    }
  });
});

describe('field constants', () => {
  it.each([
    ['R_SQUARED', modP(RADIX * RADIX)],
    ['PLAIN_ONE', 1n],
    ['HALF', toMontgomery((P + 1n) / 2n)],
    ['QUARTER', toMontgomery(((P + 1n) / 2n) ** 2n)],
  ] as const)('%s', (name, value) => {
    expect(bench.getNarrow(stark[name].value)).toBe(value);
  });

  it.each([
    ['ONE', modP(RADIX)],
    ['PRIME', P],
    ['ORDER', CURVE_ORDER],
  ] as const)('%s', (name, value) => {
    expect(bench.get(stark[name].value)).toBe(value);
  });

  it('both moduli are 2^251 + c with 0 < c <= 17·2^192 + 1, as canonical and addProduct need', () => {
    const limit = 17n * (1n << 192n) + 1n;
    for (const modulus of [P, CURVE_ORDER]) {
      const rest = modulus - (1n << 251n);
      expect(rest > 0n && rest <= limit).toBe(true);
    }
    expect(CURVE_ORDER < (1n << 251n) + (1n << 197n)).toBe(true);
  });

  it('-1/n mod 2^29', () => {
    const product = stark.ORDER_NEGATED_INVERSE.value * CURVE_ORDER;
    expect(BigInt.asUintN(29, product)).toBe((1n << 29n) - 1n);
  });
});
