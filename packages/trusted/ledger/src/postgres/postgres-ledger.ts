/**
 * The ledger on Postgres, shared by several signers.
 *
 * Whoever writes locks the one row of `head` first and keeps it until COMMIT, so all signers write one
 * after the other, each behind what the one before left. What the rules touch is loaded behind that
 * lock, judged in memory by the same rules as on SQLite, and written back with the COMMIT.
 *
 * Memory holds nothing a decision depends on: only which checkpoint was last seen here, so that a store
 * that forgot it is noticed.
 *
 * @module
 */

import { setTimeout as pause } from 'node:timers/promises';
import { BoundaryError, type ErrorCode } from '@countersign/protocol';
import {
  type Frontier,
  formatCheckpoint,
  formatVerifierKey,
  frontierRoot,
  type NoteSigner,
  signNote,
} from '@countersign/tlog';
import type { AcknowledgedMark } from '../acknowledged-mark.ts';
import type { AwaitableLedger, FreezeLease } from '../awaitable-ledger.ts';
import type { Settlement } from '../charge.ts';
import type { CheckpointFile } from '../checkpoint-file.ts';
import { clockResetEntry } from '../clock-reset-entry.ts';
import {
  type Clock,
  readClock,
  requireAgreement,
  requireNotBehind,
  requireRemembered,
} from '../clock-rule.ts';
import { readCount, readText } from '../columns.ts';
import { decideBatch, forgetLimit, type Written } from '../decider.ts';
import { createDraft, type Draft } from '../draft.ts';
import { isFrozenSince } from '../freezes.ts';
import { type Head, headOf } from '../head-store.ts';
import type { Identity } from '../identity.ts';
import { readAnswer, readIntent, type StoredIntent } from '../intents.ts';
import type {
  Appended,
  ClockReset,
  Committed,
  FrozenScope,
  IntentAnswer,
  LedgerStatus,
  PendingDecision,
} from '../ledger.ts';
import {
  checkpointAt,
  consistencyBetween,
  entryAt,
  fileAt,
  type LogRows,
  receiptAt,
} from '../log-view.ts';
import { requireSigned } from '../signed-head.ts';
import { CHUNK, createSpendBook, slotKey } from '../spend-book.ts';
import { corruptStore, rolledBack, toStoreError } from '../store-error.ts';
import {
  requireAnswer,
  requireDecision,
  requireEntry,
  requireName,
  requireSettlement,
} from '../write-request.ts';
import type { Answer, Connection, Parameter } from './connection.ts';
import type { Link } from './link.ts';
import { beginAndLoad, type Loaded, type Needs } from './load.ts';
import { createMemoryBuckets, type MemoryBuckets } from './memory-buckets.ts';
import { createMemoryFreezes, type MemoryFreezes } from './memory-freezes.ts';
import { createMemoryIntents, type MemoryIntents } from './memory-intents.ts';
import { createMemoryNonces, type MemoryNonces } from './memory-nonces.ts';
import { SCHEMA_VERSION } from './migrations.ts';
import { readThrough } from './read-through.ts';
import { bucketKey, type SharedHead } from './rows.ts';
import { requireStorable, requireStorableTexts } from './storable.ts';
import { type NewEntry, writeAndCommit } from './write-back.ts';

/** Everything a shared ledger is made of, open and checked. */
export interface PostgresParts {
  /** For everything that locks the head. */
  readonly writer: Link;
  /** For everything else, so that it waits for no lock. */
  readonly reader: Link;
  readonly identity: Identity;
  readonly signer: NoteSigner;
  /** As found at the start. */
  readonly head: Head;
  readonly clock: Clock;
  readonly clockToleranceMs: number;
  readonly retainedNonces: number;
  readonly mark: AcknowledgedMark;
  readonly checkpointFile: CheckpointFile;
  readonly release: () => void;
  /** Time between the COMMIT of a freeze and its acknowledgement; only tests make it shorter. */
  readonly freezeSettlesMs?: number;
}

/** How long what a signer knows about freezes may be acted upon, milliseconds. */
const FREEZE_LEASE_MS = 25;
/**
 * How long a freeze waits after its COMMIT before it is acknowledged: the lease, and time for what was
 * released within it to get out of another signer and its edge. `docs/decisions` has the argument.
 */
const FREEZE_SETTLES_MS = 100;

const HEAD = 'SELECT size, note, high_water_ms, forgotten_through_ms, digest FROM countersign.head';
const FREEZES = 'SELECT scope, since_ms FROM countersign.freezes ORDER BY scope';
const FROZEN =
  'SELECT scope FROM countersign.freezes WHERE scope = ANY(ARRAY(' +
  'SELECT value FROM json_array_elements_text($1::text::json) AS one(value)))';
