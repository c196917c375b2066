import { describe, expect, it } from 'vitest';
import { createMemoryTree } from './fixtures/test-log.ts';
import { fromHex, readEightLeaves, toHex } from './fixtures/vectors.ts';
import {
  consistencyProof,
  EMPTY_ROOT,
  hashChildren,
  hashLeaf,
  inclusionProof,
  rootAt,
} from './merkle.ts';
import { verifyConsistency, verifyInclusion } from './merkle-verify.ts';

const vectors = readEightLeaves();
const leafHashes = vectors.leaves.map((leaf) => hashLeaf(fromHex(leaf)));
const tree = createMemoryTree(leafHashes);
const rootOf = (size: number): Uint8Array => fromHex(vectors.roots[size] ?? '');

describe('the eight sample leaves of Certificate Transparency', () => {
  it.each(vectors.roots.map((root, size) => ({ size, root })))(
    'has the root of $size leaves',
    ({ size, root }) => {
      expect(toHex(rootAt(size, tree.reader))).toBe(root);
      expect(toHex(createMemoryTree(leafHashes.slice(0, size)).root())).toBe(root);
    },
  );

  it.each(vectors.inclusion)('proves leaf $index of $size', ({ index, size, proof }) => {
    expect(inclusionProof(index, size, tree.reader).map(toHex)).toEqual(proof);
    const leafHash = leafHashes[index] ?? EMPTY_ROOT;
    const claim = { index, size, leafHash, root: rootOf(size), proof: proof.map(fromHex) };
    expect(verifyInclusion(claim)).toBe(true);
  });

  it.each(vectors.consistency)(
    'proves $oldSize a prefix of $newSize',
    ({ oldSize, newSize, proof }) => {
      expect(consistencyProof(oldSize, newSize, tree.reader).map(toHex)).toEqual(proof);
      const roots = { oldRoot: rootOf(oldSize), newRoot: rootOf(newSize) };
      const claim = { oldSize, newSize, ...roots, proof: proof.map(fromHex) };
      expect(verifyConsistency(claim)).toBe(true);
    },
  );
});

describe('hashes', () => {
  it('gives fresh bytes that share no memory', () => {
    const first = hashChildren(EMPTY_ROOT, EMPTY_ROOT);
    const copy = toHex(first);
    hashChildren(first, first);
    expect(toHex(first)).toBe(copy);
    expect(first.buffer.byteLength).toBe(32);
  });

  it('keeps leaves and inner nodes apart', () => {
    const children = Buffer.concat([EMPTY_ROOT, EMPTY_ROOT]);
    expect(toHex(hashLeaf(children))).not.toBe(toHex(hashChildren(EMPTY_ROOT, EMPTY_ROOT)));
  });

  it.each([0, 31, 33, 64])('refuses a child of %i bytes', (length) => {
    expect(() => hashChildren(new Uint8Array(length), EMPTY_ROOT)).toThrow(RangeError);
    expect(() => hashChildren(EMPTY_ROOT, new Uint8Array(length))).toThrow(RangeError);
  });
});

describe('sizes and indices out of range', () => {
  it.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => rootAt(value, tree.reader)).toThrow(RangeError);
    expect(() => inclusionProof(0, value, tree.reader)).toThrow(RangeError);
    expect(() => inclusionProof(value, 8, tree.reader)).toThrow(RangeError);
    expect(() => consistencyProof(value, 8, tree.reader)).toThrow(RangeError);
    expect(() => consistencyProof(1, value, tree.reader)).toThrow(RangeError);
  });

  it('refuses an index at or beyond the size', () => {
    expect(() => inclusionProof(8, 8, tree.reader)).toThrow(RangeError);
    expect(() => inclusionProof(0, 0, tree.reader)).toThrow(RangeError);
  });

  it('refuses an old size beyond the new one', () => {
    expect(() => consistencyProof(8, 7, tree.reader)).toThrow(RangeError);
  });
});
