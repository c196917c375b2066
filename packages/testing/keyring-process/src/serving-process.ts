/**
 * A started server that answers, with everything a test wants to know about it.
 *
 * @module
 */

import { rmSync } from 'node:fs';
import { type Command, type Ended, startCommand } from './command.ts';
import { eventually } from './eventually.ts';
import { type HealthTls, isHealthy } from './health.ts';
import { descendants, isAlive } from './process-tree.ts';

export interface ServingProcess {
  /** Address without a path. */
  readonly url: string;
  readonly port: number;
  /** The process that was started: the supervisor, unless a wrapper stands before it. */
  readonly pid: number;
  readonly dataDir: string;
  stdout(): string;
  stderr(): string;
  /** The event log so far: every line of standard output that is a JSON object. */
  events(): readonly Readonly<Record<string, unknown>>[];
  /** Process ids of the children; absent while one is being replaced. */
  children(): { readonly edge: number | undefined; readonly signer: number | undefined };
  /** Ids of all processes below and including the started one that are alive now. */
  pids(): readonly number[];
  signal(name: NodeJS.Signals): void;
  /** Resolves when the started process has ended. */
  readonly ended: Promise<Ended>;
  /** Sends SIGTERM, waits for the end and removes the temporary directories. */
  stop(): Promise<Ended>;
  /** Ends all processes at once, as a power failure would; the data directory stays until `stop`. */
  kill(): Promise<void>;
  /** Resolves when standard error has this text at least `times` times. */
  printed(text: string, times?: number): Promise<void>;
}

export interface Serving {
  readonly command: Parameters<typeof startCommand>[0];
  readonly port: number;
  readonly dataDir: string;
  readonly tls: HealthTls | undefined;
  /** Directories to remove at the end. */
  readonly temporary: readonly string[];
}

/** Printed when edge and signer are both in force. */
const READY = 'ready http';

/**
 * Starts a program and waits until it serves.
 *
 * @throws Error with what it printed, when it ends first or does not serve within 110 seconds.
 */
export async function startServing(serving: Serving): Promise<ServingProcess> {
  const { port, dataDir, tls } = serving;
  const command = startCommand(serving.command);
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const output = (): string => `${command.stdout()}\n${command.stderr()}`;
  try {
    await eventually(
      'the server answers',
      async () => {
        if (command.endedWith() !== undefined) throw new Error(`it ended instead\n${output()}`);
        return command.stderr().includes(READY) && (await isHealthy(url, tls));
      },
      output,
    );
  } catch (error) {
    await killTree(command);
    remove(serving);
    throw error;
  }
  return describe(serving, command, { url, port, dataDir });
}

function describe(
  serving: Serving,
  command: Command,
  place: Pick<ServingProcess, 'url' | 'port' | 'dataDir'>,
): ServingProcess {
  const { stdout, stderr, signal, ended, pid } = command;
  return {
    ...place,
    pid,
    stdout,
    stderr,
    signal,
    ended,
    events: () => eventsIn(stdout()),
    children: () => childrenOf(pid),
    pids: () => [pid, ...descendants(pid).map((child) => child.pid)].filter(isAlive),
    async stop() {
      signal('SIGTERM');
      const end = await ended;
      remove(serving);
      return end;
    },
    kill: () => killTree(command),
    printed: (text, times = 1) =>
      eventually(
        `\`${text}\` on standard error`,
        () => stderr().split(text).length > times,
        () => stderr(),
      ),
  };
}

function eventsIn(text: string): readonly Readonly<Record<string, unknown>>[] {
  // What follows the last line break may still be growing.
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

function childrenOf(pid: number): ReturnType<ServingProcess['children']> {
  const children = descendants(pid);
  const find = (part: string): number | undefined =>
    children.find(({ command }) => command.includes(part))?.pid;
  return { edge: find('/server/src/main'), signer: find('/signer/src/main') };
}

async function killTree(command: Command): Promise<void> {
  if (command.endedWith() !== undefined) return;
  const pids = [command.pid, ...descendants(command.pid).map((child) => child.pid)];
  for (const pid of pids) killOne(pid);
  await command.ended;
  await eventually('all processes are gone', () => !pids.some(isAlive));
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

function remove({ temporary }: Serving): void {
  for (const directory of temporary) rmSync(directory, { recursive: true, force: true });
}