const INTENTS = 'SELECT * FROM countersign.intents WHERE ';
const ANSWERS =
  'SELECT * FROM countersign.intent_answers WHERE intent_id = ANY(ARRAY(' +
  'SELECT value FROM json_array_elements_text($1::text::json) AS one(value))) ORDER BY approver';
const COUNT_WAITING =
  'SELECT count(*) AS count FROM countersign.intents' +
  ' WHERE owner = $1 AND expires_at_ms > $2::bigint AND executed_at IS NULL';
const TOUCH = 'UPDATE countersign.head SET schema_version = schema_version';

/** The transaction that is open, as the rules see it. */
interface Open {
  readonly loaded: Loaded;
  readonly draft: Draft;
  readonly nonces: MemoryNonces;
  readonly freezes: MemoryFreezes;
  readonly buckets: MemoryBuckets;
  readonly intents: MemoryIntents;
  readonly highWaterMs: number;
}

export class PostgresLedger implements AwaitableLedger {
  readonly freezeLease: FreezeLease = {
    lengthMs: FREEZE_LEASE_MS,
    frozenAmong: (scopes) => this.#frozenAmong(scopes),
  };
  readonly #parts: PostgresParts;
  #known: Head;
  /** A head whose COMMIT was sent and not answered. */
  #doubtful: Head | undefined;
  /** Bucket the next commit clears of ended reservations is the one after this. */
  #catchUpAfter = 0;
  #lastErrorCode: ErrorCode | undefined;
  #damage: BoundaryError | undefined;
  #isClosed = false;

  constructor(parts: PostgresParts) {
    this.#parts = parts;
    this.#known = parts.head;
  }

  async commit(batch: readonly PendingDecision[]): Promise<readonly Committed[]> {
    batch.forEach(requireDecision);
    batch.forEach(requireStorable);
    if (batch.length === 0) return [];
    const { clock, clockToleranceMs, retainedNonces } = this.#parts;
    const nowMs = readClock(clock);
    const charges = batch.flatMap((item) => item.charges);
    const limit = forgetLimit(batch.length);
    const needs: Needs = {
      nowMs,
      nonceKeys: unique(batch.map(({ nonceKey }) => nonceKey)),
      scopes: unique(batch.flatMap(({ scopes }) => scopes)),
      bucketKeys: unique(charges.map(({ bucket, window }) => bucketKey(bucket, window))),
      slots: unique(batch.flatMap(({ slot }) => (slot === undefined ? [] : [slotKey(slot)]))),
      intents: unique(batch.flatMap(({ executes }) => executes ?? [])),
      forget: {
        added: batch.length,
        retained: retainedNonces,
        toleranceMs: clockToleranceMs,
        limit,
      },
      catchUp: { after: this.#catchUpAfter, limit: CHUNK },
    };
    const written = await this.#write(needs, (open) => {
      const { head, caughtUp } = open.loaded;
      requireNotBehind(nowMs, head.highWaterMs, clockToleranceMs);
      requireRemembered(nowMs, head.forgottenThroughMs);
      const start = { head, nonceCount: head.nonceCount, nowMs };
      const stores = { ...open, book: createSpendBook(open.buckets) };
      const outcome = decideBatch(stores, this.#parts, open.draft, batch, start);
      if (caughtUp.id === undefined) this.#catchUpAfter = 0;
      else if (caughtUp.count < CHUNK) this.#catchUpAfter = caughtUp.id;
      return outcome;
    });
    if (written === undefined) return [];
    const { sentAtMs: thawedAtMs } = written;
    return written.result.map((committed) => ({ ...committed, thawedAtMs }));
  }

