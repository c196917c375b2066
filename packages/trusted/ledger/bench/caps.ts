/**
 * Whether a cap check costs the same however long the log is and however many buckets there are.
 *
 * Usage: `node bench/caps.ts [rounds] [directory]`; 4,000 rounds below the system's directory for
 * temporary files when left out. Fills one ledger with 1,000 entries and 10 buckets and another with
 * 1,000,000 entries and 10,000 buckets by plain SQL, then lets both decide in turns. Prints JSON, times
 * in microseconds.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, hrtime, version } from 'node:process';
import {
  appendLeaf,
  createFrontier,
  formatCheckpoint,
  frontierRoot,
  hashLeaf,
  signNote,
} from '@countersign/tlog';
import { createBucketStore } from '../src/bucket-store.ts';
import { openWriter } from '../src/connection.ts';
import { dataDirectoryAt } from '../src/data-directory.ts';
import { createHeadStore } from '../src/head-store.ts';
import { readIdentity } from '../src/identity.ts';
import { type Ledger, openLedger, type PendingDecision } from '../src/index.ts';
import { openLogKey } from '../src/log-key.ts';
import { createLogStore } from '../src/log-store.ts';
import { entryKey } from '../src/spend-book.ts';

const rounds = Number(argv[2] ?? 4_000);
const directory = mkdtempSync(join(argv[3] ?? tmpdir(), 'countersign-caps-'));
const ENTRY = randomBytes(512);
const WINDOW = { type: 'sliding', seconds: 86_400 } as const;
const DAY_MS = 86_400_000;
const seal = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
const clock = { nowMs: () => Date.now() };

interface Size {
  readonly entries: number;
  readonly buckets: number;
}

/** A ledger of a size, each entry with one reservation of 1. */
function filled(name: string, { entries, buckets }: Size): Ledger {
  const dataDir = join(directory, name);
  openLedger({ dataDir, clock, seal }).close();
  const paths = dataDirectoryAt(dataDir);
  const db = openWriter(paths.database);
  const signer = openLogKey(paths, seal, readIdentity(db).origin);
  const log = createLogStore(db);
  const store = createBucketStore(db);
  const frontier = createFrontier(0, log);
  const untilMs = Date.now() + DAY_MS;
  db.exec('BEGIN');
  for (let index = 0; index < entries; index += 1) {
    const nodes = appendLeaf(frontier, hashLeaf(ENTRY));
    log.append(index, ENTRY, Buffer.concat(nodes.map((node) => node.hash)));
  }
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const total = BigInt(entries / buckets);
    const state = { id: undefined, anchorMs: undefined, freedThroughMs: -1, total };
    const { id } = store.save({ ...state, name: `bucket ${bucket}`, window: WINDOW });
    for (let index = bucket; index < entries; index += buckets) {
      store.hold(entryKey(index), { bucketId: id, amount: 1n, untilMs });
    }
  }
  const rootHash = frontierRoot(frontier);
  const text = formatCheckpoint({ origin: signer.key.name, size: entries, rootHash });
  const highWaterMs = Date.now();
  createHeadStore(db).insert({
    size: entries,
    note: signNote(text, signer),
    highWaterMs,
    forgottenThroughMs: 0,
  });
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  return openLedger({ dataDir, clock, seal });
}

function decision(bucket: number): PendingDecision {
  return {
    nonceKey: randomBytes(16).toString('hex'),
    nonceExpiresAtMs: Date.now() + 120_000,
    scopes: ['all', 'client:bench'],
    slot: randomBytes(8).toString('hex'),
    charges: [{ bucket: `bucket ${bucket}`, window: WINDOW, amount: 1n, max: 10n ** 18n }],
    spendableUntilMs: Date.now() + 300_000,
    entryOf: () => ENTRY,
  };
}

function measure(samples: number[], ledger: Ledger, bucket: number): void {
  const batch = [decision(bucket)];
  const start = hrtime.bigint();
  ledger.commit(batch);
  samples.push(Number(hrtime.bigint() - start) / 1_000);
}

function summary(samples: readonly number[]) {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return { median: at(0.5), p90: at(0.9), p99: at(0.99), calls: samples.length };
}

const SMALL: Size = { entries: 1_000, buckets: 10 };
const LARGE: Size = { entries: 1_000_000, buckets: 10_000 };
const small = filled('small', SMALL);
const large = filled('large', LARGE);
const times = { small: [] as number[], large: [] as number[] };
// In turns, so that whatever else the machine does falls on both alike.
for (let round = 0; round < rounds; round += 1) {
  measure(times.small, small, round % SMALL.buckets);
  measure(times.large, large, (round * 7_919) % LARGE.buckets);
}
small.close();
large.close();
rmSync(directory, { recursive: true, force: true });
const [a, b] = [summary(times.small), summary(times.large)];
const ratio = Math.round((b.median / a.median) * 1_000) / 1_000;
console.log(
  JSON.stringify(
    { node: version, unit: 'µs', small: { ...SMALL, ...a }, large: { ...LARGE, ...b }, ratio },
    null,
    2,
  ),
);
