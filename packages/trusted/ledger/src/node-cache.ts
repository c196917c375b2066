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
 * @param capacity - Nodes to keep; the one not asked for longest goes first.
 */
export function createNodeCache(source: NodeReader, capacity: number = CAPACITY): NodeCache {
  const nodes = new Map<number, Uint8Array>();
  const keep = (key: number, hash: Uint8Array): void => {
    nodes.set(key, hash);
    if (nodes.size <= capacity) return;
    const oldest = nodes.keys().next();
    if (!oldest.done) nodes.delete(oldest.value);
  };
  return {
    add: (node) => keep(keyOf(node.level, node.index), node.hash),
    node: (level, index) => {
      const key = keyOf(level, index);
      const hash = nodes.get(key) ?? source.node(level, index);
      nodes.delete(key);
      keep(key, hash);
      return hash;
    },
  };
}

/** One number per node; exact for trees of up to 2^47 leaves. */
function keyOf(level: number, index: number): number {
  return completedBy(level, index) * MAX_LEVELS + level;
}
