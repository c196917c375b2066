/**
 * A connection that is made again when it is lost, and used by one at a time.
 *
 * @module
 */

import { type BoundaryError, isBoundaryError } from '@countersign/protocol';
import { toStoreError } from '../store-error.ts';
import type { Connection } from './connection.ts';
import { unavailable } from './postgres-error.ts';

export interface Link {
  /**
   * Runs `work` after whatever was asked for before. Afterwards no transaction is open, whatever `work`
   * did, and a connection about which there is doubt is gone.
   *
   * @throws BoundaryError what `work` throws; ERR_STORE_UNAVAILABLE when there is no connection, and
   *   when it takes longer than four seconds.
   */
  run<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): void;
}

/** The server gives up after two seconds; longer is a network that says nothing. */
const DEADLINE_MS = 4_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** @param open - Connects; called again after a connection was lost. */
export function createLink(
  open: () => Promise<Connection>,
  deadlineMs: number = DEADLINE_MS,
): Link {
  return new ReconnectingLink(open, deadlineMs);
}

class ReconnectingLink implements Link {
  readonly #open: () => Promise<Connection>;
  readonly #deadlineMs: number;
  #connection: Connection | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #pauseMs = 0;
  #retryAtMs = 0;
  #isClosed = false;

  constructor(open: () => Promise<Connection>, deadlineMs: number) {
    this.#open = open;
    this.#deadlineMs = deadlineMs;
  }

  run<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#runNow(work));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.destroy();
  }

  async #runNow<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connected();
    const timer = setTimeout(() => connection.destroy(), this.#deadlineMs);
    try {
      return await work(connection);
    } catch (cause) {
      await undo(connection);
      throw toStoreError(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#isClosed) throw unavailable('the connection to the store was closed');
    if (this.#connection?.isOpen === true) return this.#connection;
    if (performance.now() < this.#retryAtMs) throw unavailable('the store cannot be reached');
    try {
      const connection = await this.#open();
      if (this.#isClosed) connection.destroy();
      this.#connection = connection;
      this.#pauseMs = 0;
      return connection;
    } catch (cause) {
      throw this.#postpone(toStoreError(cause));
    }
  }

  /** Whoever comes before the pause is over is refused at once instead of waiting. */
  #postpone(error: BoundaryError): BoundaryError {
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
    this.#retryAtMs = performance.now() + this.#pauseMs;
    return error;
  }
}

/** Ends whatever transaction is open, or the connection. */
async function undo(connection: Connection): Promise<void> {
  if (!connection.isOpen) return;
  try {
    await connection.send('ROLLBACK');
  } catch (cause) {
    connection.destroy();
    if (!isBoundaryError(cause)) throw cause;
  }
}
