/**
 * Decisions per second of the policy language, beside an interpreter that walks the JSON.
 *
 * Both decide the same requests by the same documents in turns, in one process, and are seen to agree
 * first. The interpreter keeps to the same strict rules and knows only what these policies use.
 * Reported is the median of the rounds.
 *
 * @module
 */

import { keccak256, selectorOf } from '@countersign/crypto';
import { compilePolicy, evaluatePolicy } from '@countersign/policy';
import { commitName, type Measured, machineName, type Report, type Row } from '../report.ts';
import { naivelyAllows } from './naive-evaluator.ts';
import { shopIntent, shopPolicy } from './shop.ts';

interface Case {
  readonly rules: number;
  readonly calls: number;
}

const CASES: readonly Case[] = [
  { rules: 10, calls: 1 },
  { rules: 100, calls: 1 },
  { rules: 100, calls: 10 },
  { rules: 256, calls: 1 },
];
const ROUNDS = 5;
const ROUND_MS = 400;
const WARM_UP_MS = 500;

type Decide = () => boolean;

export async function runPolicyBenchmark(progress: (text: string) => void): Promise<Report> {
  const rows = CASES.map((item) => measureCase(item, progress));
  return { name: 'policy', machine: machineName(), commit: commitName(), rows };
}

function measureCase({ rules, calls }: Case, progress: (text: string) => void): Row {
  const name = `${rules} rules, ${calls} ${calls === 1 ? 'call' : 'calls'}`;
  const [ours, peer] = sides(rules, calls);
  if (!ours() || !peer()) throw new Error(`${name}: both sides must allow the request`);
  measure(ours, WARM_UP_MS);
  measure(peer, WARM_UP_MS);
  const mine: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${name}: round ${round} of ${ROUNDS}`);
    mine.push(measure(ours, ROUND_MS));
    theirs.push(measure(peer, ROUND_MS));
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

function sides(rules: number, calls: number): readonly [ours: Decide, peer: Decide] {
  const transfer = selectorOf('transfer');
  const names = new Map([[transfer, 'transfer']]);
  const document = shopPolicy(rules);
  const policy = compilePolicy(document, { selectorOf, keccak256 });
  const intent = shopIntent(calls, transfer);
  return [
    () => evaluatePolicy(policy, intent).outcome === 'allow',
    () => naivelyAllows(document, intent.action, names),
  ];
}

function measure(decide: Decide, durationMs: number): Measured {
  const latencies: number[] = [];
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  let before = start;
  while (before - start < durationMs) {
    decide();
    const now = performance.now();
    latencies.push(now - before);
    before = now;
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  return {
    ratePerSec: (latencies.length / (before - start)) * 1_000,
    cpuMsPerRequest: (user + system) / 1_000 / latencies.length,
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
