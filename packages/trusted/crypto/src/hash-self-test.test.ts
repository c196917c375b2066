import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { createAllBackends } from './fixtures/backends.ts';
import type { HashBackend } from './hash-backend.ts';
import { findHashFault, HASH_VECTORS, REFUSED_LISTS } from './hash-self-test.ts';
import { createScureHashBackend } from './scure-hash-backend.ts';

const scure = createScureHashBackend();

describe('vectors', () => {
  it.each(HASH_VECTORS)('$name: starknet.js computes the same', ({ values, hash: expected }) => {
    expect(BigInt(hash.computePoseidonHashOnElements([...values]))).toBe(expected);
  });

  it('have odd, even and no values', () => {
    const lengths = HASH_VECTORS.map(({ values }) => values.length);
    expect(lengths).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 34]));
  });
});

describe.each(createAllBackends())('backend $name', (backend) => {
  it('passes', () => {
    expect(findHashFault(backend)).toBeUndefined();
  });

  it.each(HASH_VECTORS)('$name', ({ values, hash: expected }) => {
    expect(backend.hashMany(values)).toBe(expected);
  });

  it.each(REFUSED_LISTS)('refuses list %# and goes on', (...values) => {
    expect(() => backend.hashMany(values)).toThrow(
      expect.objectContaining({ code: 'ERR_FELT_OUT_OF_RANGE' }),
    );
    expect(findHashFault(backend)).toBeUndefined();
  });

  it('neither changes nor keeps its input', () => {
    const values = [1n, 2n, 3n];
    const first = backend.hashMany(values);
    expect(values).toEqual([1n, 2n, 3n]);
    values[0] = 9n;
    expect(backend.hashMany([1n, 2n, 3n])).toBe(first);
    expect(backend.hashMany(Object.freeze([1n, 2n, 3n]))).toBe(first);
  });
});

describe('findHashFault', () => {
  it.each(HASH_VECTORS)('finds a backend that is wrong only for: $name', ({ name, hash: bad }) => {
    const backend: HashBackend = {
      name: 'wasm',
      hashMany: (values) => {
        const right = scure.hashMany(values);
        return right === bad ? right ^ 1n : right;
      },
    };
    expect(findHashFault(backend)).toBe(`wrong hash: ${name}`);
  });

  it('finds state that is left over from the list before', () => {
    let previous = 0;
    const backend: HashBackend = {
      name: 'wasm',
      hashMany: (values) => {
        const right = scure.hashMany(values);
        const wrong = previous > values.length && values.length > 0;
        previous = values.length;
        return wrong ? right ^ 1n : right;
      },
    };
    expect(findHashFault(backend)).toMatch(/^wrong hash/);
  });

  it('finds a fault that a refused list leaves behind', () => {
    let spoiled = false;
    const backend: HashBackend = {
      name: 'wasm',
      hashMany: (values) => {
        const before = spoiled;
        spoiled = true;
        const right = scure.hashMany(values);
        spoiled = before;
        return spoiled ? right ^ 1n : right;
      },
    };
    expect(findHashFault(backend)).toMatch(/^wrong hash/);
  });

  it.each([0, 1, 2])('finds a backend that hashes number outside the field: list %i', (list) => {
    const accepted = REFUSED_LISTS[list];
    const backend: HashBackend = {
      name: 'wasm',
      hashMany: (values) => (values === accepted ? 5n : scure.hashMany(values)),
    };
    expect(findHashFault(backend)).toBe(`hashed a number outside the field: list ${list}`);
  });

  it('does not throw when the backend does', () => {
    const backend: HashBackend = {
      name: 'wasm',
      hashMany: () => {
        throw new Error('trap');
      },
    };
    expect(findHashFault(backend)).toBe('no hash: empty list');
  });
});
