/**
 * A program as a child process: what it prints, how it ends.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command under test, from source. */
const BIN = fileURLToPath(new URL('../../../operator/cli/bin/countersign.js', import.meta.url));

export interface CommandOptions {
  /** Program and arguments; default: this Node with the `countersign` command in front. */
  readonly program?: string;
  readonly args: readonly string[];
  /** Everything the child sees, beside `PATH` and `HOME`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: a directory that does not exist. */
  readonly home?: string;
  readonly cwd?: string;
}

/** How a process ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A started program. */
export interface Command {
  readonly pid: number;
  /** Everything printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when the process has ended and both streams are read to their end. */
  readonly ended: Promise<Ended>;
  /** Undefined while it runs. */
  endedWith(): Ended | undefined;
  /** Sends a signal; does nothing when the process is gone. */
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts a program. It is told through a channel when this process is gone; `countersign` ends then.
 *
 * @throws Error when it cannot be started.
 */
export function startCommand(options: CommandOptions): Command {
  const { program = process.execPath, args, env = {}, home = '/nonexistent', cwd } = options;
  const child = spawn(program, options.program === undefined ? [BIN, ...args] : args, {
    env: { PATH: process.env.PATH ?? '', HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  let end: Ended | undefined;
  return {
    pid,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended: endOf(child).then((ended) => {
      end = ended;
      return ended;
    }),
    endedWith: () => end,
    signal: (name) => void child.kill(name),
  };
}

/** Runs a program to its end and returns everything it printed. */
export async function runCountersign(
  options: CommandOptions,
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const command = startCommand(options);
  const ended = await command.ended;
  return { ...ended, stdout: command.stdout(), stderr: command.stderr() };
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
}
