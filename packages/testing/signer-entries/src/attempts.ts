/**
 * Everything a signer must not be able to do, tried.
 *
 * @module
 */

import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { close as closeInspector, open as openInspector, Session } from 'node:inspector';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeHeapSnapshot } from 'node:v8';
import { Worker } from 'node:worker_threads';

/** What the attempts are aimed at; all of it exists. */
export interface Targets {
  /** A port of 127.0.0.1 somebody listens on. */
  readonly port: number;
  /** A directory anybody may write, outside of the data directory. */
  readonly outside: string;
  /** The data directory. */
  readonly inside: string;
  /** A file and a directory of the program. */
  readonly programFile: string;
  readonly programDir: string;
  /** The compile cache of the signer. */
  readonly cacheDir: string;
}

/** `done`, or the code of the error. */
export type Outcome = string;

type Attempt = (targets: Targets) => Promise<unknown> | unknown;

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  'connect to a port': ({ port }) => connected(port),
  'listen on a port': () => listening(),
  'send a datagram': ({ port }) => datagram(port),
  'fetch a page': ({ port }) => fetch(`http://127.0.0.1:${port}/`),
  'ask for a name': () => lookup('localhost'),
  'start a process': () => spawned(),
  'start a worker': () => worked(),
  'open the debugger': () => inspected(),
  'attach a debugging session': () => attachedSession(),
  'load an add-on': ({ outside }) => process.dlopen({ exports: {} }, join(outside, 'none.node')),
  'read the user list': () => readFileSync('/etc/passwd'),
  'read its own environment file': () => readFileSync('/proc/self/environ'),
  'read the memory of its parent': () => open(`/proc/${process.ppid}/mem`, 'r'),
  'list the root directory': () => readdirSync('/'),
  'read the program': ({ programFile }) => readFileSync(programFile),
  'list the program': ({ programDir }) => readdirSync(programDir),
  'load a module of the program': ({ programFile }) => import(`${programFile}?again`),
  'write the program': ({ programDir }) => written(join(programDir, 'attempt.tmp')),
  'write the compile cache': ({ cacheDir }) => written(join(cacheDir, 'attempt.tmp')),
  'write outside': ({ outside }) => written(join(outside, 'attempt.tmp')),
  'write outside by a relative path': ({ inside }) => written(`${inside}/../attempt.tmp`),
  'write outside through a link': ({ inside, outside }) => linked(inside, outside),
  'open a database outside': ({ outside }) => database(join(outside, 'attempt.db')),
  'attach a database outside': ({ outside }) => attached(join(outside, 'attached.db')),
  'write a heap snapshot outside': ({ outside }) => writeHeapSnapshot(join(outside, 'heap.tmp')),
  'write a report outside': ({ outside }) => process.report.writeReport(join(outside, 'r.json')),
};

/** What it must be able to do, tried in the same way. */
const RIGHTS: Readonly<Record<string, Attempt>> = {
  'write inside': ({ inside }) => written(join(inside, 'attempt.tmp')),
  'open a database inside': ({ inside }) => database(join(inside, 'attempt.db')),
};

/** Tries everything, one after the other. */
export async function tryEverything(targets: Targets): Promise<Readonly<Record<string, Outcome>>> {
  const outcomes: Record<string, Outcome> = {};
  for (const [name, attempt] of Object.entries({ ...ATTEMPTS, ...RIGHTS })) {
    outcomes[name] = await outcomeOf(attempt, targets);
  }
  return outcomes;
}

async function outcomeOf(attempt: Attempt, targets: Targets): Promise<Outcome> {
  // Some refusals are thrown where nobody can catch them.
  const escaped = Promise.withResolvers<never>();
  process.on('uncaughtException', escaped.reject);
  try {
    await Promise.race([attempt(targets), escaped.promise]);
    return 'done';
  } catch (error) {
    return codeOf(error) ?? String(error);
  } finally {
    process.off('uncaughtException', escaped.reject);
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // `fetch` wraps what went wrong.
  return 'code' in error ? String(error.code) : codeOf(error.cause);
}

async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

async function listening(): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.close();
}

async function datagram(port: number): Promise<void> {
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.send('attempt', port, '127.0.0.1', (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  } finally {
    socket.close();
  }
}

function spawned(): void {
  const { error } = spawnSync('/bin/true');
  if (error !== undefined) throw error;
}

async function worked(): Promise<void> {
  const worker = new Worker('', { eval: true });
  await once(worker, 'exit');
}

function inspected(): void {
  openInspector(0, '127.0.0.1');
  closeInspector();
}

function attachedSession(): void {
  const session = new Session();
  session.connect();
  session.disconnect();
}

function written(file: string): void {
  writeFileSync(file, 'attempt');
  rmSync(file);
}

function linked(inside: string, outside: string): void {
  const link = join(inside, 'attempt-link');
  rmSync(link, { force: true });
  symlinkSync(outside, link);
  written(join(link, 'attempt.tmp'));
}

function database(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('CREATE TABLE IF NOT EXISTS attempt (x)');
  db.close();
}

function attached(file: string): void {
  const db = new DatabaseSync(':memory:');
  try {
    db.exec(`ATTACH '${file}' AS other; CREATE TABLE other.attempt (x)`);
  } finally {
    db.close();
  }
}
