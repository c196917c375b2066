import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createRedisConnection } from './redis-connection.ts';

/** Nothing listens on port 1 of this machine. */
const NOWHERE = 'redis://user:hunter2-hunter2@127.0.0.1:1/0';

/** A peer on a port of its own that treats connections as told, and counts them. */
async function listen(treat: (socket: Socket) => void) {
  const server = createServer();
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    treat(socket);
    server.emit('counted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => sockets.length,
    async connections(count: number) {
      while (sockets.length < count) await once(server, 'counted');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('the URL', () => {
  it.each([
    ['no URL', 'hunter2-hunter2'],
    ['another protocol', 'http://:hunter2-hunter2@127.0.0.1:6379'],
    ['no host', 'redis://'],
    ['an unknown path', 'redis://:hunter2-hunter2@127.0.0.1/zero'],
    ['a broken port', 'redis://:hunter2-hunter2@127.0.0.1:port'],
    ['broken percent encoding', 'redis://:hunter2-hunter2%zz@127.0.0.1'],
  ])('is refused with %s, and not repeated', (_name, url) => {
    let error: unknown;
    try {
      createRedisConnection({ url: new Secret(url) });
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { setting: 'KEYRING_REDIS_URL' },
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });
});

describe('a connection without a Redis', () => {
  it('is made without waiting, says what is wrong, and refuses at once', async () => {
    const changes: string[] = [];
    const down = Promise.withResolvers<void>();
    const connection = createRedisConnection({
      url: new Secret(NOWHERE),
      onChange: (state, reason) => {
        changes.push(`${state} ${reason}`);
        down.resolve();
      },
    });
    expect(connection.ready).toBe(false);
    await expect(connection.send(['PING'])).rejects.toMatchObject({
      name: 'RedisFault',
      reason: 'connecting',
    });
    await down.promise;
    const fault = await connection.send(['PING']).catch((error: unknown) => error);
    expect(fault).toMatchObject({ reason: 'ECONNREFUSED' });
    expect(inspect([fault, connection, changes], { depth: 9, showHidden: true })).not.toContain(
      'hunter2',
    );
    await connection.close();
    expect(changes).toEqual(['down ECONNREFUSED']);
  });

  it('tries again and again, and says so once', async () => {
    await using peer = await listen((socket) => socket.destroy());
    const changes: string[] = [];
    const connection = createRedisConnection({
      url: new Secret(`redis://127.0.0.1:${peer.port}`),
      onChange: (state, reason) => changes.push(`${state} ${reason}`),
    });
    await peer.connections(4);
    await connection.close();
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatch(/^down /);
  });

  it('is told apart from a peer that accepts and says nothing', async () => {
    await using peer = await listen(() => {});
    const connection = createRedisConnection({
      url: new Secret(`redis://127.0.0.1:${peer.port}`),
      connectTimeoutMs: 20,
    });
    await peer.connections(2);
    expect(connection.ready).toBe(false);
    await expect(connection.send(['PING'])).rejects.toMatchObject({ reason: 'timeout' });
    await connection.close();
  });

  it.each([
    ['before it began', 0, () => {}],
    ['while it waits for an answer', 1, () => {}],
    ['while it waits again', 2, () => {}],
    ['after a refusal', 1, (socket: Socket) => socket.destroy()],
    ['after a second refusal', 2, (socket: Socket) => socket.destroy()],
  ])('can be closed %s, twice, and is quiet from then on', async (_name, attempts, treat) => {
    await using peer = await listen(treat);
    const changes: string[] = [];
    const connection = createRedisConnection({
      url: new Secret(`redis://127.0.0.1:${peer.port}`),
      connectTimeoutMs: 20,
      onChange: (state, reason) => changes.push(`${state} ${reason}`),
    });
    await peer.connections(attempts);
    await connection.close();
    await connection.close();
    const before = { changes: changes.length, seen: peer.seen() };
    // another connection gets its attempts in meanwhile, to a peer that answers as little
    await using elsewhere = await listen(treat);
    const other = createRedisConnection({
      url: new Secret(`redis://127.0.0.1:${elsewhere.port}`),
      connectTimeoutMs: 20,
    });
    await elsewhere.connections(5);
    await other.close();
    expect(changes.length).toBe(before.changes);
    // one attempt may have been on its way
    expect(peer.seen()).toBeLessThanOrEqual(attempts === 0 ? 0 : before.seen + 1);
    expect(changes.length).toBeLessThan(2);
    await expect(connection.send(['PING'])).rejects.toMatchObject({ reason: 'closed' });
  });
});
