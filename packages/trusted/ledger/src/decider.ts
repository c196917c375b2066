/**
 * What becomes of a batch of decisions: request nonces, freezes, charges, entries, item by item.
 *
 * @module
 */

import type { Draft } from './draft.ts';
import type { Freezes } from './freezes.ts';
import type { Head } from './head-store.ts';
import type { Intents } from './intents.ts';
import type { CommitOutcome, Committed, PendingDecision } from './ledger.ts';
import type { RequestNonces } from './request-nonces.ts';
import { entryKey, type SpendBook, slotKey } from './spend-book.ts';
import { requireEntry, requireIntent } from './write-request.ts';

/** What a write answers, and the state the clock rules and the nonce table are in after it. */
export interface Written<T> {
  readonly result: T;
  readonly highWaterMs: number;
  readonly forgottenThroughMs: number;
  readonly nonceCount: number;
}

/** Where decisions are kept; all on the connection whose transaction is open. */
export interface DecisionStores {
  readonly nonces: Pick<RequestNonces, 'use' | 'forget'>;
  readonly freezes: Pick<Freezes, 'firstOf'>;
  readonly book: SpendBook;
  readonly intents: Pick<Intents, 'add' | 'execute' | 'isOpen'>;
}

export interface NonceRules {
  readonly clockToleranceMs: number;
  /** Used request nonces that are kept although they have expired. */
  readonly retainedNonces: number;
}

/** State before a batch. */
export interface BatchStart {
  readonly head: Head;
  readonly nonceCount: number;
  readonly nowMs: number;
}

/** Expired nonces one commit forgets at most: twice what it adds, and some, so that it catches up. */
export const forgetLimit = (added: number): number => 2 * added + 64;

/** Judges a batch inside the open transaction, logs each item, forgets some of what has expired. */
export function decideBatch(
  stores: DecisionStores,
  rules: NonceRules,
  draft: Draft,
  batch: readonly PendingDecision[],
  { head, nonceCount, nowMs }: BatchStart,
): Written<readonly Committed[]> {
  const highWaterMs = Math.max(head.highWaterMs, nowMs);
  const result = batch.map((item) => decideOne(stores, draft, item, head, highWaterMs));
  stores.book.catchUp(highWaterMs);
  const added = result.filter(({ outcome }) => outcome.kind !== 'used').length;
  const kept = nonceCount + added;
  const limit = Math.min(kept - rules.retainedNonces, forgetLimit(batch.length));
  if (limit <= 0) {
    return { result, highWaterMs, forgottenThroughMs: head.forgottenThroughMs, nonceCount: kept };
  }
  const forgotten = stores.nonces.forget(highWaterMs - rules.clockToleranceMs, limit);
  const forgottenThroughMs = Math.max(head.forgottenThroughMs, forgotten.throughMs);
  return { result, highWaterMs, forgottenThroughMs, nonceCount: kept - forgotten.count };
}

function decideOne(
  stores: DecisionStores,
  draft: Draft,
  item: PendingDecision,
  head: Head,
  atMs: number,
): Committed {
  const outcome = outcomeOf(stores, item, head, draft.frontier.size, atMs);
  const entry = item.entryOf(outcome);
  requireEntry(entry);
  const appended = draft.append(entry);
  const intent = item.intentOf?.(outcome);
  if (intent !== undefined) stores.intents.add(requireIntent(intent), appended.index, atMs);
  const fresh = outcome.kind === 'fresh';
  if (fresh && item.executes !== undefined) stores.intents.execute(item.executes, appended.index);
  return { outcome, fresh, ...appended };
}

/** @param index - Of the entry this decision is going to be. */
function outcomeOf(
  { nonces, freezes, book, intents }: DecisionStores,
  item: PendingDecision,
  head: Head,
  index: number,
  atMs: number,
): CommitOutcome {
  const { nonceKey, nonceExpiresAtMs, charges, slot, spendableUntilMs = 0 } = item;
  // INVARIANT: a nonce that may have been forgotten counts as used.
  if (nonceExpiresAtMs <= head.forgottenThroughMs) return { kind: 'used' };
  if (!nonces.use(nonceKey, nonceExpiresAtMs)) return { kind: 'used' };
  const scope = freezes.firstOf(item.scopes);
  if (scope !== undefined) return { kind: 'frozen', scope };
  if (item.executes !== undefined && !intents.isOpen(item.executes)) return { kind: 'intent_used' };
  const key = slot === undefined ? entryKey(index) : slotKey(slot);
  const request = { slot: key, charges, spendableUntilMs };
  return item.isOnlyAsked === true ? book.ask(request, atMs) : book.reserve(request, atMs);
}
