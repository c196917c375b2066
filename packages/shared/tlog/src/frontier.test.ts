import { describe, expect, it } from 'vitest';
import { leafHashOf, RecursiveTree } from './fixtures/recursive-tree.ts';
import { createMemoryTree } from './fixtures/test-log.ts';
import { toHex } from './fixtures/vectors.ts';
import { appendLeaf, copyFrontier, createFrontier, frontierRoot } from './frontier.ts';
import { EMPTY_ROOT } from './merkle.ts';

const leaves = Array.from({ length: 130 }, (_, at) => leafHashOf(Uint8Array.of(at)));
const model = new RecursiveTree(leaves);
const { reader } = createMemoryTree(leaves);

describe('a growing tree', () => {
  it('has the root of the definition after every leaf', () => {
    const frontier = createFrontier(0, reader);
    expect(frontierRoot(frontier)).toEqual(EMPTY_ROOT);
    for (const [at, leaf] of leaves.entries()) {
      appendLeaf(frontier, leaf);
      expect(toHex(frontierRoot(frontier))).toBe(toHex(model.root(0, at + 1)));
    }
  });

  it('reports each complete subtree once, with its hash', () => {
    const frontier = createFrontier(0, reader);
    const seen = new Set<string>();
    for (const leaf of leaves) {
      for (const { level, index, hash } of appendLeaf(frontier, leaf)) {
        const start = index * 2 ** level;
        expect(toHex(hash)).toBe(toHex(model.root(start, start + 2 ** level)));
        expect(seen.has(`${level}/${index}`)).toBe(false);
        seen.add(`${level}/${index}`);
      }
    }
    // 130 + 65 + 32 + 16 + 8 + 4 + 2 + 1 complete subtrees.
    expect(seen.size).toBe(258);
  });

  it('continues from stored nodes as if it had never stopped', () => {
    for (let size = 0; size < leaves.length; size += 1) {
      const frontier = createFrontier(size, reader);
      expect(toHex(frontierRoot(frontier))).toBe(toHex(model.root(0, size)));
      appendLeaf(frontier, leaves[size] ?? EMPTY_ROOT);
      expect(toHex(frontierRoot(frontier))).toBe(toHex(model.root(0, size + 1)));
    }
  });

  it('leaves the original of a copy alone', () => {
    const original = createFrontier(7, reader);
    const copy = copyFrontier(original);
    appendLeaf(copy, leaves[7] ?? EMPTY_ROOT);
    expect(toHex(frontierRoot(original))).toBe(toHex(model.root(0, 7)));
    expect(toHex(frontierRoot(copy))).toBe(toHex(model.root(0, 8)));
    expect([original.size, copy.size]).toEqual([7, 8]);
  });
});

describe('refusals', () => {
  it.each([-1, 0.5, 2 ** 53])('refuses to start at size %d', (size) => {
    expect(() => createFrontier(size, reader)).toThrow(RangeError);
  });

  it('refuses a leaf hash that is not 32 bytes and changes nothing', () => {
    const frontier = createFrontier(2, reader);
    expect(() => appendLeaf(frontier, new Uint8Array(31))).toThrow(RangeError);
    expect(frontier).toEqual(createFrontier(2, reader));
  });

  it('refuses a leaf beyond 2^53 - 1', () => {
    const peaks = Array.from({ length: 53 }, () => EMPTY_ROOT);
    const frontier = { size: Number.MAX_SAFE_INTEGER, peaks };
    expect(() => appendLeaf(frontier, EMPTY_ROOT)).toThrow('the tree is full');
  });

  it('refuses a frontier whose subtrees do not fit its size', () => {
    expect(() => appendLeaf({ size: 1, peaks: [] }, EMPTY_ROOT)).toThrow(RangeError);
    expect(() => frontierRoot({ size: 1, peaks: [] })).toThrow(RangeError);
  });
});
