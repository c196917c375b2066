/**
 * One connection to Postgres: the only file that knows the driver.
 *
 * A connection is used until anything about it fails, and then thrown away. It never connects again by
 * itself: a statement of a transaction must not end up outside of it.
 *
 * @module
 */

import { once } from 'node:events';
import { isIP, connect as openSocket, type Socket } from 'node:net';
import postgres from 'postgres';
import type { Row } from '../columns.ts';
import { isServerError, toPostgresError, unavailable } from './postgres-error.ts';
import type { StoreAddress } from './store-address.ts';

/** What a statement takes: JSON texts for lists. */
export type Parameter = string | number | null | Uint8Array;

/** What a statement answered. */
export interface Answer {
  readonly rows: readonly Row[];
  /** First word of the command tag; `ROLLBACK` when a COMMIT was none. */
  readonly command: string;
}

export interface Connection {
  readonly isOpen: boolean;
  /**
   * Sends a statement at once; the server executes them in the order they were sent, so several can be
   * under way.
   *
   * @throws BoundaryError as `toPostgresError`.
   */
  send(text: string, parameters?: readonly Parameter[]): Promise<Answer>;
  /** Breaks it off; whatever is under way fails. A second call does nothing. */
  destroy(): void;
}

/** In force on every connection, whatever the defaults of server, database and role are. */
const SESSION = {
  application_name: 'countersign',
  synchronous_commit: 'on',
  statement_timeout: 2_000,
  lock_timeout: 2_000,
  // A signer that stands still inside a transaction holds up all the others.
  idle_in_transaction_session_timeout: 3_000,
  tcp_keepalives_idle: 5,
  tcp_keepalives_interval: 2,
  tcp_keepalives_count: 3,
  client_encoding: 'UTF8',
  search_path: 'countersign',
};

/** Time for connecting, TLS and authentication together. */
const CONNECT_SEC = 3;

/** Integers beyond the exact ones become other integers here, and are refused where they are read. */
const INT8 = { to: 20, from: [20], serialize: String, parse: Number };

/**
 * Connects.
 *
 * @throws BoundaryError ERR_STORE_UNAVAILABLE, within about three seconds.
 */
export async function openConnection(address: StoreAddress): Promise<Connection> {
  const socket = await reach(address);
  const connection = new DriverConnection(address, socket);
  try {
    await connection.start();
    return connection;
  } catch (cause) {
    connection.destroy();
    throw toPostgresError(cause);
  }
}

async function reach({ host, port, socketPath }: StoreAddress): Promise<Socket> {
  const socket =
    socketPath === undefined
      ? openSocket({ host: host ?? 'localhost', port, noDelay: true, keepAlive: true })
      : openSocket(socketPath);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_SEC * 1_000) });
    return socket;
  } catch {
    // An error that comes later has nobody to tell.
    socket.on('error', () => undefined);
    socket.destroy();
    throw unavailable('the store cannot be reached');
  }
}

class DriverConnection implements Connection {
  readonly #socket: Socket;
  readonly #sql: postgres.Sql;
  readonly #broken: PromiseWithResolvers<never> = Promise.withResolvers();
  #reserved: postgres.ReservedSql | undefined;
  #isOpen = true;

  constructor(address: StoreAddress, socket: Socket) {
    this.#socket = socket;
    this.#broken.promise.catch(() => undefined);
    this.#sql = postgres(driverOptions(address, socket, () => this.#lose()));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async start(): Promise<void> {
    // The driver hands a connection over only when it has been used once.
    await Promise.race([this.#sql.unsafe('SELECT 1'), this.#broken.promise]);
    this.#reserved = await Promise.race([this.#sql.reserve(), this.#broken.promise]);
  }

  send(text: string, parameters: readonly Parameter[] = []): Promise<Answer> {
    const answer = this.#execute(text, parameters);
    // Whoever sends several waits for one after the other; none may count as unhandled meanwhile.
    answer.catch(() => undefined);
    return answer;
  }

  destroy(): void {
    this.#lose();
    this.#socket.destroy();
  }

  async #execute(text: string, parameters: readonly Parameter[]): Promise<Answer> {
    if (!this.#isOpen || this.#reserved === undefined) {
      throw unavailable('the connection to the store was lost');
    }
    try {
      const query = this.#reserved.unsafe(text, [...parameters], { prepare: true });
      const result = await Promise.race([query, this.#broken.promise]);
      return { rows: [...result], command: result.command };
    } catch (cause) {
      if (!isServerError(cause)) this.destroy();
      throw toPostgresError(cause);
    }
  }

  #lose(): void {
    this.#isOpen = false;
    this.#broken.reject(unavailable('the connection to the store was lost'));
  }
}

function driverOptions(
  address: StoreAddress,
  socket: Socket,
  onClose: () => void,
): postgres.Options<Record<string, never>> {
  const { host, port, database, user, password, tls } = address;
  let isHandedOver = false;
  const options = {
    host: host ?? 'localhost',
    port,
    database,
    user,
    pass: password.reveal(),
    ssl: tls === undefined ? false : tlsOptions(tls),
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    connect_timeout: CONNECT_SEC,
    fetch_types: false,
    prepare: true,
    connection: SESSION,
    types: { int8: INT8 },
    onnotice: () => undefined,
    onclose: onClose,
    // The driver would connect again by itself: it gets one socket, once.
    socket: () => {
      if (isHandedOver) throw unavailable('the connection to the store was lost');
      isHandedOver = true;
      return socket;
    },
  };
  return options as unknown as postgres.Options<Record<string, never>>;
}

function tlsOptions({ serverName, caPem }: NonNullable<StoreAddress['tls']>) {
  return {
    // The name that is checked; an address is no name the protocol could announce.
    host: serverName,
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(caPem === undefined ? {} : { ca: caPem }),
  };
}
