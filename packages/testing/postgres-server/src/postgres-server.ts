/**
 * Starts and stops a real Postgres for tests: a cluster of its own in a temporary directory.
 *
 * @module
 */

import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findBinary, freePort, spawnGuarded } from '@countersign/redis-server/own-process';
import { issueCertificate } from '@countersign/redis-server/test-certificate';
import postgres from 'postgres';

/** Environment variable that names the binary `postgres`; `initdb` lies beside it. */
export const POSTGRES_BINARY_VARIABLE = 'COUNTERSIGN_TEST_POSTGRES';

export interface PostgresServerOptions {
  /** Flush to the disk, as crash tests need; the default is not to, in memory where that is possible. */
  readonly durable?: boolean;
  /** Offer TLS with a fresh certificate for localhost. */
  readonly tls?: boolean;
}

export interface PostgresServer {
  readonly port: number;
  /** Certificate to trust, PEM; only with TLS. */
  readonly caPem: string | undefined;
  /** Makes an empty database and returns its URL, password included. */
  createDatabase(): Promise<string>;
  /** Ends the server at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on what is left on the disk. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

const USER = 'countersign';
const PASSWORD = 'correct horse';
const MEMORY = '/dev/shm';
/** Time for a start, a recovery after a crash included. */
const START_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Finds the binary: the one the environment names, else the first on `PATH`.
 *
 * @returns Path, or `undefined` when there is none that can be run.
 */
export function findPostgres(): string | undefined {
  return findBinary(process.env[POSTGRES_BINARY_VARIABLE] ?? 'postgres');
}

/**
 * Makes a cluster and starts it on a free port of 127.0.0.1.
 *
 * Postgres refuses to run as root: then it runs as the user `postgres`, or as `nobody`.
 *
 * @throws Error when there is no binary or it does not come up, with what it printed.
 */
export async function startPostgresServer(
  options: PostgresServerOptions = {},
): Promise<PostgresServer> {
  const binary = findPostgres();
  if (binary === undefined) throw new Error(`no postgres: set ${POSTGRES_BINARY_VARIABLE}`);
  const { durable = false, tls = false } = options;
  const base = !durable && existsSync(MEMORY) ? MEMORY : tmpdir();
  const directory = await mkdtemp(join(base, 'countersign-postgres-'));
  const server = new Server(binary, directory, await freePort(), durable);
  try {
    await server.initialize(tls);
    await server.restart();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Runs one statement; for looking into a database and for spoiling it. */
export async function runSql(
  url: string,
  text: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

class Server implements PostgresServer {
  readonly port: number;
  caPem: string | undefined;
  readonly #binary: string;
  readonly #directory: string;
  readonly #settings: string[];
  readonly #user: User | undefined = unprivileged();
  #guard: ChildProcess | undefined;
  #pid = 0;
  #databases = 0;

  constructor(binary: string, directory: string, port: number, durable: boolean) {
    this.#binary = binary;
    this.#directory = directory;
    this.port = port;
    this.#settings = [
      ...['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='],
      ...['max_connections=60', 'shared_buffers=32MB', 'autovacuum_naptime=10s'],
      ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
    ];
  }

  async initialize(tls: boolean): Promise<void> {
    const passwordFile = join(this.#directory, 'password');
    await writeFile(passwordFile, `${PASSWORD}\n`);
    if (tls) {
      const { certPath, keyPath, certPem } = await issueCertificate(this.#directory);
      this.caPem = certPem;
      this.#settings.push('ssl=on', `ssl_cert_file=${certPath}`, `ssl_key_file=${keyPath}`);
    }
    for (const name of ['', 'password', ...(tls ? ['key.pem', 'cert.pem'] : [])]) {
      if (this.#user === undefined) continue;
      chownSync(join(this.#directory, name), this.#user.uid, this.#user.gid);
    }
    const initdb = join(dirname(realpathSync(this.#binary)), 'initdb');
    await promisify(execFile)(
      initdb,
      [
        ...['-D', this.#data, '-U', USER, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
        ...['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
      ],
      { cwd: this.#directory, ...this.#user },
    );
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `ledger_${this.#databases}`;
    await runSql(this.#urlOf('postgres'), `CREATE DATABASE ${name}`);
    return this.#urlOf(name);
  }

  async kill(): Promise<void> {
    const guard = this.#guard;
    if (guard === undefined) return;
    this.#guard = undefined;
    if (guard.exitCode !== null || guard.signalCode !== null) return;
    const gone = once(guard, 'exit');
    process.kill(this.#pid, 'SIGKILL');
    await gone;
  }

  async restart(): Promise<void> {
    await this.kill();
    const endMs = performance.now() + START_MS;
    for (;;) {
      const output = await this.#start(endMs);
      if (output === undefined) return;
      // Processes of the one that was killed may need a moment to notice.
      if (performance.now() > endMs) throw new Error(`postgres did not come up: ${output}`);
      await sleep(PAUSE_MS);
    }
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  /** @returns What it printed when it ended instead of coming up. */
  async #start(endMs: number): Promise<string | undefined> {
    const settings = this.#settings.flatMap((setting) => ['-c', setting]);
    const guard = spawnGuarded(this.#binary, ['-D', this.#data, ...settings], this.#user);
    const output: string[] = [];
    if (guard.stdout === null || guard.stderr === null) throw new Error('no output of postgres');
    guard.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const lines = createInterface({ input: guard.stdout });
    this.#pid = Number((await once(lines, 'line'))[0]);
    this.#guard = guard;
    while (guard.exitCode === null && performance.now() < endMs) {
      if (await this.#answers()) return undefined;
      await sleep(PAUSE_MS);
    }
    return output.join('').trim().split('\n').slice(-5).join(' | ');
  }

  async #answers(): Promise<boolean> {
    try {
      await runSql(this.#urlOf('postgres'), 'SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  #urlOf(database: string): string {
    const user = `${USER}:${encodeURIComponent(PASSWORD)}`;
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }
}

/** Who runs it when this process is root. */
function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = ['postgres', 'nobody']
    .map((name) => rows.find(([user]) => user === name))
    .find((found) => found !== undefined);
  if (row === undefined) throw new Error('no user postgres or nobody to run postgres as');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}
