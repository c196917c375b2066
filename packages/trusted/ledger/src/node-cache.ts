/**
 * Nodes near the right edge of the tree, kept in memory: receipts are asked for soon after commits.
 *
 * @module
 */

import type { CompletedNode, NodeReader } from '@countersign/tlog';
import { completedBy } from './log-store.ts';

export interface NodeCache extends NodeReader {
  /** Remembers a node that is durable. */
  add(node: CompletedNode): void;
}

const CAPACITY = 8_192;
const MAX_LEVELS = 64;

/**
 * Answers from memory, else from `source`. Nodes never change, so nothing is ever invalidated.
 *
 * @param capacity - Most nodes to keep. They are kept in two halves: when the younger one is full,
 *   the older one is dropped with everything in it that was not asked for meanwhile.
 */
export function createNodeCache(source: NodeReader, capacity: number = CAPACITY): NodeCache {
  let young = new Map<number, Uint8Array>();
  let old = new Map<number, Uint8Array>();
  const keep = (key: number, hash: Uint8Array): Uint8Array => {
    if (young.size >= capacity / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, hash);
    return hash;
  };
  return {
    add: (node) => {
      keep(keyOf(node.level, node.index), node.hash);
    },
    node: (level, index) => {
      const key = keyOf(level, index);
      return young.get(key) ?? keep(key, old.get(key) ?? source.node(level, index));
    },
  };
}

/** One number per node; exact for trees of up to 2^47 leaves. */
function keyOf(level: number, index: number): number {
  return completedBy(level, index) * MAX_LEVELS + level;
}
