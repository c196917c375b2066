/**
 * Checking of Merkle proofs, after the step lists of RFC 9162 §2.1.3.2 and §2.1.4.2.
 *
 * Written apart from the generation of proofs and sharing only the hash functions with it. Every
 * input may be hostile: an answer is `true` only when each step held, and nothing throws.
 *
 * @module
 * @see https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */

import { EMPTY_ROOT, HASH_BYTES, hashChildren } from './merkle.ts';

/** A claim that a leaf is in a tree. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** A claim that one tree is a prefix of another. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Answers whether `leafHash` is leaf `index` of the tree with `size` leaves and this `root`.
 *
 * @param claim - Sizes up to 2^53 − 1; hashes of 32 bytes. Anything else answers `false`.
 */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, size, root, leafHash, proof } = claim;
  if (!isSize(size) || !isSize(index) || index >= size) return false;
  if (!areHashes([root, leafHash]) || !areHashes(proof)) return false;
  let first = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(first) || first === last) {
      hash = hashChildren(sibling, hash);
      [first, last] = skipLevelsWithoutSibling(first, last);
    } else {
      hash = hashChildren(hash, sibling);
    }
    first = half(first);
    last = half(last);
  }
  return last === 0 && isSame(hash, root);
}

/**
 * Answers whether the tree (`oldSize`, `oldRoot`) is a prefix of the tree (`newSize`, `newRoot`).
 *
 * Equal sizes demand equal roots and an empty proof. The empty tree, with its own root and an
 * empty proof, is a prefix of every tree.
 *
 * @param claim - Sizes up to 2^53 − 1; hashes of 32 bytes. Anything else answers `false`.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (!areHashes([oldRoot, newRoot]) || !areHashes(proof)) return false;
  if (oldSize === 0 && !isSame(oldRoot, EMPTY_ROOT)) return false;
  if (oldSize === newSize) return proof.length === 0 && isSame(oldRoot, newRoot);
  if (oldSize === 0) return proof.length === 0;
  return holdsFromOldTree(claim);
}

/** Steps 2–7 of RFC 9162 §2.1.4.2, for 0 < oldSize < newSize. */
function holdsFromOldTree(claim: ConsistencyClaim): boolean {
  const { oldSize, newSize, oldRoot, newRoot, proof } = claim;
  const [start, ...path] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  if (start === undefined) return false;
  let first = oldSize - 1;
  let last = newSize - 1;
  while (isOdd(first)) {
    first = half(first);
    last = half(last);
  }
  let oldHash = start;
  let newHash = start;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(first) || first === last) {
      oldHash = hashChildren(sibling, oldHash);
      newHash = hashChildren(sibling, newHash);
      [first, last] = skipLevelsWithoutSibling(first, last);
    } else {
      newHash = hashChildren(newHash, sibling);
    }
    first = half(first);
    last = half(last);
  }
  return last === 0 && isSame(oldHash, oldRoot) && isSame(newHash, newRoot);
}

/** At the right edge a node without a sibling rises unchanged: both numbers move up with it. */
function skipLevelsWithoutSibling(first: number, last: number): [number, number] {
  let [low, high] = [first, last];
  while (!isOdd(low) && low !== 0) {
    low = half(low);
    high = half(high);
  }
  return [low, high];
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function areHashes(values: unknown): boolean {
  return (
    Array.isArray(values) &&
    values.every((value) => value instanceof Uint8Array && value.length === HASH_BYTES)
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
