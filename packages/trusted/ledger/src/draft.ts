/**
 * Entries on their way into the log, inside a transaction that may still fail.
 *
 * @module
 */

import {
  appendLeaf,
  type CompletedNode,
  copyFrontier,
  type Frontier,
  hashLeaf,
} from '@countersign/tlog';
import type { Appended } from './ledger.ts';
import type { LogStore } from './log-store.ts';

export interface Draft {
  /** Right edge of the tree with the new entries; the frontier it started from is untouched. */
  readonly frontier: Frontier;
  /** Nodes the new entries completed. */
  readonly completed: readonly CompletedNode[];
  /** Writes one entry and its nodes. */
  append(entry: Uint8Array): Appended;
}

/** @param frontier - The durable right edge; copied. */
export function createDraft(store: Pick<LogStore, 'append'>, durable: Readonly<Frontier>): Draft {
  const frontier = copyFrontier(durable);
  const completed: CompletedNode[] = [];
  return {
    frontier,
    completed,
    append: (entry) => {
      const index = frontier.size;
      const nodes = appendLeaf(frontier, hashLeaf(entry));
      store.append(index, entry, Buffer.concat(nodes.map((node) => node.hash)));
      completed.push(...nodes);
      // A copy: the tree keeps the hash it was given, and the caller gets this one.
      return { index, leafHash: hashOf(nodes).slice() };
    },
  };
}

function hashOf(nodes: readonly CompletedNode[]): Uint8Array {
  return nodes[0]?.hash ?? new Uint8Array(0);
}
