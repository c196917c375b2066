import { type BoundaryError, FIELD_PRIME } from '@countersign/protocol';
import { poseidonHashMany } from '@scure/starknet';
import { describe, expect, it } from 'vitest';
import { HASH_VECTORS } from '../hash-self-test.ts';
import { createWasmHashBackend } from './hash-backend.ts';
import { instantiateStark } from './stark-module.ts';

const backend = createWasmHashBackend();
const CAPACITY = instantiateStark().INPUT_FELTS.value;

const EDGES = [
  0n,
  1n,
  FIELD_PRIME - 1n,
  (1n << 251n) - 1n,
  1n << 251n,
  (1n << 192n) - 1n,
  17n << 192n,
  (1n << 64n) - 1n,
  1n << 64n,
];

const felts = (length: number) =>
  Array.from({ length }, (_, i) => FIELD_PRIME - 1n - (FIELD_PRIME / 7_919n) * BigInt(i % 5_000));

describe('hashMany', () => {
  it.each(HASH_VECTORS)('$name', ({ values, hash }) => {
    expect(backend.hashMany(values)).toBe(hash);
  });

  it('every pair of edges, as reference', () => {
    for (const a of EDGES) {
      for (const b of EDGES) {
        expect(backend.hashMany([a, b])).toBe(poseidonHashMany([a, b]));
      }
    }
  });

  it.each([-2, -1, 0, 1, 2])('lists whose padding falls around the input area: %d', (offset) => {
    const values = felts(CAPACITY + offset);
    expect(backend.hashMany(values)).toBe(poseidonHashMany(values));
  });

  it('a list of several areas', () => {
    const values = felts(3 * CAPACITY + 5);
    expect(backend.hashMany(values)).toBe(poseidonHashMany(values));
  });

  it('length matters: trailing zeros and ones are not padding', () => {
    const lists = [[], [0n], [0n, 0n], [1n], [1n, 0n], [0n, 1n], [1n, 1n], [0n, 1n, 0n]];
    const hashes = lists.map((values) => backend.hashMany(values));
    expect(new Set(hashes).size).toBe(lists.length);
  });

  it('leaves the list as it is, frozen or not', () => {
    const values = Object.freeze([1n, 2n, 3n]);
    backend.hashMany(values);
    expect(values).toEqual([1n, 2n, 3n]);
  });
});

describe('refusals', () => {
  const REFUSED: readonly (readonly [string, unknown[]])[] = [
    ['P', [FIELD_PRIME]],
    ['minus one', [-1n]],
    ['2^256, whose low words are zero', [1n << 256n]],
    ['P at the end of a long list', [...felts(600), FIELD_PRIME]],
    ['a number', [1]],
    ['a string', ['0x1']],
    ['a hole', [undefined]],
  ];

  it.each(REFUSED)('%s', (_, values) => {
    expect(() => backend.hashMany(values as bigint[])).toThrowError(
      expect.objectContaining({ code: 'ERR_FELT_OUT_OF_RANGE' }) as BoundaryError,
    );
  });

  it('leaves nothing behind for the next list', () => {
    const expected = backend.hashMany([5n]);
    expect(() => backend.hashMany([1n, 2n, FIELD_PRIME])).toThrow();
    expect(backend.hashMany([5n])).toBe(expected);
  });
});

describe('instances', () => {
  it('have memories of their own', () => {
    const [one, other] = [createWasmHashBackend(), createWasmHashBackend()];
    const expected = [poseidonHashMany([1n]), poseidonHashMany([2n, 3n])];
    expect([one.hashMany([1n]), other.hashMany([2n, 3n])]).toEqual(expected);
    expect([one.hashMany([1n]), other.hashMany([2n, 3n])]).toEqual(expected);
    expect(one.name).toBe('wasm');
  });
});
