import { isBoundaryError, Secret } from '@countersign/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createRedisConnection,
  type RedisConnection,
} from '../../packages/edge/server/src/redis-connection.ts';
import { createRedisRequestNonceStore } from '../../packages/edge/server/src/request-nonces/redis-request-nonce-store.ts';
import {
  type RedisServer,
  startRedisServer,
} from '../../packages/testing/redis-server/src/redis-server.ts';
import { eventually } from './eventually.ts';
import { describeWithRedis } from './when-redis.ts';

const NOW_MS = 1_795_160_160_000;
const TTL_MS = 120_000;

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    return `no error, but ${await work}`;
  } catch (error) {
    return isBoundaryError(error) ? error.code : String(error);
  }
}

describeWithRedis('request nonces in Redis', () => {
  let server: RedisServer;
  const connections: RedisConnection[] = [];

  const connected = async (): Promise<RedisConnection> => {
    const connection = createRedisConnection({ url: new Secret(server.url) });
    connections.push(connection);
    await eventually('connected', () => connection.ready);
    return connection;
  };
  const newStore = async (ttlMs = TTL_MS) =>
    createRedisRequestNonceStore({ redis: await connected(), ttlMs });

  beforeAll(async () => {
    server = await startRedisServer();
  });

  afterAll(async () => {
    for (const connection of connections) await connection.close();
    await server.stop();
  });

  it('accepts a nonce once of 64 concurrent tries through two stores', async () => {
    const stores = [await newStore(), await newStore()];
    for (let round = 0; round < 20; round += 1) {
      const tries = Array.from({ length: 64 }, (_, i) =>
        (stores[i % 2] ?? stores[0])?.consume('client', `concurrent-${round}`, NOW_MS),
      );
      const fresh = (await Promise.all(tries)).filter((answer) => answer === true);
      expect(fresh).toHaveLength(1);
    }
  });

  it('writes the key, the value and the lifetime of the wire contract', async () => {
    const redis = await connected();
    const store = createRedisRequestNonceStore({ redis, ttlMs: TTL_MS });
    expect(await store.consume('agent:1', 'n"once', NOW_MS)).toBe(true);
    const key = 'starknet-keyring-proxy:nonce:["agent:1","n\\"once"]';
    expect(await redis.send(['GET', key])).toBe(String(NOW_MS));
    const left = Number(await redis.send(['PTTL', key]));
    expect(left).toBeGreaterThan(TTL_MS - 60_000);
    expect(left).toBeLessThanOrEqual(TTL_MS);
  });

  it('sees the nonces of a peer', async () => {
    const redis = await connected();
    const store = createRedisRequestNonceStore({ redis, ttlMs: TTL_MS, prefix: 'peer:' });
    await redis.send(['SET', 'peer:["a","used"]', '1', 'PX', '60000', 'NX']);
    expect(await store.consume('a', 'used', NOW_MS)).toBe(false);
    expect(await store.consume('b', 'used', NOW_MS)).toBe(true);
  });

  it('accepts a nonce again when its lifetime is over', async () => {
    const store = await newStore(30);
    expect(await store.consume('client', 'short', NOW_MS)).toBe(true);
    await eventually('forgotten', () => store.consume('client', 'short', NOW_MS));
  });

  it('stays open for others when it is closed', async () => {
    const redis = await connected();
    await createRedisRequestNonceStore({ redis, ttlMs: TTL_MS }).close();
    expect(await redis.send(['PING'])).toBe('PONG');
  });

  describe('while Redis is away', () => {
    it('is closed, and works again when Redis is back', async () => {
      const store = await newStore();
      expect(await store.consume('client', 'before', NOW_MS)).toBe(true);
      await server.kill();
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expect(await codeOf(store.consume('client', `during-${attempt}`, NOW_MS))).toBe(
          'ERR_NONCE_STORE_UNAVAILABLE',
        );
      }
      await server.restart();
      const outcomes: string[] = [];
      await eventually('works again', async () => {
        const outcome = await codeOf(store.consume('client', `after-${outcomes.length}`, NOW_MS));
        outcomes.push(outcome);
        return outcome === 'no error, but true';
      });
      const before = outcomes.slice(0, -1);
      expect(before.filter((outcome) => outcome !== 'ERR_NONCE_STORE_UNAVAILABLE')).toEqual([]);
    });

    it('is closed while Redis hangs, with commands under way, and works again afterwards', async () => {
      const redis = createRedisConnection({ url: new Secret(server.url), commandTimeoutMs: 200 });
      connections.push(redis);
      await eventually('connected', () => redis.ready);
      const store = createRedisRequestNonceStore({ redis, ttlMs: TTL_MS });
      server.pause();
      try {
        const tries = Array.from({ length: 64 }, (_, i) =>
          codeOf(store.consume('client', `hung-${i}`, NOW_MS)),
        );
        expect(new Set(await Promise.all(tries))).toEqual(new Set(['ERR_NONCE_STORE_UNAVAILABLE']));
        expect(redis.ready).toBe(false);
      } finally {
        server.resume();
      }
      await eventually('connected again', () => redis.ready);
      expect(await store.consume('client', 'after the hang', NOW_MS)).toBe(true);
    });
  });
});
