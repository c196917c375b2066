import { describe, expect, it, vi } from 'vitest';
import { createBoundedCache } from './bounded-cache.ts';

describe('createBoundedCache', () => {
  it('computes a value once', () => {
    const cache = createBoundedCache<string, number>(2);
    const compute = vi.fn((key: string) => key.length);
    expect(cache.getOrCompute('abc', compute)).toBe(3);
    expect(cache.getOrCompute('abc', compute)).toBe(3);
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('keeps `undefined` like any other value', () => {
    const cache = createBoundedCache<string, undefined>(2);
    const compute = vi.fn(() => undefined);
    cache.getOrCompute('a', compute);
    cache.getOrCompute('a', compute);
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('never holds more than its bound', () => {
    const cache = createBoundedCache<number, number>(8);
    for (let i = 0; i < 100; i += 1) {
      cache.getOrCompute(i, (key) => key);
      expect(cache.size).toBeLessThanOrEqual(8);
    }
    expect(cache.size).toBe(8);
  });

  it('forgets the entry that was not used for longest', () => {
    const cache = createBoundedCache<string, string>(2);
    const compute = vi.fn((key: string) => key);
    for (const key of ['a', 'b', 'a', 'c']) cache.getOrCompute(key, compute);
    expect(compute.mock.calls.map(([key]) => key)).toEqual(['a', 'b', 'c']);
    cache.getOrCompute('a', compute);
    expect(compute).toHaveBeenCalledTimes(3);
    cache.getOrCompute('b', compute);
    expect(compute).toHaveBeenCalledTimes(4);
  });

  it('keeps nothing when computing throws', () => {
    const cache = createBoundedCache<string, number>(2);
    const fail = () => {
      throw new Error('no value');
    };
    expect(() => cache.getOrCompute('a', fail)).toThrow('no value');
    expect(cache.size).toBe(0);
    expect(cache.getOrCompute('a', () => 1)).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the bound %s', (bound) => {
    expect(() => createBoundedCache(bound)).toThrow(RangeError);
  });
});