  async append(entries: readonly Uint8Array[]): Promise<readonly Appended[]> {
    entries.forEach(requireEntry);
    if (entries.length === 0) return [];
    const nowMs = readClock(this.#parts.clock);
    const written = await this.#write({ nowMs }, (open) => {
      this.#requireNotBehind(nowMs, open);
      return unchanged(
        open,
        entries.map((entry) => open.draft.append(entry)),
      );
    });
    return written?.result ?? [];
  }

  async resetClock(nowMs: number, entry?: Uint8Array): Promise<ClockReset> {
    if (entry !== undefined) requireEntry(entry);
    requireAgreement(readClock(this.#parts.clock), nowMs, this.#parts.clockToleranceMs);
    const written = await this.#write({ nowMs, anchoredAfterMs: nowMs }, (open) => {
      const { highWaterMs: fromMs, forgottenThroughMs } = open.loaded.head;
      createSpendBook(open.buckets).resetClock(nowMs);
      const appended = open.draft.append(entry ?? clockResetEntry(fromMs, nowMs));
      const commitsFromMs = Math.max(nowMs, forgottenThroughMs + 1);
      const result = { ...appended, fromMs, toMs: nowMs, commitsFromMs };
      return { ...unchanged(open, result), highWaterMs: nowMs };
    });
    if (written === undefined) throw new BoundaryError('ERR_INTERNAL');
    return written.result;
  }

  async freeze(scope: string, entry: Uint8Array): Promise<Appended | undefined> {
    requireName('scope', scope);
    // The clock may be behind: a freeze only takes away.
    const needs = { scopes: [scope] };
    const appended = await this.#note([entry], needs, 'any', ({ freezes, highWaterMs }) =>
      freezes.add(scope, highWaterMs),
    );
    // INVARIANT: also one that was frozen already, perhaps a moment ago by another signer.
    await pause(this.#parts.freezeSettlesMs ?? FREEZE_SETTLES_MS);
    return appended;
  }

  unfreeze(scope: string, entry: Uint8Array): Promise<Appended | undefined> {
    requireName('scope', scope);
    return this.#note([entry], { scopes: [scope] }, 'right', ({ freezes }) =>
      freezes.remove(scope),
    );
  }

  async frozen(): Promise<readonly FrozenScope[]> {
    const { rows } = await this.#fetch(FREEZES, []);
    return rows.map((row) => ({
      scope: readText(row, 'scope'),
      sinceMs: readCount(row, 'since_ms'),
    }));
  }

  async #frozenAmong(scopes: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.#fetch(FROZEN, [JSON.stringify(scopes)]);
    return rows.map((row) => readText(row, 'scope'));
  }

  settle(slot: string, settlement: Settlement, entry: Uint8Array): Promise<Appended | undefined> {
    requireName('slot', slot);
    requireSettlement(settlement);
    return this.#note([entry], { slots: [slotKey(slot)] }, 'right', ({ buckets }) =>
      createSpendBook(buckets).settle(slot, settlement),
    );
  }

  answerIntent(answer: IntentAnswer, entry: Uint8Array): Promise<Appended | undefined> {
    requireAnswer(answer);
    const { intentId, unfreezes, ...said } = answer;
    const scopes = unfreezes === undefined ? [] : [unfreezes.scope];
    const entries = [entry, ...(unfreezes === undefined ? [] : [unfreezes.entry])];
    return this.#note(entries, { intents: [intentId], scopes }, 'right', (open) => {
      const { intents, freezes } = open;
      const index = open.loaded.head.size;
      if (!intents.answer(intentId, { ...said, entry: index })) return false;
      if (unfreezes === undefined) return true;
      const { scope, sinceMs } = unfreezes;
      if (!isFrozenSince(open.loaded.freezes, scope, sinceMs)) return false;
      return freezes.remove(scope) && intents.execute(intentId, index + 1);
    });
  }

  async intent(id: string): Promise<StoredIntent | undefined> {
    const [intent] = await this.#intents('id = $1', [id]);
    return intent;
  }

  waitingIntents(nowMs: number, limit: number): Promise<readonly StoredIntent[]> {
    const isWaiting = 'expires_at_ms > $1::bigint AND executed_at IS NULL';
    const order = 'ORDER BY expires_at_ms DESC LIMIT $2::bigint';
    return this.#intents(`${isWaiting} ${order}`, [nowMs, limit]);
  }

  async countWaitingIntents(owner: string, nowMs: number): Promise<number> {
    const { rows } = await this.#fetch(COUNT_WAITING, [owner, nowMs]);
    return readCount(rows[0] ?? {}, 'count');
  }

  entry(index: number): Promise<Uint8Array | undefined> {
    return this.#view((rows, head) => entryAt(rows, head, index));
  }

  receipt(index: number): Promise<string | undefined> {
    return this.#view((rows, head) => receiptAt(rows, head, index));
  }

  async checkpoint(size?: number): Promise<string> {
    if (size === undefined && this.#isClosed) return this.#known.note;
    return await this.#view((rows, head) =>
      size === undefined ? head.note : checkpointAt(rows, head, size),
    );
  }

  consistency(oldSize: number, newSize: number): Promise<Uint8Array[]> {
    return this.#view((rows, head) => consistencyBetween(rows, head, oldSize, newSize));
  }

  tile(path: string): Promise<Uint8Array | undefined> {
    return this.#view((rows, head) => fileAt(rows, head, path));
  }

  size(): number {
    return this.#known.size;
  }

  verifierKey(): string {
    return formatVerifierKey(this.#parts.signer.key);
  }

  status(): LedgerStatus {
    const code = this.#lastErrorCode;
    return {
      size: this.#known.size,
      highWaterMs: this.#known.highWaterMs,
      writable: code === undefined && !this.#isClosed,
      ...(code === undefined ? {} : { lastErrorCode: code }),
    };
  }

  async probe(): Promise<LedgerStatus> {
    if (this.#lastErrorCode !== undefined) {
      try {
        const nowMs = readClock(this.#parts.clock);
        await this.#attempt(async (connection) => {
          const open = await this.#open(connection, { nowMs });
          this.#requireNotBehind(nowMs, open);
          requireRemembered(nowMs, open.loaded.head.forgottenThroughMs);
          // Writes the row as it is, durably.
          await connection.send(TOUCH);
          await connection.send('COMMIT');
        });
      } catch {
        // The status says so.
      }
    }
    return this.status();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { writer, reader, mark, checkpointFile, release } = this.#parts;
    const ends = [() => checkpointFile.close(), () => mark.close(), () => writer.close()];
    for (const end of [...ends, () => reader.close(), release]) {
      try {
        end();
      } catch {
        // Everything acknowledged is in the store already.
      }
    }
  }

  async #intents(
    where: string,
    parameters: readonly Parameter[],
  ): Promise<readonly StoredIntent[]> {
    const { rows } = await this.#fetch(`${INTENTS}${where}`, parameters);
    if (rows.length === 0) return [];
    const ids = JSON.stringify(rows.map((row) => readText(row, 'id')));
    const answers = (await this.#fetch(ANSWERS, [ids])).rows;
    return rows.map((row) => {
      const own = answers.filter((answer) => answer.intent_id === row.id);
      return readIntent(row, own.map(readAnswer));
    });
  }

  /**
   * Logs entries when `change` changes something, in the same transaction, and answers the first. When
   * it does not, whatever it did is undone.
   */
  async #note(
    entries: readonly Uint8Array[],
    needs: Omit<Needs, 'nowMs'>,
    clock: 'any' | 'right',
    change: (open: Open) => boolean,
  ): Promise<Appended | undefined> {
    entries.forEach(requireEntry);
    requireStorableTexts([...(needs.scopes ?? []), ...(needs.slots ?? [])]);
    const nowMs = readClock(this.#parts.clock);
    const written = await this.#write({ ...needs, nowMs }, (open) => {
      if (clock === 'right') this.#requireNotBehind(nowMs, open);
      if (!change(open)) return undefined;
      return unchanged(
        open,
        entries.map((entry) => open.draft.append(entry)),
      );
    });
    return written?.result[0];
  }

  /**
   * One transaction: lock and load, `work` in memory, write back and COMMIT.
   *
   * @returns `undefined` when `work` answers that, and then nothing is written.
   */
  #write<T>(
    needs: Needs,
    work: (open: Open) => Written<T> | undefined,
  ): Promise<{ readonly result: T; readonly sentAtMs: number } | undefined> {
    return this.#attempt(async (connection) => {
      const entries: NewEntry[] = [];
      const open = await this.#open(connection, needs, entries);
      const outcome = work(open);
      if (outcome === undefined) {
        await connection.send('ROLLBACK');
        return undefined;
      }
      const sentAtMs = await this.#finish(connection, open, entries, outcome);
      return { result: outcome.result, sentAtMs };
    });
  }

  async #open(connection: Connection, needs: Needs, entries: NewEntry[] = []): Promise<Open> {
    const sizes = unique([this.#known, this.#doubtful].flatMap((head) => head?.size ?? []));
    const loaded = await beginAndLoad(connection, { ...needs, sizes });
    this.#requireSound(loaded);
    const { head } = loaded;
    const append = (index: number, entry: Uint8Array, hashes: Uint8Array): void => {
      entries.push({ index, entry, hashes });
    };
    return {
      loaded,
      draft: createDraft({ append }, frontierOf(head)),
      nonces: createMemoryNonces(loaded.nonces),
      freezes: createMemoryFreezes(loaded.freezes),
      buckets: createMemoryBuckets(loaded.buckets),
      intents: createMemoryIntents(loaded.intents),
      highWaterMs: Math.max(head.highWaterMs, needs.nowMs),
    };
  }

  /** Signs, writes and commits. @returns When COMMIT was handed over. */
  async #finish(
    connection: Connection,
    open: Open,
    entries: readonly NewEntry[],
    outcome: Written<unknown>,
  ): Promise<number> {
    const buckets = open.buckets.changes();
    const head = this.#nextHead(open.draft.frontier, outcome, buckets.nextId);
    const nonces = open.nonces.changes();
    const freezes = open.freezes.changes();
    const intents = open.intents.changes();
    const changes = { head, entries, nonces, freezes, buckets, intents };
    // INVARIANT: from here on it may be durable although nobody hears of it.
    this.#doubtful = head;
    const report = await writeAndCommit(connection, changes);
    this.#doubtful = undefined;
    if (report.failure !== undefined) throw report.failure;
    this.#adopt(head);
    return report.sentAtMs;
  }

  #nextHead(frontier: Frontier, outcome: Written<unknown>, nextBucketId: number): SharedHead {
    const { signer } = this.#parts;
    const { size } = frontier;
    const rootHash = frontierRoot(frontier);
    const text = formatCheckpoint({ origin: signer.key.name, size, rootHash });
    const { highWaterMs, forgottenThroughMs, nonceCount } = outcome;
    return {
      size,
      note: signNote(text, signer),
      highWaterMs,
      forgottenThroughMs,
      schemaVersion: SCHEMA_VERSION,
      peaks: frontier.peaks,
      nonceCount,
      nextBucketId,
    };
  }

  /**
   * Refuses to build on a store that is not what was seen last: older, another one, or altered. And
   * finds out what became of a COMMIT nobody answered.
   */
  #requireSound({ head, notes }: Loaded): void {
    if (head.schemaVersion > SCHEMA_VERSION) {
      const details = { version: head.schemaVersion, newest: SCHEMA_VERSION };
      throw new BoundaryError('ERR_STORE_NEWER', { details });
    }
    if (notes.get(this.#known.size) !== this.#known.note) {
      throw rolledBack('the store does not know a checkpoint that was seen in it', {
        size: head.size,
        seen: this.#known.size,
      });
    }
    if (head.note !== this.#known.note) {
      const { rootHash } = requireSigned(head, this.#parts.identity);
      if (Buffer.compare(rootHash, frontierRoot(frontierOf(head))) !== 0) {
        throw corruptStore('the tree does not have the root of the newest checkpoint');
      }
    }
    const doubtful = this.#doubtful;
    this.#doubtful = undefined;
    const isWritten = doubtful !== undefined && notes.get(doubtful.size) === doubtful.note;
    this.#adopt(isWritten && doubtful.size > head.size ? doubtful : head);
  }

  /** Takes note of a head that is durable. */
  #adopt(head: Head): void {
    const { mark, checkpointFile } = this.#parts;
    if (head.note === this.#known.note) return;
    this.#known = head;
    mark.write(head.size);
    checkpointFile.offer(head.note);
  }

  #requireNotBehind(nowMs: number, { loaded }: Open): void {
    requireNotBehind(nowMs, loaded.head.highWaterMs, this.#parts.clockToleranceMs);
  }

  /** Runs one attempt to write; a failed one is remembered. */
  async #attempt<T>(step: (connection: Connection) => Promise<T>): Promise<T> {
    this.#requireUsable();
    try {
      const result = await this.#parts.writer.run(step);
      this.#lastErrorCode = undefined;
      return result;
    } catch (cause) {
      throw this.#remember(toStoreError(cause));
    }
  }

  /** Answers a question about the log as it is now. */
  async #view<T>(step: (rows: LogRows, head: Head) => T): Promise<T> {
    const { rows } = await this.#fetch(HEAD, []);
    const [row] = rows;
    if (row === undefined) throw corruptStore('no checkpoint is stored');
    const head = headOf(row);
    return readThrough(
      (text, parameters) => this.#fetch(text, parameters),
      (source) => step(source, head),
    );
  }

  async #fetch(text: string, parameters: readonly Parameter[]): Promise<Answer> {
    this.#requireUsable();
    try {
      return await this.#parts.reader.run((connection) => connection.send(text, parameters));
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
    const isFinal = error.code === 'ERR_STORE_CORRUPT' || error.code === 'ERR_LOG_ROLLED_BACK';
    if (isFinal) this.#damage = error;
    return error;
  }
}

function frontierOf({ size, peaks }: SharedHead): Frontier {
  return { size, peaks: [...peaks] };
}

function unchanged<T>({ loaded, highWaterMs }: Open, result: T): Written<T> {
  const { forgottenThroughMs, nonceCount } = loaded.head;
  return { result, highWaterMs, forgottenThroughMs, nonceCount };
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
