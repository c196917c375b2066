/**
 * The keyring beside starknet.js on bare node:http: rates, CPU time, latency.
 *
 * Both sides run at the same time and are loaded in turns, so that what else the machine does falls
 * on both. Reported is the median of the rounds.
 *
 * @module
 */

import { commitName, type Measured, machineName, type Report, type Row } from '../report.ts';
import { runLoad } from './load.ts';
import { measureParts } from './parts.ts';
import { type Side, startOurs, startPeer } from './sides.ts';

interface Case {
  readonly calls: number;
  readonly concurrency: number;
}

const CASES: readonly Case[] = [
  { calls: 1, concurrency: 1 },
  { calls: 1, concurrency: 32 },
  { calls: 10, concurrency: 1 },
  { calls: 10, concurrency: 32 },
];
const ROUNDS = 5;
const ROUND_MS = 1_500;
const WARM_UP_MS = 2_000;

export async function runKeyringBenchmark(progress: (text: string) => void): Promise<Report> {
  progress('starting both sides');
  const [ours, peer] = [await startOurs(), await startPeer()];
  try {
    for (const side of [ours, peer]) {
      await runLoad({ port: side.port, calls: 10, concurrency: 8, durationMs: WARM_UP_MS });
    }
    const rows: Row[] = [];
    for (const item of CASES) rows.push(await measureCase(item, ours, peer, progress));
    progress('measuring the parts');
    const parts = await measureParts();
    return { name: 'keyring', machine: machineName(), commit: commitName(), rows, parts };
  } finally {
    await Promise.all([ours.stop(), peer.stop()]);
  }
}

async function measureCase(
  { calls, concurrency }: Case,
  ours: Side,
  peer: Side,
  progress: (text: string) => void,
): Promise<Row> {
  const name = `${calls} ${calls === 1 ? 'call' : 'calls'}, concurrency ${concurrency}`;
  const mine: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${name}: round ${round} of ${ROUNDS}`);
    mine.push(await measure(ours, calls, concurrency));
    theirs.push(await measure(peer, calls, concurrency));
  }
  const [a, b] = [median(mine), median(theirs)];
  return {
    case: name,
    ours: a,
    peer: b,
    ratio: a.ratePerSec / b.ratePerSec,
    cpuRatio: b.cpuMsPerRequest / a.cpuMsPerRequest,
  };
}

async function measure(side: Side, calls: number, concurrency: number): Promise<Measured> {
  const cpuBefore = side.cpuMs();
  const load = { port: side.port, calls, concurrency, durationMs: ROUND_MS };
  const { requests, seconds, latencies } = await runLoad(load);
  return {
    ratePerSec: requests / seconds,
    cpuMsPerRequest: (side.cpuMs() - cpuBefore) / requests,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

function median(rounds: readonly Measured[]): Measured {
  const middle = (pick: (round: Measured) => number): number =>
    quantile(
      rounds.map(pick).sort((a, b) => a - b),
      0.5,
    );
  return {
    ratePerSec: middle((round) => round.ratePerSec),
    cpuMsPerRequest: middle((round) => round.cpuMsPerRequest),
    p50Ms: middle((round) => round.p50Ms),
    p99Ms: middle((round) => round.p99Ms),
  };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
