/**
 * A supervisor with chosen entries as a child process, and everything a test does to it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RestartPauses, Settings } from '@countersign/supervisor';
import type {
  ChildName,
  ChildPids,
  Entries,
  SupervisorCommand,
  SupervisorEvent,
} from './supervisor-messages.ts';

export interface SupervisedOptions {
  readonly settings: Settings;
  /** Default: the real ones. */
  readonly entries?: Partial<Entries>;
  /** Default: 10 to 100 ms. */
  readonly restart?: RestartPauses;
}

export interface Supervised {
  /** Address of the edge. */
  readonly url: string;
  /** Process id of the supervisor. */
  readonly pid: number;
  /** Ids of the children when one of them was last in force. */
  pids(): ChildPids;
  /** How often settings came into force in a child: after each start and each reload. */
  timesInForce(child: ChildName): number;
  /** How often a signer has ended without being told to. */
  signerDeaths(): number;
  /** What the operator was warned of. */
  warnings(): readonly string[];
  /** All that was printed by the three processes. */
  output(): string;
  /** Sends a signal to the child that is there now; nothing when there is none. */
  signal(child: ChildName, name: NodeJS.Signals): void;
  reload(settings: Settings): void;
  /** Kills the supervisor itself; resolves when it alone is gone. */
  kill(): Promise<void>;
  /** Resolves when all three are gone, with the exit status; null when it was killed. */
  readonly ended: Promise<number | null>;
  /** Ends everything in good order. @returns The exit status. */
  stop(): Promise<number | null>;
}

/** The processes did not come up. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly code: unknown;

  constructor(code: unknown, output: string) {
    super(`the processes did not come up: ${String(code)}\n${output}`);
    this.code = code;
  }
}

const PROGRAM = fileURLToPath(new URL('./supervisor-process.ts', import.meta.url));
const RESTART: RestartPauses = { firstMs: 10, longestMs: 100 };

/** Absolute path of an entry of this package, by its file name. */
export function entryFile(
  name:
    | 'crashing-signer'
    | 'clock-signer'
    | 'confined-signer'
    | 'broken-signer'
    | 'leaking-signer'
    | 'polled-flag-signer',
): string {
  return fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
}

/**
 * Starts the processes without waiting for them, to kill them before they are up.
 *
 * @returns `up` resolves when both are in force, rejects with {@link StartFailed}.
 */
export function launchSupervised(options: SupervisedOptions): {
  readonly child: Omit<Supervised, 'url'>;
  readonly up: Promise<Supervised>;
} {
  const child = new SupervisedProcess(options);
  return { child, up: child.ready() };
}

/** @throws StartFailed with what was printed. */
export function startSupervised(options: SupervisedOptions): Promise<Supervised> {
  return launchSupervised(options).up;
}

class SupervisedProcess implements Supervised {
  url = '';
  readonly pid: number;
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #inForce = { edge: 0, signer: 0 };
  readonly #warnings: string[] = [];
  readonly #up = Promise.withResolvers<Supervised>();
  #failure: unknown = 'it ended';
  #pids: ChildPids = {};
  #output = '';

  constructor({ settings, entries = {}, restart = RESTART }: SupervisedOptions) {
    this.#child = spawn(process.execPath, [PROGRAM], {
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.pid = this.#child.pid ?? 0;
    this.#exited = new Promise((resolve) => this.#child.on('exit', () => resolve()));
    this.ended = new Promise((resolve) => this.#child.on('close', (status) => resolve(status)));
    void this.ended.then(() => this.#up.reject(new StartFailed(this.#failure, this.output())));
    this.#up.promise.catch(() => undefined);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.#child.on('message', (message) => this.#hear(message as SupervisorEvent));
    this.#send({ op: 'start', settings, entries: { ...realEntries(), ...entries }, restart });
  }

  ready(): Promise<Supervised> {
    return this.#up.promise;
  }

  pids(): ChildPids {
    return this.#pids;
  }

  timesInForce(child: ChildName): number {
    return this.#inForce[child];
  }

  signerDeaths(): number {
    return this.#warnings.filter((text) => text.startsWith('signer ended')).length;
  }

  warnings(): readonly string[] {
    return this.#warnings;
  }

  output(): string {
    return `${this.#output}${this.#warnings.join('\n')}`;
  }

  signal(child: ChildName, name: NodeJS.Signals): void {
    this.#send({ op: 'signal', child, name });
  }

  reload(settings: Settings): void {
    this.#send({ op: 'reload', settings });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<number | null> {
    this.#send({ op: 'stop' });
    return this.ended;
  }

  #send(command: SupervisorCommand): void {
    // One that is gone is noticed by its end.
    if (this.#child.connected) this.#child.send(command, () => undefined);
  }

  #hear(event: SupervisorEvent): void {
    if (event.event === 'warning') this.#warnings.push(event.text);
    else if (event.event === 'failed') this.#failure = event.code;
    else {
      this.#pids = event.pids;
      if (event.event === 'in-force') this.#inForce[event.name] += 1;
      else {
        this.url = event.url;
        this.#up.resolve(this);
      }
    }
  }
}

function realEntries(): Entries {
  const resolve = (path: string): string =>
    fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  return {
    signer: resolve('trusted/signer/src/main.ts'),
    edge: resolve('edge/server/src/main.ts'),
  };
}
