/**
 * The one Redis connection of a process, shared by request nonces and rate limits.
 *
 * A command either gets its answer in time or fails; nothing is queued for later and nothing is sent
 * twice. A connection that breaks, refuses or stalls is thrown away and replaced, with back-off, for
 * as long as the process runs. The client library is loaded on first use only.
 *
 * INVARIANT: neither the password nor the URL appears in an error or in `onChange`: faults carry a
 * word of ours or the code of the system or of Redis, never a text from the library.
 *
 * @module
 */

import { isIP } from 'node:net';
import { BoundaryError, type Secret } from '@countersign/protocol';

/** What a store needs of a connection. */
export interface RedisCommands {
  /**
   * Sends one command.
   *
   * @param args - Name and arguments.
   * @returns The reply: string, integer or `null` for the commands in use.
   * @throws RedisFault when there is no connection, no answer in time, or an error reply.
   */
  send(args: readonly string[]): Promise<unknown>;
}

export interface RedisConnection extends RedisCommands {
  /** Whether a connection is up: Redis answered when it was made, and has not failed since. */
  readonly ready: boolean;
  /** Closes for good. Commands under way fail; later ones too. */
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://` (TLS), `[user][:password]@host[:port][/database]`. */
  readonly url: Secret;
  /** Authorities that may sign the certificate of the server, PEM; absent: those of the system. */
  readonly caPem?: string;
  /** Time for an answer, milliseconds. Default 1,000. */
  readonly commandTimeoutMs?: number;
  /** Time to connect, authenticate and answer the first PING, milliseconds. Default 3,000. */
  readonly connectTimeoutMs?: number;
  /** Pause between two PINGs, which notice a connection that died without a word. Default 5,000. */
  readonly heartbeatMs?: number;
  /** Told of each change; the reason of a failure is a code such as ECONNREFUSED or WRONGPASS. */
  readonly onChange?: (state: 'ready' | 'down', reason: string | undefined) => void;
}

/** Why a command failed. Safe to log. */
export class RedisFault extends Error {
  override readonly name = 'RedisFault';
  /** One word, such as `timeout`, `offline`, ECONNREFUSED, NOAUTH. */
  readonly reason: string;

  constructor(reason: string) {
    super(`redis: ${reason}`);
    this.reason = reason;
  }
}

const COMMAND_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
const HEARTBEAT_MS = 5_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** Commands that may wait for an answer; more than any second of one process needs. */
const MAX_PENDING = 20_000;

/**
 * Starts to connect and returns at once; until `ready`, commands fail.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID when the URL is not a Redis URL.
 */
export function createRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const connection = new Connection(options, clientOptions(options));
  connection.start();
  return connection;
}

type ClientOptions = ReturnType<typeof clientOptions>;
type Client = Awaited<ReturnType<typeof newClient>>;

class Connection implements RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #clientOptions: ClientOptions;
  #client: Client | undefined;
  #opening: Client | undefined;
  #closed = false;
  #reason = 'connecting';
  #announced: string | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(options: RedisConnectionOptions, clientOptions: ClientOptions) {
    this.#options = options;
    this.#clientOptions = clientOptions;
    const heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
    this.#heartbeat = setInterval(() => this.#ping(), heartbeatMs).unref();
  }

  get ready(): boolean {
    return this.#client !== undefined;
  }

  start(): void {
    this.#open().catch((error: unknown) => this.#failed(reasonOf(error)));
  }

  async send(args: readonly string[]): Promise<unknown> {
    const client = this.#client;
    if (client === undefined) throw new RedisFault(this.#closed ? 'closed' : this.#reason);
    const timeoutMs = this.#options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS;
    try {
      return await within(timeoutMs, client.sendCommand([...args]));
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === 'timeout') this.#lost(client, reason);
      throw new RedisFault(reason);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    const clients = [this.#client, this.#opening];
    this.#client = undefined;
    for (const client of clients) client?.destroy();
  }

  async #open(): Promise<void> {
    const client = await newClient(this.#clientOptions);
    if (this.#closed) return;
    this.#opening = client;
    client.on('error', (error: unknown) => this.#lost(client, reasonOf(error)));
    client.on('end', () => this.#lost(client, 'ended'));
    try {
      const greeting = client.connect().then(() => client.sendCommand(['PING']));
      await within(this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, greeting);
    } catch (error) {
      client.destroy();
      throw error;
    } finally {
      this.#opening = undefined;
    }
    if (this.#closed) client.destroy();
    else this.#opened(client);
  }

  #opened(client: Client): void {
    this.#client = client;
    this.#failures = 0;
    this.#announce('ready', undefined);
  }

  #lost(client: Client, reason: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.destroy();
    this.#failed(reason);
  }

  #failed(reason: string): void {
    if (this.#closed) return;
    this.#reason = reason;
    this.#announce('down', reason);
    const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.start(), delayMs * (0.5 + Math.random() / 2));
  }

  #announce(state: 'ready' | 'down', reason: string | undefined): void {
    const change = `${state} ${reason}`;
    if (change === this.#announced) return;
    this.#announced = change;
    this.#options.onChange?.(state, reason);
  }

  #ping(): void {
    if (this.#client !== undefined) this.send(['PING']).catch(() => {});
  }
}

async function newClient(options: ClientOptions) {
  const { createClient } = await import('@redis/client');
  return createClient(options);
}

/** The URL in parts; the library would put the whole of it into some of its errors. */
function clientOptions({ url, caPem, connectTimeoutMs }: RedisConnectionOptions) {
  const { protocol, hostname, port, username, password, pathname } = parseUrl(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const common = {
    host,
    port: port === '' ? 6379 : Number(port),
    connectTimeout: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // Each client serves one connection; what comes after a failure is decided here.
    reconnectStrategy: false as const,
  };
  const tls = {
    ...common,
    tls: true as const,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(caPem === undefined ? {} : { ca: caPem }),
  };
  return {
    socket: protocol === 'rediss:' ? tls : common,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    database: Number(pathname.slice(1)),
    RESP: 2 as const,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_PENDING,
    commandOptions: { timeout: 0 },
    disableClientInfo: true,
    maintNotifications: 'disabled' as const,
  };
}

function parseUrl(secret: Secret) {
  const url = URL.parse(secret.reveal());
  const known = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (url === null || !known || url.hostname === '' || !/^\/?[0-9]{0,5}$/.test(url.pathname)) {
    throw notRedis('expected redis:// or rediss://, a host, and at most a database number');
  }
  const { protocol, hostname, port, pathname } = url;
  try {
    const username = decodeURIComponent(url.username);
    return {
      protocol,
      hostname,
      port,
      pathname,
      username,
      password: decodeURIComponent(url.password),
    };
  } catch {
    throw notRedis('expected user and password in percent encoding');
  }
}

/** Never with a cause: the errors of the URL parser quote the URL. */
function notRedis(reason: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: { setting: 'KEYRING_REDIS_URL', reason },
  });
}

/** A word that says what happened and holds nothing of the message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof RedisFault) return error.reason;
  const code = 'code' in error ? String(error.code) : '';
  if (/^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  return /^[A-Z]{3,20}(?= )/.exec(error.message)?.[0] ?? error.constructor.name;
}

/** Rejects with `timeout` when `work` takes longer; `work` goes on, its end is not waited for. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new RedisFault('timeout')), limitMs).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
