/**
 * Freezes of one transaction in memory.
 *
 * @module
 */

import type { Freezes } from '../freezes.ts';
import type { FrozenScope } from '../ledger.ts';

/** What has to be written back. */
export interface FreezeChanges {
  readonly added: readonly FrozenScope[];
  readonly removed: readonly string[];
}

export interface MemoryFreezes extends Omit<Freezes, 'all'> {
  changes(): FreezeChanges;
}

/** @param loaded - Those of the scopes of the transaction that are frozen. */
export function createMemoryFreezes(loaded: readonly FrozenScope[]): MemoryFreezes {
  const frozen = new Set(loaded.map(({ scope }) => scope));
  const added = new Map<string, number>();
  const removed = new Set<string>();
  return {
    add: (scope, sinceMs) => {
      if (frozen.has(scope)) return false;
      frozen.add(scope);
      added.set(scope, sinceMs);
      return true;
    },
    remove: (scope) => {
      if (!frozen.delete(scope)) return false;
      if (!added.delete(scope)) removed.add(scope);
      return true;
    },
    firstOf: (scopes) => scopes.find((scope) => frozen.has(scope)),
    changes: () => ({
      added: [...added].map(([scope, sinceMs]) => ({ scope, sinceMs })),
      removed: [...removed],
    }),
  };
}
