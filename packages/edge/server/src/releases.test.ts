import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createReleases } from './releases.ts';

interface Asked {
  readonly outgoing: ServerResponse;
  /** What the client has received so far. */
  received(): string;
  readonly client: Socket;
}

/** A request that has arrived and is not answered, from a client that may refuse to read. */
async function askedBy({ reads }: { reads: boolean }): Promise<Asked> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = createServer((_incoming, outgoing) => resolve(outgoing));
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  let received = '';
  if (reads) {
    client.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
  }
  if (!reads) client.pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  onTestFinished(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  return { outgoing: await promise, received: () => received, client };
}

async function stateOf(promise: Promise<void>): Promise<string> {
  return Promise.race([promise.then(() => 'settled'), sleep(50).then(() => 'waiting')]);
}

it('waits until an answer has been handed over', async () => {
  const releases = createReleases();
  const { outgoing, received } = await askedBy({ reads: true });
  releases.begin(outgoing);
  const settled = releases.settled();
  expect(await stateOf(settled)).toBe('waiting');
  outgoing.end('a signature');
  await settled;
  expect(outgoing.writableFinished).toBe(true);
  await sleep(20);
  expect(received()).toContain('a signature');
});

it('does not wait for what begins later, nor for what is over', async () => {
  const releases = createReleases();
  const [over, later] = [await askedBy({ reads: true }), await askedBy({ reads: true })];
  releases.begin(over.outgoing);
  over.outgoing.end('x');
  await releases.settled();
  releases.begin(over.outgoing);
  const settled = releases.settled();
  releases.begin(later.outgoing);
  expect(await stateOf(settled)).toBe('settled');
});

it('waits no longer for a client that has gone', async () => {
  const releases = createReleases();
  const { outgoing, client } = await askedBy({ reads: true });
  releases.begin(outgoing);
  const settled = releases.settled();
  client.destroy();
  expect(await stateOf(settled)).toBe('settled');
});

it('cuts a connection that does not take its answer', async () => {
  const releases = createReleases(100);
  const { outgoing, client } = await askedBy({ reads: false });
  releases.begin(outgoing);
  // More than the buffers of both ends hold.
  outgoing.end(Buffer.alloc(64 * 1_048_576, 'x'));
  const startedAt = performance.now();
  await releases.settled();
  expect(performance.now() - startedAt).toBeGreaterThan(90);
  expect(outgoing.destroyed).toBe(true);
  const ended = new Promise((resolve) => client.once('close', resolve));
  client.resume();
  await ended;
});

it('has nothing to wait for where there is no connection', async () => {
  const releases = createReleases();
  releases.begin(undefined);
  expect(await stateOf(releases.settled())).toBe('settled');
});
