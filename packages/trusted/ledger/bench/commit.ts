/**
 * How long a commit takes, beside a bare SQLite commit of one row on the same disk at the same time.
 *
 * Usage: `node bench/commit.ts [commits] [directory]`; 3,000 commits below the system's directory for
 * temporary files when left out. Prints one line per measurement, microseconds.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, hrtime } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { openLedger, type PendingDecision } from '../src/index.ts';

const commits = Number(argv[2] ?? 3_000);
const directory = mkdtempSync(join(argv[3] ?? tmpdir(), 'countersign-bench-'));
const ENTRY = randomBytes(1_024);
const LARGE_BATCH = 32;

function decision(): PendingDecision {
  return {
    nonceKey: JSON.stringify(['bench', randomBytes(16).toString('hex')]),
    nonceExpiresAtMs: Date.now() + 120_000,
    scopes: ['all'],
    charges: [],
    entryOf: () => ENTRY,
  };
}

/** Microseconds of each of `count` calls; `prepare` is not timed. */
function measure<T>(samples: number[], prepare: () => T, call: (input: T) => unknown): void {
  const input = prepare();
  const start = hrtime.bigint();
  call(input);
  samples.push(Number(hrtime.bigint() - start) / 1_000);
}

function report(name: string, samples: number[]): void {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0);
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const figures = `median ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  mean ${mean.toFixed(0)}`;
  console.log(`${name.padEnd(34)} ${figures}  (${samples.length} calls)`);
}

function openBare(): () => void {
  const db = new DatabaseSync(join(directory, 'bare.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (b BLOB)');
  const statements = ['BEGIN IMMEDIATE', 'INSERT INTO t VALUES (?)', 'COMMIT'];
  const [begin, insert, commit] = statements.map((sql) => db.prepare(sql));
  return () => {
    begin?.run();
    insert?.run(ENTRY);
    commit?.run();
  };
}

const seal = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
const clock = { nowMs: () => Date.now() };
const ledger = openLedger({ dataDir: join(directory, 'data'), clock, seal });
const bareCommit = openBare();
const bare: number[] = [];
const single: number[] = [];
const large: number[] = [];
const receipts: number[] = [];

// Interleaved, so that whatever else the machine does falls on all of them alike.
for (let at = 0; at < commits; at += 1) {
  measure(bare, () => undefined, bareCommit);
  measure(
    single,
    () => [decision()],
    (batch) => ledger.commit(batch),
  );
  measure(
    receipts,
    () => ledger.size() - 1,
    (index) => ledger.receipt(index),
  );
  if (at % 8 !== 0) continue;
  measure(
    large,
    () => Array.from({ length: LARGE_BATCH }, decision),
    (batch) => ledger.commit(batch),
  );
}

console.log(`microseconds; entries of ${ENTRY.length} bytes; log of ${ledger.size()} entries`);
report('bare SQLite commit, one row', bare);
report('ledger commit, batch of 1', single);
report(`ledger commit, batch of ${LARGE_BATCH}`, large);
report('receipt of the newest entry', receipts);
ledger.close();
rmSync(directory, { recursive: true, force: true });
