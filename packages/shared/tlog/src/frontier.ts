/**
 * The right edge of a growing tree: what a writer keeps in memory to append leaves.
 *
 * An append hashes once per completed subtree and reports each of them once, so a store writes
 * every node exactly one time; the root takes one hash per one-bit of the size.
 *
 * @module
 */

import {
  EMPTY_ROOT,
  foldPeaks,
  HASH_BYTES,
  hashChildren,
  type NodeReader,
  peaksOf,
} from './merkle.ts';

/** Size of a tree and the roots of the complete subtrees it is made of. */
export interface Frontier {
  /** Number of leaves, a safe integer. */
  size: number;
  // INVARIANT: as many hashes as `size` has one-bits; only `appendLeaf` changes either.
  /** Roots of the complete subtrees, largest first. */
  peaks: Uint8Array[];
}

/** A subtree that became complete: the node a {@link NodeReader} answers for from now on. */
export interface CompletedNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/**
 * Frontier of the first `size` leaves, read from stored nodes.
 *
 * @param size - Safe integer; 0 reads nothing.
 * @throws RangeError for another size; what the reader throws.
 */
export function createFrontier(size: number, reader: NodeReader): Frontier {
  if (!Number.isSafeInteger(size) || size < 0)
    throw new RangeError(`size \`${size}\` is not a size`);
  return { size, peaks: peaksOf(size).map((at) => reader.node(at.level, at.index)) };
}

/**
 * An independent copy: a writer appends to the copy and keeps it once the batch is durable.
 */
export function copyFrontier(frontier: Frontier): Frontier {
  return { size: frontier.size, peaks: [...frontier.peaks] };
}

/**
 * Appends one leaf.
 *
 * @param frontier - Changed in place.
 * @param leafHash - 32 bytes from `hashLeaf`; kept by reference.
 * @returns The nodes this leaf completes, lowest first; the first is the leaf itself.
 * @throws RangeError when the hash is not 32 bytes or the tree has 2^53 − 1 leaves already.
 */
export function appendLeaf(frontier: Frontier, leafHash: Uint8Array): CompletedNode[] {
  if (leafHash.length !== HASH_BYTES) throw new RangeError('expected a leaf hash of 32 bytes');
  if (!Number.isSafeInteger(frontier.size + 1)) throw new RangeError('the tree is full');
  const completed: CompletedNode[] = [{ level: 0, index: frontier.size, hash: leafHash }];
  let joined = leafHash;
  let index = frontier.size;
  for (let level = 1; index % 2 === 1; level += 1) {
    joined = hashChildren(takeLastPeak(frontier), joined);
    index = Math.floor(index / 2);
    completed.push({ level, index, hash: joined });
  }
  frontier.peaks.push(joined);
  frontier.size += 1;
  return completed;
}

function takeLastPeak(frontier: Frontier): Uint8Array {
  const peak = frontier.peaks.pop();
  if (peak === undefined)
    throw new RangeError('the frontier has fewer subtrees than its size needs');
  return peak;
}

/** Root of the tree as it stands, {@link EMPTY_ROOT} when there is no leaf. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  return frontier.size === 0 ? EMPTY_ROOT : foldPeaks(frontier.peaks);
}
