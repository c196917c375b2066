/**
 * The Merkle tree of RFC 6962 §2.1: hashing, roots and proofs.
 *
 * Nothing here holds a tree. A {@link NodeReader} answers for stored hashes; roots and proofs are
 * put together from at most 2·log2(size) of them. Sizes and indices are safe integers, so every
 * step is exact number arithmetic (floor, remainder, powers of two) and never a 32-bit operation.
 * Checking a proof is in `merkle-verify.ts` and shares only the two hash functions with this file.
 *
 * @module
 * @see https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 */

import { hash } from 'node:crypto';

/** Bytes of one SHA-256 hash. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: SHA-256 of nothing. Shared and never to be written to. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

/** Access to the hashes of complete subtrees. */
export interface NodeReader {
  /**
   * Hash of the complete subtree of 2^`level` leaves that starts at leaf `index`·2^`level`.
   *
   * Only subtrees that lie wholly inside the size asked for are requested.
   *
   * @param level - 0 is a leaf hash; at most 52.
   * @param index - Safe integer, not negative.
   * @returns 32 bytes. A reader that does not have the node throws; the error passes through.
   */
  node(level: number, index: number): Uint8Array;
}

/** Place of one complete subtree. */
interface Position {
  readonly level: number;
  readonly index: number;
}

/**
 * Hash of a log entry: SHA-256(0x00 ‖ entry).
 *
 * @param entry - Any bytes, also none.
 * @returns 32 fresh bytes.
 */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(entry.length + 1);
  input.set(entry, 1);
  return sha256(input);
}

const childrenInput = new Uint8Array(1 + 2 * HASH_BYTES);
childrenInput[0] = 1;

/**
 * Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).
 *
 * @returns 32 fresh bytes.
 * @throws RangeError when a side is not 32 bytes: other lengths would let two trees share a hash.
 */
export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    throw new RangeError('expected two hashes of 32 bytes');
  }
  // One buffer for all calls: the function is synchronous and the hash keeps no reference to it.
  childrenInput.set(left, 1);
  childrenInput.set(right, 1 + HASH_BYTES);
  return sha256(childrenInput);
}

/**
 * Root of the first `size` leaves.
 *
 * @param size - Safe integer, 0 gives {@link EMPTY_ROOT}.
 * @throws RangeError for another size.
 */
export function rootAt(size: number, reader: NodeReader): Uint8Array {
  requireWithin('size', size, Number.MAX_SAFE_INTEGER);
  return size === 0
    ? EMPTY_ROOT
    : foldPeaks(peaksOf(size).map((at) => reader.node(at.level, at.index)));
}

/**
 * Proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962 §2.1.1).
 *
 * @param index - Below `size`.
 * @returns Hashes from the leaf's sibling up to a child of the root; at most 53.
 * @throws RangeError when `index` or `size` is out of range.
 */
export function inclusionProof(index: number, size: number, reader: NodeReader): Uint8Array[] {
  requireWithin('size', size, Number.MAX_SAFE_INTEGER);
  requireWithin('index', index, size - 1);
  return pathToRoot({ level: 0, index }, size, reader);
}

/**
 * Proof that the first `oldSize` leaves are a prefix of the first `newSize` (RFC 6962 §2.1.2).
 *
 * @param oldSize - At most `newSize`. 0 and `newSize` itself need no proof and give an empty one.
 * @returns At most 54 hashes.
 * @throws RangeError when a size is out of range.
 */
export function consistencyProof(
  oldSize: number,
  newSize: number,
  reader: NodeReader,
): Uint8Array[] {
  requireWithin('newSize', newSize, Number.MAX_SAFE_INTEGER);
  requireWithin('oldSize', oldSize, newSize);
  if (oldSize === 0 || oldSize === newSize) return [];
  const oldPeaks = peaksOf(oldSize);
  const last = oldPeaks.at(-1) ?? { level: 0, index: 0 };
  const path = pathToRoot(last, newSize, reader);
  // A verifier that holds the old root knows the last peak already when it is the only one.
  return oldPeaks.length === 1 ? path : [reader.node(last.level, last.index), ...path];
}

/**
 * Joins the roots of complete subtrees, largest first, to the root of the whole tree.
 *
 * @param peaks - One hash for each one-bit of the tree size, at least one.
 * @throws RangeError when there is none.
 */
export function foldPeaks(peaks: readonly Uint8Array[]): Uint8Array {
  const last = peaks.at(-1);
  if (last === undefined) throw new RangeError('expected at least one subtree');
  return peaks.slice(0, -1).reduceRight((right, left) => hashChildren(left, right), last);
}

/** The complete subtrees a tree of `size` leaves is made of, largest and leftmost first. */
export function peaksOf(size: number): Position[] {
  const peaks: Position[] = [];
  let level = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) peaks.unshift({ level, index: rest - 1 });
    level += 1;
  }
  return peaks;
}

/** Siblings on the way from `from` to the root, lowest first. `from` lies inside the tree. */
function pathToRoot(from: Position, size: number, reader: NodeReader): Uint8Array[] {
  const read = (at: Position) => reader.node(at.level, at.index);
  const peaks = peaksOf(size);
  const own = peaks.findIndex((peak) => isInside(from, peak));
  const top = peaks[own]?.level ?? from.level;
  const path: Uint8Array[] = [];
  let index = from.index;
  for (let level = from.level; level < top; level += 1) {
    path.push(read({ level, index: index % 2 === 0 ? index + 1 : index - 1 }));
    index = Math.floor(index / 2);
  }
  const right = peaks.slice(own + 1);
  if (right.length > 0) path.push(foldPeaks(right.map(read)));
  const left = peaks.slice(0, own);
  return [...path, ...left.reverse().map(read)];
}

function isInside(inner: Position, outer: Position): boolean {
  return Math.floor(inner.index / 2 ** (outer.level - inner.level)) === outer.index;
}

function requireWithin(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} \`${value}\` is not a whole number from 0 to ${max}`);
  }
}

function sha256(input: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', input, 'buffer'));
}
