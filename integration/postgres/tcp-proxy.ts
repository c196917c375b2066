/**
 * A network between a signer and its store that can stand still or break.
 *
 * @module
 */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  /** The URL with this proxy in the place of the server. */
  through(url: string): string;
  /** Nothing gets through any more, in either direction; connections stay open. */
  stall(): void;
  /** What waited gets through, and everything after it. */
  flow(): void;
  /** Breaks every connection off. */
  reset(): void;
  /**
   * Lets the next answer of the server to a COMMIT get lost with its connection: the server has committed,
   * and the signer does not know.
   */
  loseNextCommit(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Command tag of a COMMIT that was one, with its terminating zero. */
const COMMITTED = Buffer.from('COMMIT\0', 'latin1');

/** @param port - Of the server, on this machine. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let isStalled = false;
  let losesCommit = false;

  const server = createServer((client) => {
    const pair = { client, server: connect({ host: '127.0.0.1', port, noDelay: true }) };
    client.setNoDelay(true);
    pairs.add(pair);
    const end = (): void => {
      pair.client.destroy();
      pair.server.destroy();
      pairs.delete(pair);
    };
    for (const socket of [pair.client, pair.server]) {
      socket.on('error', end);
      socket.on('close', end);
      if (isStalled) socket.pause();
    }
    pair.client.on('data', (bytes) => pair.server.write(bytes));
    pair.server.on('data', (bytes) => {
      if (losesCommit && Buffer.from(bytes).includes(COMMITTED)) {
        losesCommit = false;
        end();
      } else {
        pair.client.write(bytes);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;

  const each = (act: (socket: Socket) => void): void => {
    for (const { client, server: other } of [...pairs]) {
      act(client);
      act(other);
    }
  };
  return {
    through: (url) => url.replace(`:${port}/`, `:${own}/`),
    stall: () => {
      isStalled = true;
      each((socket) => socket.pause());
    },
    flow: () => {
      isStalled = false;
      each((socket) => socket.resume());
    },
    reset: () => each((socket) => socket.resetAndDestroy()),
    loseNextCommit: () => {
      losesCommit = true;
    },
    close: async () => {
      each((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
