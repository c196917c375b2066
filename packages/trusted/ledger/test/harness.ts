/**
 * What the tests of the ledger share: directories, clocks, decisions, and a ledger whose connection a
 * test can reach.
 *
 * @module
 */

import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type BoundaryError, isBoundaryError } from '@countersign/protocol';
import { parseVerifierKey, verifyTlogProof } from '@countersign/tlog';
import { onTestFinished } from 'vitest';
import { openAcknowledgedMark } from '../src/acknowledged-mark.ts';
import { createCheckpointFile } from '../src/checkpoint-file.ts';
import { openWriter } from '../src/connection.ts';
import { dataDirectoryAt } from '../src/data-directory.ts';
import { lockDirectory } from '../src/directory-lock.ts';
import { createHeadStore } from '../src/head-store.ts';
import { readIdentity } from '../src/identity.ts';
import type { Ledger } from '../src/ledger.ts';
import { type LedgerReader, openLedgerReader } from '../src/ledger-reader.ts';
import { openLogKey, type Seal } from '../src/log-key.ts';
import { type LedgerOptions, openLedger } from '../src/open-ledger.ts';
import { SqliteLedger } from '../src/sqlite-ledger.ts';
import { bytesOf, decisionOf, NOW_MS, TTL_MS } from './decisions.ts';
import { sharedStore } from './which-store.ts';

export { bytesOf, decisionOf, NOW_MS, TTL_MS };

/** A clock that shows what it is told. */
export interface TestClock {
  nowMs(): number;
  set(nowMs: number): void;
  advance(byMs: number): void;
}

export function createTestClock(startMs: number = NOW_MS): TestClock {
  let now = startMs;
  return {
    nowMs: () => now,
    set: (nowMs) => {
      now = nowMs;
    },
    advance: (byMs) => {
      now += byMs;
    },
  };
}

/** Not a seal, but it shows whether sealing was asked for. */
export const TEST_SEAL: Seal = {
  seal: (bytes) => Uint8Array.from([0x5e, ...bytes.map((byte) => byte ^ 0xff)]),
  open: (sealed) => sealed.slice(1).map((byte) => byte ^ 0xff),
};

/** Memory, where there is such a file system: what is tested here does not depend on real flushes. */
const FAST = '/dev/shm';

/** A path inside a fresh directory that goes away with the test. Nothing is at the path yet. */
export function newDataDir(): string {
  const base = existsSync(FAST) ? FAST : tmpdir();
  const parent = mkdtempSync(join(base, 'countersign-ledger-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, 'data');
}

export function openTestLedger(dataDir: string, options: Partial<LedgerOptions> = {}): Ledger {
  const clock = createTestClock();
  const ledger =
    sharedStore()?.open(dataDir, { clock, ...options }) ??
    openLedger({ dataDir, clock, seal: TEST_SEAL, ...options });
  onTestFinished(() => {
    ledger.close();
    sharedStore()?.release(dataDir);
  });
  return ledger;
}

/** A reader of the same ledger; of a shared one as it is now. */
export function openTestReader(dataDir: string): LedgerReader {
  const store = sharedStore();
  if (store === undefined) return openLedgerReader(dataDir);
  const copy = newDataDir();
  store.copy(dataDir, copy);
  return openLedgerReader(copy);
}

/** A ledger on an existing directory with its connection, as `openLedger` assembles it. */
export function openInside(
  dataDir: string,
  options: Partial<LedgerOptions> & { readonly wrap?: (db: DatabaseSync) => DatabaseSync } = {},
): { readonly ledger: Ledger; readonly db: DatabaseSync } {
  const directory = dataDirectoryAt(dataDir);
  const lock = lockDirectory(directory.lock);
  const db = openWriter(directory.database);
  const ledger = new SqliteLedger({
    db: options.wrap?.(db) ?? db,
    signer: openLogKey(directory, TEST_SEAL, readIdentity(db).origin),
    clock: options.clock ?? createTestClock(),
    clockToleranceMs: options.clockToleranceMs ?? 10_000,
    retainedNonces: options.retainedNonces ?? 65_536,
    mark: openAcknowledgedMark(directory.acknowledged, createHeadStore(db).newest()?.size ?? 0),
    checkpointFile: createCheckpointFile(directory.checkpoint),
    release: () => lock.release(),
  });
  onTestFinished(() => ledger.close());
  return { ledger, db };
}

/** A connection whose COMMIT does what `commit` says; everything else is as it was. */
export function withCommit(
  db: DatabaseSync,
  commit: (statement: StatementSync) => void,
): DatabaseSync {
  const prepare = (sql: string) => {
    const statement = db.prepare(sql);
    return sql === 'COMMIT' ? { run: () => commit(statement) } : statement;
  };
  return new Proxy(db, {
    get: (target, name) => {
      const value: unknown = name === 'prepare' ? prepare : Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What SQLite throws when the disk does not answer. */
export function ioError(): Error {
  return Object.assign(new Error('disk I/O error'), { errcode: 10 });
}

export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}

/** What `step` throws, which must be one of our errors. */
export function errorOf(step: () => unknown): BoundaryError {
  try {
    step();
  } catch (error) {
    if (isBoundaryError(error)) return error;
    throw error;
  }
  throw new Error('expected an error');
}

/** Code of the error that `step` throws, `undefined` when it throws none. */
export function codeOf(step: () => unknown): string | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    if (isBoundaryError(error)) return error.code;
    throw error;
  }
}

/** Every entry of a log, each one proven to be in it by its own receipt. */
export function provenEntries(
  ledger: Pick<Ledger, 'size' | 'entry' | 'receipt' | 'verifierKey'>,
): (string | undefined)[] {
  const logKeys = [parseVerifierKey(ledger.verifierKey())];
  return Array.from({ length: ledger.size() }, (_, index) => {
    const entry = ledger.entry(index) ?? new Uint8Array(0);
    const proofText = ledger.receipt(index) ?? '';
    const proof = verifyTlogProof({ proofText, entry, logKeys });
    if (proof.index !== index || proof.size !== ledger.size()) throw new Error('another proof');
    return textOf(entry);
  });
}

/** Puts another note into a row and makes its digest fit again, as only a forger would. */
export function replaceNote(dataDir: string, size: number, note: string): void {
  const db = new DatabaseSync(join(dataDir, 'ledger.db'));
  const row = db.prepare('SELECT * FROM checkpoints WHERE size = ?').get(size) ?? {};
  const text = `${size}\n${row.high_water_ms}\n${row.forgotten_through_ms}\n${note}`;
  const digest = hash('sha256', text, 'buffer');
  db.prepare('UPDATE checkpoints SET note = ?, digest = ? WHERE size = ?').run(note, digest, size);
  db.close();
}
