/**
 * kill -9 at any moment: nothing that was acknowledged is lost, and no nonce works twice.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseVerifierKey, verifyTlogProof } from '@countersign/tlog';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { codeOf, newDataDir } from '../test/harness.ts';
import type { Ledger } from './ledger.ts';
import { openLedgerReader } from './ledger-reader.ts';
import { openLedger } from './open-ledger.ts';

const COMMITTER = fileURLToPath(new URL('../test/committer.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const RUNS = 40;
const FIRST_STARTS = 8;
const SPENDING_RUNS = 15;
/** Reached after some of the runs: what is refused from then on must not be let in by a crash. */
const CAP = 300;

interface Acknowledged {
  readonly index: number;
  readonly id: string;
}

const open = (dataDir: string): Ledger =>
  openLedger({
    dataDir,
    clock: { nowMs: () => Date.now() },
    seal: { seal: (bytes) => bytes, open: (bytes) => bytes },
  });

const entryOf = (id: string) => Buffer.from(`allow ${id}`.padEnd(700, '.'), 'utf8');

/** Compiled once for all runs: most of the time of a run is otherwise spent on loading. */
const compileCache = mkdtempSync(join(tmpdir(), 'countersign-compiled-'));
afterAll(() => rmSync(compileCache, { recursive: true, force: true }));

const start = (
  dataDir: string,
  given: readonly string[],
  ...flags: readonly string[]
): ChildProcess => {
  const child = spawn(process.execPath, [...flags, COMMITTER, dataDir, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
};

/** Everything the process said in whole lines until it was killed. */
const linesUntilKilled = async (
  child: ChildProcess,
  isTime: (lines: readonly string[]) => boolean,
  thenWaitMs: number,
): Promise<readonly string[]> => {
  let text = '';
  let isKilled = false;
  const ended = once(child, 'close');
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (isKilled || !isTime(text.split('\n').slice(0, -1))) return;
    isKilled = true;
    void delay(thenWaitMs).then(() => child.kill('SIGKILL'));
  });
  await ended;
  expect(child.signalCode).toBe('SIGKILL');
  return text.split('\n').slice(0, -1);
};

const acknowledgedIn = (lines: readonly string[]): readonly Acknowledged[] =>
  lines
    .filter((line) => line !== 'opening' && line !== 'open')
    .flatMap((line) => line.split(','))
    .map((item) => {
      const [index, fresh, id = ''] = item.split(' ');
      expect(fresh).toBe('true');
      return { index: Number(index), id };
    });

const isAllowed = (entry: Uint8Array) => Buffer.from(entry).includes('"outcome":"allow"');

/** Asserts that each acknowledged entry is in the log, provably, and its nonce is used up. */
const expectKept = (ledger: Ledger, acknowledged: readonly Acknowledged[]) => {
  const logKeys = [parseVerifierKey(ledger.verifierKey())];
  for (const { index, id } of acknowledged) {
    const proofText = ledger.receipt(index) ?? '';
    expect(verifyTlogProof({ proofText, entry: entryOf(id), logKeys }).index).toBe(index);
  }
  const replayed = ledger.commit(
    acknowledged.map(({ id }) => ({
      nonceKey: id,
      nonceExpiresAtMs: Date.now() + 120_000,
      scopes: [],
      charges: [],
      entryOf: ({ kind }) => entryOf(`${kind} again ${id}`),
    })),
  );
  expect(replayed.filter(({ fresh }) => fresh)).toEqual([]);
};

describe('a signer that is killed', () => {
  it(`while it commits, ${RUNS} times, loses nothing it acknowledged`, {
    timeout: 400_000,
  }, async () => {
    const dataDir = newDataDir();
    let total = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const commits = Math.floor(Math.random() * 40);
      const lines = await linesUntilKilled(
        start(dataDir, [`run-${run}`]),
        (said) => said.length >= 2 + commits,
        Math.random() * 3,
      );
      const acknowledged = acknowledgedIn(lines);
      const ledger = open(dataDir);
      expectKept(ledger, acknowledged);
      ledger.close();
      total += acknowledged.length;
    }
    expect(total).toBeGreaterThan(RUNS);
    const reader = openLedgerReader(dataDir);
    expect(reader.checkLog().fault).toBeUndefined();
    expect(reader.size()).toBeGreaterThanOrEqual(2 * total);
    reader.close();
  });

  it(`while it spends, ${SPENDING_RUNS} times, never spends more than the cap, and its log proves it`, {
    timeout: 200_000,
  }, async () => {
    const dataDir = newDataDir();
    let acknowledged = 0;
    for (let run = 0; run < SPENDING_RUNS; run += 1) {
      const commits = 1 + Math.floor(Math.random() * 30);
      const lines = await linesUntilKilled(
        start(dataDir, [`run-${run}`, `${CAP}`]),
        (said) => said.length >= 2 + commits,
        Math.random() * 3,
      );
      acknowledged += lines.join().split(' true ').length - 1;
      // Opening adds up every bucket.
      open(dataDir).close();
      const reader = openLedgerReader(dataDir);
      expect(reader.checkSpending().fault).toBeUndefined();
      const fresh = [...reader.entries()].filter(({ entry }) => isAllowed(entry)).length;
      reader.close();
      expect(fresh).toBeGreaterThanOrEqual(acknowledged);
      expect(fresh).toBeLessThanOrEqual(CAP);
    }
    expect(acknowledged).toBeGreaterThan(0);
  });

  it(`during its first start, ${FIRST_STARTS} times, can start again`, {
    timeout: 200_000,
  }, async () => {
    for (let run = 0; run < FIRST_STARTS; run += 1) {
      const dataDir = newDataDir();
      const lines = await linesUntilKilled(
        start(dataDir, ['first']),
        (said) => said.includes('opening'),
        Math.random() * 40,
      );
      const ledger = open(dataDir);
      expectKept(ledger, acknowledgedIn(lines));
      ledger.close();
    }
  });
});

describe('a signer in another process', { timeout: 100_000 }, () => {
  it('has the directory to itself, and a reader beside it sees its log', async () => {
    const dataDir = newDataDir();
    const child = start(dataDir, ['other']);
    const codes: (string | undefined)[] = [];
    let seen = 0;
    const lines = await linesUntilKilled(
      child,
      (said) => {
        if (said.length < 3) return false;
        codes.push(codeOf(() => open(dataDir).close()));
        const reader = openLedgerReader(dataDir);
        seen = reader.size();
        expect(reader.checkLog({ from: seen - 1 }).ok).toBe(true);
        reader.close();
        return true;
      },
      0,
    );
    expect(codes).toEqual(['ERR_STORE_IN_USE']);
    expect(seen).toBeGreaterThan(0);
    const ledger = open(dataDir);
    expectKept(ledger, acknowledgedIn(lines));
    ledger.close();
  });

  it('works under the permission model, with its data directory alone to write to', async () => {
    const dataDir = newDataDir();
    mkdirSync(dataDir, { mode: 0o700 });
    const flags = [`--allow-fs-read=${ROOT}`, `--allow-fs-read=${dataDir}`];
    const child = start(dataDir, ['held'], '--permission', ...flags, `--allow-fs-write=${dataDir}`);
    const first = () => readFileSync(join(dataDir, 'checkpoint'), 'utf8').split('\n')[1];
    const lines = await linesUntilKilled(child, (said) => said.length >= 30 && first() !== '0', 0);
    const ledger = open(dataDir);
    expectKept(ledger, acknowledgedIn(lines));
    ledger.close();
  });
});
