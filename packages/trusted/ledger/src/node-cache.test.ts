import { describe, expect, it } from 'vitest';
import { completedBy } from './log-store.ts';
import { createNodeCache } from './node-cache.ts';

const hashFor = (level: number, index: number) =>
  new Uint8Array(32).fill((level * 31 + index * 7) % 251);

/** A source that counts what it is asked for. */
const counting = () => {
  const asked: string[] = [];
  return {
    asked,
    node: (level: number, index: number) => {
      asked.push(`${level}/${index}`);
      return hashFor(level, index);
    },
  };
};

describe('the node cache', () => {
  it('asks once', () => {
    const source = counting();
    const cache = createNodeCache(source);
    expect(cache.node(3, 5)).toEqual(hashFor(3, 5));
    expect(cache.node(3, 5)).toEqual(hashFor(3, 5));
    cache.add({ level: 0, index: 9, hash: hashFor(0, 9) });
    expect(cache.node(0, 9)).toEqual(hashFor(0, 9));
    expect(source.asked).toEqual(['3/5']);
  });

  it('does not mix up nodes that one entry completes, or their neighbours', () => {
    const cache = createNodeCache(counting());
    for (let round = 0; round < 2; round += 1) {
      for (let level = 0; level < 12; level += 1) {
        for (let index = 0; index < 40; index += 1) {
          expect(cache.node(level, index)).toEqual(hashFor(level, index));
        }
      }
    }
  });

  it('keeps at most its capacity, and what is asked for longest', () => {
    const source = counting();
    const cache = createNodeCache(source, 8);
    for (let index = 0; index < 100; index += 1) {
      cache.add({ level: 0, index, hash: hashFor(0, index) });
      cache.node(5, 1);
    }
    expect(source.asked).toEqual(['5/1']);
    cache.node(0, 99);
    expect(source.asked.length).toBe(1);
    cache.node(0, 0);
    expect(source.asked).toEqual(['5/1', '0/0']);
  });
});

describe('the entry that completes a node', () => {
  it('is the last leaf below it', () => {
    expect([completedBy(0, 0), completedBy(0, 6), completedBy(1, 0)]).toEqual([0, 6, 1]);
    expect([completedBy(3, 0), completedBy(3, 1), completedBy(40, 2)]).toEqual([
      7,
      15,
      3 * 2 ** 40 - 1,
    ]);
  });
});
