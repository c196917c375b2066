/**
 * The shape every benchmark of the project reports in, and its table.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** What was measured of one side. */
export interface Measured {
  readonly ratePerSec: number;
  /** CPU time of all processes of this side, per request. */
  readonly cpuMsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Row {
  readonly case: string;
  readonly ours: Measured;
  readonly peer: Measured;
  /** Our rate over the peer's. */
  readonly ratio: number;
  /** The peer's CPU time per request over ours. */
  readonly cpuRatio: number;
}

export interface Report {
  readonly name: string;
  readonly machine: string;
  readonly commit: string;
  readonly rows: readonly Row[];
  /** Where the time of one request goes, by part. */
  readonly parts?: readonly { readonly part: string; readonly microseconds: number }[];
}

export function machineName(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, Node ${process.version}`;
}

/** Short hash of the checked-out commit, with a plus sign when the tree differs from it. */
export function commitName(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { encoding: 'utf8' }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}

/** The report as a table for people. */
export function reportTable({ name, machine, commit, rows, parts = [] }: Report): string {
  const head = [
    'case',
    'ours req/s',
    'peer req/s',
    'ratio',
    'ours CPU ms',
    'peer CPU ms',
    'ours p50 / p99 ms',
    'peer p50 / p99 ms',
  ];
  const body = rows.map(({ case: what, ours, peer, ratio }) => [
    what,
    ours.ratePerSec.toFixed(0),
    peer.ratePerSec.toFixed(0),
    `${ratio.toFixed(1)} x`,
    ours.cpuMsPerRequest.toFixed(2),
    peer.cpuMsPerRequest.toFixed(2),
    `${ours.p50Ms.toFixed(2)} / ${ours.p99Ms.toFixed(2)}`,
    `${peer.p50Ms.toFixed(2)} / ${peer.p99Ms.toFixed(2)}`,
  ]);
  const breakdown = parts.map(
    ({ part, microseconds }) => `  ${part.padEnd(44)} ${microseconds.toFixed(0).padStart(6)} us`,
  );
  return [
    `${name} at ${commit}, ${machine}`,
    '',
    ...markdown([head, ...body]),
    '',
    ...breakdown,
  ].join('\n');
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
