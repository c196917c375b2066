/**
 * The ledger on one writing connection.
 *
 * Memory holds only what the last commit made durable: the head, the right edge of the tree and a
 * cache of nodes. Each write works on copies and puts them in place after COMMIT has returned.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BoundaryError, type ErrorCode } from '@countersign/protocol';
import {
  createFrontier,
  type Frontier,
  formatCheckpoint,
  formatVerifierKey,
  frontierRoot,
  type NoteSigner,
  signNote,
} from '@countersign/tlog';
import type { AcknowledgedMark } from './acknowledged-mark.ts';
import { createBucketStore } from './bucket-store.ts';
import type { Settlement } from './charge.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { clockResetEntry } from './clock-reset-entry.ts';
import {
  type Clock,
  readClock,
  requireAgreement,
  requireNotBehind,
  requireRemembered,
} from './clock-rule.ts';
import { type DecisionStores, decideBatch, type Written } from './decider.ts';
import { createDraft, type Draft } from './draft.ts';
import { createFreezes, type Freezes, isFrozenSince } from './freezes.ts';
import { createHeadStore, type Head } from './head-store.ts';
import { createIntents, type Intents, type StoredIntent } from './intents.ts';
import type {
  Appended,
  ClockReset,
  Committed,
  FrozenScope,
  IntentAnswer,
  Ledger,
  LedgerStatus,
  PendingDecision,
} from './ledger.ts';
import { createLogStore } from './log-store.ts';
import {
  checkpointAt,
  consistencyBetween,
  entryAt,
  fileAt,
  type LogSource,
  receiptAt,
} from './log-view.ts';
import { createNodeCache, type NodeCache } from './node-cache.ts';
import { createRequestNonces, type RequestNonces } from './request-nonces.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { createSpendBook } from './spend-book.ts';
import { corruptStore, toStoreError } from './store-error.ts';
import {
  requireAnswer,
  requireDecision,
  requireEntry,
  requireName,
  requireSettlement,
} from './write-request.ts';

/** Everything a ledger is made of, open and checked. */
export interface LedgerParts {
  readonly db: DatabaseSync;
  readonly signer: NoteSigner;
  readonly clock: Clock;
  readonly clockToleranceMs: number;
  /** Used request nonces that are kept although they have expired. */
  readonly retainedNonces: number;
  readonly mark: AcknowledgedMark;
  readonly checkpointFile: CheckpointFile;
  /** Called last when the ledger closes. */
  readonly release: () => void;
}

/** What the rules need, and what else is asked of the same tables. */
interface Stores extends DecisionStores {
  readonly nonces: RequestNonces;
  readonly freezes: Freezes;
  readonly intents: Intents;
}

export class SqliteLedger implements Ledger {
  readonly #parts: LedgerParts;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  readonly #stores: Stores;
  readonly #source: LogSource;
  readonly #cache: NodeCache;

  #head: Head;
  #frontier: Frontier;
  #nonceCount: number;
  /** A head whose COMMIT has failed, and which may be on disk nevertheless. */
  #doubtful: Head | undefined;
  #lastErrorCode: ErrorCode | undefined;
  #damage: BoundaryError | undefined;
  #isClosed = false;

