/**
 * Starts and stops a real Redis for tests.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { accepts, findBinary, freePort, spawnGuarded } from './own-process.ts';
import { issueCertificate, type TestCertificate } from './test-certificate.ts';

/** Environment variable that names the binary. */
export const REDIS_BINARY_VARIABLE = 'COUNTERSIGN_TEST_REDIS';

export interface RedisServerOptions {
  /** Serve TLS instead of plain text, with a fresh certificate. */
  readonly tls?: boolean;
  /** Password that clients have to give. */
  readonly password?: string;
}

export interface RedisServer {
  /** `redis://` or `rediss://`, with the password when there is one. */
  readonly url: string;
  readonly port: number;
  /** Certificate to trust, PEM; only with TLS. */
  readonly caPem: string | undefined;
  /** Ends the process at once, as a crash would. Nothing of its data is left. */
  kill(): Promise<void>;
  /** Stops the process in its tracks: connections stay open, nothing is answered. */
  pause(): void;
  /** Lets a paused process go on. */
  resume(): void;
  /** Starts again on the same port, empty. Resolves when it accepts connections. */
  restart(): Promise<void>;
  /** Ends the process and removes its directory. */
  stop(): Promise<void>;
}

/**
 * Finds the binary: the one the environment names, else the first on `PATH`.
 *
 * @returns Path, or `undefined` when there is none that can be run.
 */
export function findRedisServer(): string | undefined {
  return findBinary(process.env[REDIS_BINARY_VARIABLE] ?? 'redis-server');
}

/** Whether `startRedisServer({ tls: true })` can work here: it needs `openssl` for the certificate. */
export function canServeTls(): boolean {
  return findBinary('openssl') !== undefined;
}

/**
 * Starts Redis on a free port of 127.0.0.1 and waits until it accepts connections.
 *
 * @throws Error when there is no binary or it does not come up, with what it printed.
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = findRedisServer();
  if (binary === undefined) throw new Error(`no redis-server: set ${REDIS_BINARY_VARIABLE}`);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-redis-'));
  const certificate = options.tls === true ? await issueCertificate(directory) : undefined;
  const port = await freePort();
  await writeFile(
    join(directory, 'redis.conf'),
    configuration(directory, port, options, certificate),
  );
  const server = new Server(binary, directory, port, urlOf(port, options), certificate?.certPem);
  try {
    await server.restart();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class Server implements RedisServer {
  readonly #binary: string;
  readonly #directory: string;
  readonly port: number;
  readonly url: string;
  readonly caPem: string | undefined;
  #guard: ChildProcess | undefined;
  #pid = 0;

  constructor(
    binary: string,
    directory: string,
    port: number,
    url: string,
    caPem: string | undefined,
  ) {
    this.#binary = binary;
    this.#directory = directory;
    this.port = port;
    this.url = url;
    this.caPem = caPem;
  }

  async restart(): Promise<void> {
    await this.kill();
    const guard = spawnGuarded(this.#binary, [join(this.#directory, 'redis.conf')]);
    this.#guard = guard;
    const output: string[] = [];
    if (guard.stdout === null || guard.stderr === null)
      throw new Error('no output of redis-server');
    guard.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const lines = createInterface({ input: guard.stdout });
    this.#pid = Number((await once(lines, 'line'))[0]);
    lines.on('line', (line) => output.push(line));
    if (!(await accepts(this.port, guard))) {
      throw new Error(`redis-server did not come up: ${output.slice(-5).join(' | ')}`);
    }
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

  pause(): void {
    process.kill(this.#pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.#pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function configuration(
  directory: string,
  port: number,
  { tls, password }: RedisServerOptions,
  certificate: TestCertificate | undefined,
): string {
  const listen = tls === true ? [`port 0`, `tls-port ${port}`] : [`port ${port}`];
  const files =
    certificate === undefined
      ? []
      : [
          `tls-cert-file ${certificate.certPath}`,
          `tls-key-file ${certificate.keyPath}`,
          'tls-auth-clients no',
        ];
  return [
    'bind 127.0.0.1',
    ...listen,
    ...files,
    `dir ${directory}`,
    'save ""',
    'appendonly no',
    'daemonize no',
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    '',
  ].join('\n');
}

function urlOf(port: number, { tls, password }: RedisServerOptions): string {
  const user = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return `${tls === true ? 'rediss' : 'redis'}://${user}127.0.0.1:${port}`;
}
