/**
 * Intents of one transaction in memory.
 *
 * @module
 */

import {
  FORGOTTEN_AT_ONCE,
  type Intents,
  KEPT_MS,
  type NewIntent,
  type StoredAnswer,
} from '../intents.ts';
import { corruptStore } from '../store-error.ts';

/** What has to be known about an intent to write to it. */
export interface LoadedIntent {
  readonly id: string;
  readonly isExecuted: boolean;
  /** Who has answered it. */
  readonly approvers: readonly string[];
}

/** What has to be written back, in this order. */
export interface IntentChanges {
  /** Up to `limit` intents that ended before are forgotten. */
  readonly forget: { readonly beforeMs: number; readonly limit: number } | undefined;
  readonly added: readonly (NewIntent & { readonly askedAt: number })[];
  readonly answers: readonly (StoredAnswer & { readonly intentId: string })[];
  readonly executed: readonly { readonly id: string; readonly executedAt: number }[];
}

export interface MemoryIntents extends Pick<Intents, 'add' | 'answer' | 'execute' | 'isOpen'> {
  changes(): IntentChanges;
}

/** @param loaded - Every intent the transaction executes or answers, where there is one. */
export function createMemoryIntents(loaded: readonly LoadedIntent[]): MemoryIntents {
  const open = new Map(loaded.map(({ id, isExecuted }) => [id, !isExecuted]));
  const approvers = new Map(loaded.map((one) => [one.id, new Set(one.approvers)]));
  const added: (NewIntent & { readonly askedAt: number })[] = [];
  const answers: (StoredAnswer & { readonly intentId: string })[] = [];
  const executed: { readonly id: string; readonly executedAt: number }[] = [];
  let forgetBeforeMs = 0;
  return {
    add: (intent, askedAt, atMs) => {
      if (open.has(intent.id)) throw corruptStore('an intent is there already');
      open.set(intent.id, true);
      approvers.set(intent.id, new Set());
      added.push({ ...intent, askedAt });
      forgetBeforeMs = atMs - KEPT_MS;
    },
    answer: (intentId, answer) => {
      const known = approvers.get(intentId);
      if (known === undefined || known.has(answer.approver)) return false;
      known.add(answer.approver);
      answers.push({ ...answer, intentId });
      return true;
    },
    execute: (id, executedAt) => {
      if (open.get(id) !== true) return false;
      open.set(id, false);
      executed.push({ id, executedAt });
      return true;
    },
    isOpen: (id) => open.get(id) === true,
    changes: () => ({
      forget:
        added.length === 0
          ? undefined
          : { beforeMs: forgetBeforeMs, limit: added.length * FORGOTTEN_AT_ONCE },
      added,
      answers,
      executed,
    }),
  };
}
