import { isBoundaryError, Secret } from '@countersign/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rateLimitKey } from '../../packages/edge/server/src/rate-limit/rate-limiter.ts';
import { createRedisRateLimiter } from '../../packages/edge/server/src/rate-limit/redis-rate-limiter.ts';
import {
  createRedisConnection,
  type RedisConnection,
} from '../../packages/edge/server/src/redis-connection.ts';
import {
  type RedisServer,
  startRedisServer,
} from '../../packages/testing/redis-server/src/redis-server.ts';
import { eventually } from './eventually.ts';
import { describeWithRedis } from './when-redis.ts';

const WINDOW_MS = 60_000;
const START_MS = 1_795_160_160_000;
const WINDOW = START_MS / WINDOW_MS;
const KEY = rateLimitKey('client', 0x111n, 'default');
const REDIS_KEY = `starknet-keyring-proxy:ratelimit:${WINDOW}:client:0x111:default`;

describeWithRedis('rate limit in Redis', () => {
  let server: RedisServer;
  let redis: RedisConnection;
  let other: RedisConnection;

  beforeAll(async () => {
    server = await startRedisServer();
    redis = createRedisConnection({ url: new Secret(server.url) });
    other = createRedisConnection({ url: new Secret(server.url) });
    await eventually('connected', () => redis.ready && other.ready);
  });

  afterAll(async () => {
    await redis.close();
    await other.close();
    await server.stop();
  });

  const limiters = () =>
    [redis, other].map((connection) =>
      createRedisRateLimiter({ redis: connection, windowMs: WINDOW_MS, maxRequests: 10 }),
    );

  it('counts concurrent requests through two limiters together', async () => {
    await redis.send(['FLUSHALL']);
    const [one, two] = limiters();
    const hits = Array.from({ length: 64 }, (_, i) => (i % 2 ? one : two)?.hit(KEY, START_MS + i));
    const decisions = await Promise.all(hits);
    expect(decisions.filter((decision) => decision?.allowed)).toHaveLength(10);
    expect(new Set(decisions.map((decision) => decision?.resetMs))).toEqual(
      new Set([START_MS + WINDOW_MS]),
    );
    expect(await one?.hit(KEY, START_MS + WINDOW_MS)).toMatchObject({
      allowed: true,
      remaining: 9,
    });
  });

  it('writes the key and the lifetime of the wire contract', async () => {
    await redis.send(['FLUSHALL']);
    const [limiter] = limiters();
    await limiter?.hit(KEY, START_MS);
    expect(await redis.send(['GET', REDIS_KEY])).toBe('1');
    const left = Number(await redis.send(['PTTL', REDIS_KEY]));
    expect(left).toBeGreaterThan(WINDOW_MS);
    expect(left).toBeLessThanOrEqual(2 * WINDOW_MS);
  });

  it('counts on where a peer began, without moving its expiry', async () => {
    await redis.send(['FLUSHALL']);
    await redis.send(['SET', REDIS_KEY, '9', 'PX', '5000']);
    const [limiter] = limiters();
    expect(await limiter?.hit(KEY, START_MS)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await limiter?.hit(KEY, START_MS)).toMatchObject({ allowed: false, remaining: 0 });
    expect(Number(await redis.send(['PTTL', REDIS_KEY]))).toBeLessThanOrEqual(5_000);
  });

  it('gives an expiry to a counter that a crashed peer left without one', async () => {
    await redis.send(['FLUSHALL']);
    await redis.send(['INCR', REDIS_KEY]);
    const [limiter] = limiters();
    await limiter?.hit(KEY, START_MS);
    expect(Number(await redis.send(['PTTL', REDIS_KEY]))).toBeGreaterThan(0);
  });

  it('is closed on an error reply and while Redis is away', async () => {
    const [limiter] = limiters();
    const code = async (): Promise<string> => {
      try {
        return `${(await limiter?.hit(KEY, START_MS))?.allowed}`;
      } catch (error) {
        return isBoundaryError(error) ? error.code : String(error);
      }
    };
    await redis.send(['SET', REDIS_KEY, 'not a number']);
    expect(await code()).toBe('ERR_RATE_STORE_UNAVAILABLE');
    await server.kill();
    expect(await code()).toBe('ERR_RATE_STORE_UNAVAILABLE');
    await server.restart();
    await eventually('works again', async () => (await code()) === 'true');
  });
});
