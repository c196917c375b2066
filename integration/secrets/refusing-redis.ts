/**
 * Something that speaks as much of the Redis protocol as it takes to refuse a password.
 *
 * @module
 */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export interface RefusingRedis {
  readonly port: number;
  /** All that clients have sent. */
  received(): string;
  close(): void;
}

export async function startRefusingRedis(): Promise<RefusingRedis> {
  let received = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8');
      socket.write('-WRONGPASS invalid username-password pair or user is disabled.\r\n'.repeat(4));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => received,
    close: () => server.close(),
  };
}
