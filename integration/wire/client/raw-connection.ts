/**
 * A bare connection: bytes in, bytes out, for requests no HTTP library would send.
 *
 * @module
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { jsonObject } from './wire-client.ts';

/** One response as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  /** By lower-case name; the last one counts. */
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface RawConnection {
  /** Everything received so far. */
  received(): string;
  write(bytes: string | Uint8Array): void;
  /** Says that nothing more will be sent. */
  finish(): void;
  /** Resolves with all responses when the server has closed the connection. */
  untilClosed(): Promise<readonly RawResponse[]>;
  /** Resolves with the responses once there are `count` of them, or the connection is closed. */
  responses(count: number): Promise<readonly RawResponse[]>;
  isClosed(): boolean;
  /** Breaks the connection off. */
  destroy(): void;
}

/** Opens a connection to the server at `url`. */
export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  return new Connection(socket);
}

/** Sends one text on a connection of its own and returns what came until the server closed it. */
export async function exchangeRaw(
  url: string,
  text: string | Uint8Array,
): Promise<readonly RawResponse[]> {
  const connection = await openRaw(url);
  connection.write(text);
  return connection.untilClosed();
}

class Connection implements RawConnection {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #isClosed = false;
  #bytes = Buffer.alloc(0);
  #onData: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    // A reset is one of the ways in which a server may refuse.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#notify();
    });
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        this.#notify();
        resolve(undefined);
      });
    });
  }

  received(): string {
    return this.#bytes.toString('latin1');
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  finish(): void {
    this.#socket.end();
  }

  async untilClosed(): Promise<readonly RawResponse[]> {
    await this.#closed;
    return parseResponses(this.#bytes);
  }

  async responses(count: number): Promise<readonly RawResponse[]> {
    while (!this.#isClosed && parseResponses(this.#bytes).length < count) {
      await new Promise<void>((resolve) => this.#onData.push(resolve));
    }
    return parseResponses(this.#bytes);
  }

  isClosed(): boolean {
    return this.#isClosed;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #notify(): void {
    for (const tell of this.#onData.splice(0)) tell();
  }
}

/** Complete responses at the beginning of `bytes`; each must state its length. */
function parseResponses(bytes: Buffer): readonly RawResponse[] {
  const found: RawResponse[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return found;
    const head = parseHead(rest.toString('latin1', 0, end));
    const length = Number(head.headers['content-length'] ?? 0);
    if (rest.length < end + 4 + length) return found;
    const body = rest.toString('utf8', end + 4, end + 4 + length);
    // An interim answer is not one.
    if (head.status >= 200) found.push({ ...head, json: jsonObject(body) });
    rest = rest.subarray(end + 4 + length);
  }
}

function parseHead(head: string): Pick<RawResponse, 'status' | 'headers'> {
  const [first = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([0-9]{3}) /.exec(first)?.[1] ?? 0);
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status, headers: Object.fromEntries(pairs) };
}
