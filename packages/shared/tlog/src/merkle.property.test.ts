import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { leafHashOf, RecursiveTree } from './fixtures/recursive-tree.ts';
import { createMemoryTree } from './fixtures/test-log.ts';
import { toHex } from './fixtures/vectors.ts';
import {
  consistencyProof,
  EMPTY_ROOT,
  hashChildren,
  inclusionProof,
  type NodeReader,
  rootAt,
} from './merkle.ts';
import { verifyConsistency, verifyInclusion } from './merkle-verify.ts';

const SMALL = 300;
const LARGE = 4_097;
const leaves = Array.from({ length: LARGE }, (_, at) => leafHashOf(Buffer.from(`leaf ${at * at}`)));
const model = new RecursiveTree(leaves);
const { reader } = createMemoryTree(leaves);

function expectInclusion(index: number, size: number): void {
  const root = model.root(0, size);
  const proof = inclusionProof(index, size, reader);
  const leafHash = leaves[index] ?? EMPTY_ROOT;
  if (proof.map(toHex).join() !== model.path(index, 0, size).map(toHex).join()) {
    expect.unreachable(`the proof of leaf ${index} of ${size} differs from the model`);
  }
  if (!verifyInclusion({ index, size, root, leafHash, proof })) {
    expect.unreachable(`the proof of leaf ${index} of ${size} does not verify`);
  }
}

function expectConsistency(oldSize: number, newSize: number): void {
  const [oldRoot, newRoot] = [model.root(0, oldSize), model.root(0, newSize)];
  const proof = consistencyProof(oldSize, newSize, reader);
  const expected = oldSize === 0 ? [] : model.proof(oldSize, 0, newSize, true);
  if (proof.map(toHex).join() !== expected.map(toHex).join()) {
    expect.unreachable(`the proof from ${oldSize} to ${newSize} differs from the model`);
  }
  if (!verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof })) {
    expect.unreachable(`the proof from ${oldSize} to ${newSize} does not verify`);
  }
}

/** Numbers around each power of two up to 2^12, and a few in between. */
const LARGE_SIZES = [9, 10, 11, 12].flatMap((bits) => [
  2 ** bits - 1,
  2 ** bits,
  2 ** bits + 1,
  Math.floor(2 ** bits * 0.77),
]);

describe('against the recursive definition', () => {
  it(`has every root up to ${SMALL} leaves`, () => {
    for (let size = 0; size <= SMALL; size += 1) {
      expect(toHex(rootAt(size, reader))).toBe(toHex(model.root(0, size)));
    }
  });

  it(`proves every leaf of every tree up to ${SMALL} leaves`, () => {
    for (let size = 1; size <= SMALL; size += 1) {
      for (let index = 0; index < size; index += 1) expectInclusion(index, size);
    }
  });

  it(`proves every pair of trees up to ${SMALL} leaves`, () => {
    for (let newSize = 0; newSize <= SMALL; newSize += 1) {
      for (let oldSize = 0; oldSize <= newSize; oldSize += 1) expectConsistency(oldSize, newSize);
    }
  });

  it.each(LARGE_SIZES)('agrees on samples at %i leaves', (size) => {
    expect(toHex(rootAt(size, reader))).toBe(toHex(model.root(0, size)));
    for (let index = 0; index < size; index += 97) expectInclusion(index, size);
    expectInclusion(size - 1, size);
    for (let oldSize = 1; oldSize < size; oldSize += 89) expectConsistency(oldSize, size);
    for (const other of LARGE_SIZES) if (other <= size) expectConsistency(other, size);
  });
});

/**
 * Trees too large to build. Each complete subtree has its place for a hash, and reading one that
 * is not wholly inside the tree fails; the same proofs are made by recursion over BigInt.
 */
function labelOf(level: number, index: bigint): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`${level}/${index}`).digest());
}

function labelReader(size: number): NodeReader {
  return {
    node: (level, index) => {
      const end = (BigInt(index) + 1n) << BigInt(level);
      if (!Number.isSafeInteger(index) || end > BigInt(size)) throw new Error('outside the tree');
      return labelOf(level, BigInt(index));
    },
  };
}

function splitOf(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

function labelRoot(start: bigint, n: bigint): Uint8Array {
  const level = n.toString(2).length - 1;
  if (n === 1n << BigInt(level)) return labelOf(level, start >> BigInt(level));
  const k = splitOf(n);
  return hashChildren(labelRoot(start, k), labelRoot(start + k, n - k));
}

function labelPath(m: bigint, start: bigint, n: bigint): Uint8Array[] {
  if (n === 1n) return [];
  const k = splitOf(n);
  return m < k
    ? [...labelPath(m, start, k), labelRoot(start + k, n - k)]
    : [...labelPath(m - k, start + k, n - k), labelRoot(start, k)];
}

function labelProof(m: bigint, start: bigint, n: bigint, whole: boolean): Uint8Array[] {
  if (m === n) return whole ? [] : [labelRoot(start, n)];
  const k = splitOf(n);
  return m <= k
    ? [...labelProof(m, start, k, whole), labelRoot(start + k, n - k)]
    : [...labelProof(m - k, start + k, n - k, false), labelRoot(start, k)];
}

const HUGE_SIZES = [31, 32, 33, 52, 53].flatMap((bits) =>
  [2 ** bits - 1, 2 ** bits, 2 ** bits + 1, Math.floor(2 ** bits * 0.6)].filter(
    Number.isSafeInteger,
  ),
);

describe('at sizes beyond 32 bits', () => {
  it.each(HUGE_SIZES)('makes the same root and proofs at %i leaves', (size) => {
    const labels = labelReader(size);
    expect(toHex(rootAt(size, labels))).toBe(toHex(labelRoot(0n, BigInt(size))));
    for (const part of [0, 0.1, 0.25, 0.5, 0.75, 0.999_999, 1]) {
      const index = Math.min(size - 1, Math.floor(size * part));
      const path = inclusionProof(index, size, labels).map(toHex);
      expect(path).toEqual(labelPath(BigInt(index), 0n, BigInt(size)).map(toHex));
      const proof = consistencyProof(index + 1, size, labels).map(toHex);
      expect(proof).toEqual(labelProof(BigInt(index + 1), 0n, BigInt(size), true).map(toHex));
    }
  });

  it.each(HUGE_SIZES)('verifies at %i equal leaves', (size) => {
    const levels = [EMPTY_ROOT];
    const uniform: NodeReader = { node: (level) => levels[level] ?? EMPTY_ROOT };
    for (let hash = EMPTY_ROOT; levels.length <= 53; levels.push(hash)) {
      hash = hashChildren(hash, hash);
    }
    const root = rootAt(size, uniform);
    for (const part of [0, 0.1, 0.25, 0.5, 0.75, 0.999_999, 1]) {
      const index = Math.min(size - 1, Math.floor(size * part));
      const path = inclusionProof(index, size, uniform);
      const claim = { index, size, root, leafHash: EMPTY_ROOT, proof: path };
      expect(verifyInclusion(claim)).toBe(true);
      const oldSize = index + 1;
      const proof = consistencyProof(oldSize, size, uniform);
      const oldRoot = rootAt(oldSize, uniform);
      expect(verifyConsistency({ oldSize, newSize: size, oldRoot, newRoot: root, proof })).toBe(
        true,
      );
    }
  });
});