  /** @throws BoundaryError ERR_STORE_CORRUPT, or an error of SQLite; `parts` stay open then. */
  constructor(parts: LedgerParts) {
    const { db } = parts;
    this.#parts = parts;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
    this.#stores = {
      nonces: createRequestNonces(db),
      freezes: createFreezes(db),
      book: createSpendBook(createBucketStore(db)),
      intents: createIntents(db),
    };
    const store = createLogStore(db);
    this.#cache = createNodeCache(store);
    this.#source = { store, heads: createHeadStore(db), nodes: this.#cache };
    this.#head = this.#readHead();
    this.#frontier = createFrontier(this.#head.size, store);
    this.#nonceCount = this.#stores.nonces.count();
  }

  commit(batch: readonly PendingDecision[]): readonly Committed[] {
    batch.forEach(requireDecision);
    if (batch.length === 0) return [];
    return this.#attempt(() => {
      const nowMs = this.#now();
      requireRemembered(nowMs, this.#head.forgottenThroughMs);
      const start = { head: this.#head, nonceCount: this.#nonceCount, nowMs };
      return this.#write((draft) => decideBatch(this.#stores, this.#parts, draft, batch, start));
    });
  }

  append(entries: readonly Uint8Array[]): readonly Appended[] {
    entries.forEach(requireEntry);
    if (entries.length === 0) return [];
    return this.#attempt(() => {
      const nowMs = this.#now();
      return this.#write((draft) => ({
        result: entries.map((entry) => draft.append(entry)),
        highWaterMs: Math.max(this.#head.highWaterMs, nowMs),
        forgottenThroughMs: this.#head.forgottenThroughMs,
        nonceCount: this.#nonceCount,
      }));
    });
  }

  resetClock(nowMs: number, entry?: Uint8Array): ClockReset {
    if (entry !== undefined) requireEntry(entry);
    return this.#attempt(() => {
      const { clock, clockToleranceMs } = this.#parts;
      requireAgreement(readClock(clock), nowMs, clockToleranceMs);
      const { highWaterMs: fromMs, forgottenThroughMs } = this.#head;
      return this.#write((draft) => {
        this.#stores.book.resetClock(nowMs);
        return {
          result: {
            ...draft.append(entry ?? clockResetEntry(fromMs, nowMs)),
            fromMs,
            toMs: nowMs,
            commitsFromMs: Math.max(nowMs, forgottenThroughMs + 1),
          },
          highWaterMs: nowMs,
          forgottenThroughMs,
          nonceCount: this.#nonceCount,
        };
      });
    });
  }

  freeze(scope: string, entry: Uint8Array): Appended | undefined {
    requireName('scope', scope);
    requireEntry(entry);
    return this.#attempt(() =>
      // The clock may be behind: a freeze only takes away.
      this.#note([entry], readClock(this.#parts.clock), (atMs) =>
        this.#stores.freezes.add(scope, atMs),
      ),
    );
  }

  unfreeze(scope: string, entry: Uint8Array): Appended | undefined {
    requireName('scope', scope);
    requireEntry(entry);
    return this.#attempt(() =>
      this.#note([entry], this.#now(), () => this.#stores.freezes.remove(scope)),
    );
  }

  frozen(): readonly FrozenScope[] {
    return this.#read(() => this.#stores.freezes.all());
  }

  settle(slot: string, settlement: Settlement, entry: Uint8Array): Appended | undefined {
    requireName('slot', slot);
    requireSettlement(settlement);
    requireEntry(entry);
    return this.#attempt(() =>
      this.#note([entry], this.#now(), () => this.#stores.book.settle(slot, settlement)),
    );
  }

  answerIntent(answer: IntentAnswer, entry: Uint8Array): Appended | undefined {
    requireAnswer(answer);
    requireEntry(entry);
    const { intentId, unfreezes, ...said } = answer;
    const index = (): number => this.#head.size;
    return this.#attempt(() =>
      this.#note(
        [entry, ...(unfreezes === undefined ? [] : [unfreezes.entry])],
        this.#now(),
        () => {
          const { intents, freezes } = this.#stores;
          if (!intents.answer(intentId, { ...said, entry: index() })) return false;
          if (unfreezes === undefined) return true;
          const { scope, sinceMs } = unfreezes;
          if (!isFrozenSince(freezes.all(), scope, sinceMs)) return false;
          return freezes.remove(scope) && intents.execute(intentId, index() + 1);
        },
      ),
    );
  }

  intent(id: string): StoredIntent | undefined {
    return this.#read(() => this.#stores.intents.find(id));
  }

  waitingIntents(nowMs: number, limit: number): readonly StoredIntent[] {
    return this.#read(() => this.#stores.intents.waiting(nowMs, limit));
  }

  countWaitingIntents(owner: string, nowMs: number): number {
    return this.#read(() => this.#stores.intents.countWaiting(owner, nowMs));
  }

  entry(index: number): Uint8Array | undefined {
    return this.#read(() => entryAt(this.#source, this.#head, index));
  }

  receipt(index: number): string | undefined {
    return this.#read(() => receiptAt(this.#source, this.#head, index));
  }

  checkpoint(size?: number): string {
    if (size === undefined) return this.#head.note;
    return this.#read(() => checkpointAt(this.#source, this.#head, size));
  }

  consistency(oldSize: number, newSize: number): Uint8Array[] {
    return this.#read(() => consistencyBetween(this.#source, this.#head, oldSize, newSize));
  }

  tile(path: string): Uint8Array | undefined {
    return this.#read(() => fileAt(this.#source, this.#head, path));
  }

  size(): number {
    return this.#head.size;
  }

  verifierKey(): string {
    return formatVerifierKey(this.#parts.signer.key);
  }

  status(): LedgerStatus {
    const code = this.#lastErrorCode;
    return {
      size: this.#head.size,
      highWaterMs: this.#head.highWaterMs,
      writable: code === undefined && !this.#isClosed,
      ...(code === undefined ? {} : { lastErrorCode: code }),
    };
  }

  probe(): LedgerStatus {
    if (this.#lastErrorCode !== undefined) {
      try {
        this.#attempt(() => this.#rewriteVersion());
      } catch {
        // The status says so.
      }
    }
    return this.status();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { db, mark, checkpointFile, release } = this.#parts;
    for (const end of [
      () => checkpointFile.close(),
      () => mark.close(),
      () => db.close(),
      release,
    ]) {
      try {
        end();
      } catch {
        // Everything acknowledged is on disk already; the next start finds whatever is wrong.
      }
    }
  }

  /** A transaction that changes nothing and writes nevertheless. */
  #rewriteVersion(): void {
    requireRemembered(this.#now(), this.#head.forgottenThroughMs);
    const { db } = this.#parts;
    this.#begin.run();
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    this.#commit.run();
  }

  /**
   * Logs entries when `change` changes something, in the same transaction, and answers the first. When
   * it does not, whatever it did is undone.
   */
  #note(
    entries: readonly [Uint8Array, ...Uint8Array[]],
    nowMs: number,
    change: (atMs: number) => boolean,
  ): Appended | undefined {
    const highWaterMs = Math.max(this.#head.highWaterMs, nowMs);
    this.#begin.run();
    if (!change(highWaterMs)) {
      this.#rollback.run();
      return undefined;
    }
    return this.#finish((draft) => ({
      result: appendAll(draft, entries),
      highWaterMs,
      forgottenThroughMs: this.#head.forgottenThroughMs,
      nonceCount: this.#nonceCount,
    }));
  }

  #write<T>(work: (draft: Draft) => Written<T>): T {
    this.#begin.run();
    return this.#finish(work);
  }

  /** The rest of a transaction that has begun. */
  #finish<T>(work: (draft: Draft) => Written<T>): T {
    const draft = createDraft(this.#source.store, this.#frontier);
    const outcome = work(draft);
    const head = this.#signHead(draft.frontier, outcome);
    this.#source.heads.insert(head);
    this.#doubtful = head;
    this.#commit.run();
    this.#adopt(head, draft.frontier, outcome.nonceCount);
    this.#doubtful = undefined;
    for (const node of draft.completed) this.#cache.add(node);
    this.#parts.mark.write(head.size);
    this.#parts.checkpointFile.offer(head.note);
    return outcome.result;
  }

  #signHead(frontier: Frontier, outcome: Written<unknown>): Head {
    const { signer } = this.#parts;
    const rootHash = frontierRoot(frontier);
    const text = formatCheckpoint({ origin: signer.key.name, size: frontier.size, rootHash });
    const { highWaterMs, forgottenThroughMs } = outcome;
    return { size: frontier.size, note: signNote(text, signer), highWaterMs, forgottenThroughMs };
  }

  #adopt(head: Head, frontier: Frontier, nonceCount: number): void {
    this.#head = head;
    this.#frontier = frontier;
    this.#nonceCount = nonceCount;
  }

  /** Runs one attempt to write; a failed one leaves no open transaction and is remembered. */
  #attempt<T>(step: () => T): T {
    this.#requireUsable();
    try {
      this.#settleDoubt();
      const result = step();
      this.#lastErrorCode = undefined;
      return result;
    } catch (cause) {
      this.#abandon();
      throw this.#remember(toStoreError(cause));
    }
  }

  #read<T>(step: () => T): T {
    this.#requireUsable();
    try {
      return step();
    } catch (cause) {
      const error = toStoreError(cause);
      throw error.code === 'ERR_STORE_CORRUPT' ? this.#remember(error) : error;
    }
  }

  #requireUsable(): void {
    if (this.#isClosed) throw new BoundaryError('ERR_STOPPING');
    if (this.#damage !== undefined) throw this.#damage;
  }

  #remember(error: BoundaryError): BoundaryError {
    this.#lastErrorCode = error.code;
    if (error.code === 'ERR_STORE_CORRUPT') this.#damage = error;
    return error;
  }

  #abandon(): void {
    try {
      if (this.#parts.db.isTransaction) this.#rollback.run();
    } catch {
      // The next attempt rolls back again before it does anything else.
    }
  }

  /**
   * Finds out what became of a COMMIT that failed: SQLite may report an error after the transaction
   * has reached the disk.
   */
  #settleDoubt(): void {
    if (this.#parts.db.isTransaction) this.#rollback.run();
    if (this.#doubtful === undefined) return;
    const stored = this.#readHead();
    if (stored.note === this.#doubtful.note) {
      const frontier = createFrontier(stored.size, this.#source.store);
      this.#adopt(stored, frontier, this.#stores.nonces.count());
    } else if (stored.note !== this.#head.note) {
      throw corruptStore('the newest checkpoint is not the one that was written last');
    }
    this.#doubtful = undefined;
  }

  #readHead(): Head {
    const head = this.#source.heads.newest();
    if (head === undefined) throw corruptStore('no checkpoint is stored');
    return head;
  }

  /** The time, when it may be believed. */
  #now(): number {
    const nowMs = readClock(this.#parts.clock);
    requireNotBehind(nowMs, this.#head.highWaterMs, this.#parts.clockToleranceMs);
    return nowMs;
  }
}

function appendAll(
  draft: Draft,
  [first, ...rest]: readonly [Uint8Array, ...Uint8Array[]],
): Appended {
  const appended = draft.append(first);
  for (const entry of rest) draft.append(entry);
  return appended;
}
