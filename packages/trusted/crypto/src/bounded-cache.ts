/**
 * A map that forgets its least recently used entry once it is full.
 *
 * For values that can be computed again: forgetting one costs time, never correctness.
 *
 * @module
 */

export interface BoundedCache<K, V> {
  /** Entries held now; never above `maxEntries`. */
  readonly size: number;
  /** The value of `key`, computed by `compute` and kept when absent. Nothing is kept when it throws. */
  getOrCompute(key: K, compute: (key: K) => V): V;
}

/**
 * Creates an empty cache.
 *
 * @param maxEntries - Whole number, at least 1.
 * @throws RangeError on any other bound: a mistake of the programmer, not of a caller.
 */
export function createBoundedCache<K, V>(maxEntries: number): BoundedCache<K, V> {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new RangeError('`maxEntries` must be a whole number of at least 1');
  }
  // Map iterates in insertion order, so the first key is the one not used for longest. Values sit in
  // a box because `undefined` is a value like any other.
  const boxes = new Map<K, { readonly value: V }>();
  return {
    get size() {
      return boxes.size;
    },
    getOrCompute(key, compute) {
      const box = boxes.get(key) ?? { value: compute(key) };
      boxes.delete(key);
      boxes.set(key, box);
      if (boxes.size > maxEntries) dropOldest(boxes);
      return box.value;
    },
  };
}

function dropOldest<K>(boxes: Map<K, unknown>): void {
  for (const key of boxes.keys()) {
    boxes.delete(key);
    return;
  }
}
