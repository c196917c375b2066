/**
 * Runs vitest and reads its report.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface VitestRun {
  /** 128 plus the signal's number when a signal ended it. */
  readonly exitCode: number;
  /** The parsed JSON report; undefined when vitest left none. */
  readonly report: unknown;
}

export interface VitestOptions {
  /** Absolute path of the workspace. */
  readonly root: string;
  /** Passed on, e.g. paths to filter by. */
  readonly args: readonly string[];
  /** The whole environment of the tests. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether progress appears on our own stdout and stderr. */
  readonly output: 'inherit' | 'ignore';
}

/**
 * Runs `vitest run` and waits for it.
 *
 * @remarks Passes on SIGINT, SIGTERM and SIGHUP while it runs, except a Ctrl-C that the terminal
 *   has sent to the whole group already.
 */
export async function runVitest(options: VitestOptions): Promise<VitestRun> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const program = join(options.root, 'node_modules/vitest/vitest.mjs');
    const exitCode = await run(options, [program, 'run', ...reporters, ...options.args]);
    return { exitCode, report: readReport(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(options: VitestOptions, args: readonly string[]): Promise<number> {
  const { root, environment, output } = options;
  const child = spawn(process.execPath, args, { cwd: root, env: environment, stdio: output });
  const release = forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      release();
      resolve(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

function forwardSignals(child: ChildProcess): () => void {
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const terminalSends = signal === 'SIGINT' && process.stdin.isTTY;
    const listener = (): boolean => terminalSends || child.kill(signal);
    process.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) process.off(signal, listener);
  };
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
