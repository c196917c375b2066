/**
 * Intents that wait for approvals, and the answers to them.
 *
 * The ledger keeps documents and evidence as they are; what they mean is the signer's business, which
 * checks both again whenever it relies on them.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { type Row, readCount, readText } from './columns.ts';

/** An intent as it is handed in. */
export interface NewIntent {
  /** 1 to 64 characters, never used before. */
  readonly id: string;
  /** At most 262,144 characters. */
  readonly document: string;
  /** SHA-256 of the document, lower hex. */
  readonly digest: string;
  /** Who asked: 1 to 512 characters, by convention `client:<id>` or `operator:<id>`. */
  readonly owner: string;
  /** First millisecond at which it is over. */
  readonly expiresAtMs: number;
}

/** An intent as it is kept, with everything that was said about it. */
export interface StoredIntent extends NewIntent {
  /** Index of the entry that says it was asked for. */
  readonly askedAt: number;
  /** Index of the entry that says it was executed; `undefined` until then. */
  readonly executedAt: number | undefined;
  /** In order of approver. */
  readonly answers: readonly StoredAnswer[];
}

export interface StoredAnswer {
  readonly approver: string;
  readonly answer: 'approve' | 'deny';
  /** What proves it, as text; at most 65,535 characters. */
  readonly evidence: string;
  /** Index of the entry about it. */
  readonly entry: number;
}

/** Writing methods write inside the transaction that is open. */
export interface Intents {
  /** Also forgets some that ended long ago. */
  add(intent: NewIntent, askedAt: number, atMs: number): void;
  /** Answers whether this approver had not answered before, and the intent is there. */
  answer(intentId: string, answer: StoredAnswer): boolean;
  /** Answers whether it was there and had not been executed. */
  execute(intentId: string, executedAt: number): boolean;
  /** Answers whether {@link execute} would. */
  isOpen(intentId: string): boolean;
  find(intentId: string): StoredIntent | undefined;
  /** Those that are neither over nor executed, latest end first. */
  waiting(nowMs: number, limit: number): readonly StoredIntent[];
  /** How many of one owner are neither over nor executed. */
  countWaiting(owner: string, nowMs: number): number;
}

/** An intent is forgotten this long after its end: until then its id says what became of it. */
export const KEPT_MS = 7 * 24 * 3_600_000;
/** Most that are forgotten for each one added, so that the table stops growing. */
export const FORGOTTEN_AT_ONCE = 4;

/** @param db - A connection to a ledger of the newest schema. */
export function createIntents(db: DatabaseSync): Intents {
  const insert = db.prepare(
    'INSERT INTO intents (id, document, digest, owner, asked_at, expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const ended = db.prepare('SELECT id FROM intents WHERE expires_at_ms < ? LIMIT ?');
  const remove = db.prepare('DELETE FROM intents WHERE id = ?');
  const removeAnswers = db.prepare('DELETE FROM intent_answers WHERE intent_id = ?');
  const insertAnswer = db.prepare(
    `INSERT INTO intent_answers (intent_id, approver, answer, evidence, entry)
     SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM intents WHERE id = ?)
     ON CONFLICT DO NOTHING`,
  );
  const execute = db.prepare(
    'UPDATE intents SET executed_at = ? WHERE id = ? AND executed_at IS NULL',
  );
  const open = db.prepare('SELECT 1 FROM intents WHERE id = ? AND executed_at IS NULL');
  const find = db.prepare('SELECT * FROM intents WHERE id = ?');
  const waiting = db.prepare(
    `SELECT * FROM intents WHERE expires_at_ms > ? AND executed_at IS NULL
     ORDER BY expires_at_ms DESC LIMIT ?`,
  );
  const count = db.prepare(
    'SELECT count(*) AS count FROM intents WHERE owner = ? AND expires_at_ms > ? AND executed_at IS NULL',
  );
  const answers = db.prepare('SELECT * FROM intent_answers WHERE intent_id = ? ORDER BY approver');
  const stored = (row: Row): StoredIntent =>
    readIntent(row, answers.all(readText(row, 'id')).map(readAnswer));

  function forget(atMs: number): void {
    for (const row of ended.all(atMs - KEPT_MS, FORGOTTEN_AT_ONCE)) {
      const id = readText(row, 'id');
      removeAnswers.run(id);
      remove.run(id);
    }
  }

  return {
    add({ id, document, digest, owner, expiresAtMs }, askedAt, atMs) {
      forget(atMs);
      insert.run(id, document, digest, owner, askedAt, expiresAtMs);
    },
    answer: (id, { approver, answer, evidence, entry }) =>
      Number(insertAnswer.run(id, approver, answer, evidence, entry, id).changes) === 1,
    execute: (id, executedAt) => Number(execute.run(executedAt, id).changes) === 1,
    isOpen: (id) => open.get(id) !== undefined,
    find: (id) => {
      const row = find.get(id);
      return row === undefined ? undefined : stored(row);
    },
    waiting: (nowMs, limit) => waiting.all(nowMs, limit).map(stored),
    countWaiting: (owner, nowMs) => readCount(count.get(owner, nowMs) ?? {}, 'count'),
  };
}

/** Intent of a row with all columns of its table. */
export function readIntent(row: Row, answers: readonly StoredAnswer[]): StoredIntent {
  return {
    id: readText(row, 'id'),
    document: readText(row, 'document'),
    digest: readText(row, 'digest'),
    owner: readText(row, 'owner'),
    askedAt: readCount(row, 'asked_at'),
    expiresAtMs: readCount(row, 'expires_at_ms'),
    executedAt: row.executed_at === null ? undefined : readCount(row, 'executed_at'),
    answers,
  };
}

/** Answer of a row with all columns of its table. */
export function readAnswer(row: Row): StoredAnswer {
  return {
    approver: readText(row, 'approver'),
    answer: readText(row, 'answer') === 'approve' ? 'approve' : 'deny',
    evidence: readText(row, 'evidence'),
    entry: readCount(row, 'entry'),
  };
}
