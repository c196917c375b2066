/**
 * Keyrings that share one Redis: replays and limits count for all of them, and without it they are
 * closed.
 *
 * @module
 */

import { type RedisServer, startRedisServer } from '@countersign/redis-server';
import { eventually } from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithRedis } from '../redis/when-redis.ts';
import { expectRefusal, type Profile, type Refusal } from './client/refusals.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, startTwoClients, type TestKeyring } from './client/test-keyring.ts';
import { type Answer, freshNonce } from './client/wire-client.ts';

const MAX = 4;

const REPLAYED: Refusal = {
  status: 401,
  error: 'replayed nonce',
  errorCode: 'REPLAY_NONCE_USED',
};
const NO_NONCES: Refusal = {
  status: 503,
  error: 'replay protection unavailable',
  errorCode: 'INTERNAL_ERROR',
  retryable: true,
};
const NO_LIMITS: Refusal = { ...NO_NONCES, error: 'rate limit unavailable' };

describeWithRedis('keyrings with one Redis', () => {
  let redis: RedisServer;
  let one: TestKeyring;
  let two: TestKeyring;
  /** Keeps request nonces to itself and shares the rate limit. */
  let limited: TestKeyring;
  let strict: TestKeyring;

  beforeAll(async () => {
    redis = await startRedisServer();
    const start = (env: Record<string, string>, profile: Profile = 'superset') =>
      startTwoClients({
        env: { KEYRING_REDIS_URL: redis.url, ...env },
        args: ['--profile', profile],
      });
    const nonces = { KEYRING_REPLAY_STORE: 'redis' };
    const limits = {
      KEYRING_RATE_LIMIT_ENABLED: 'true',
      KEYRING_RATE_LIMIT_BACKEND: 'redis',
      KEYRING_RATE_LIMIT_MAX_REQUESTS: String(MAX),
      KEYRING_RATE_LIMIT_WINDOW_MS: '86400000',
    };
    [one, two, limited, strict] = await Promise.all([
      start({ ...nonces, ...limits }),
      start({ ...nonces, ...limits }),
      start(limits),
      start({ ...nonces, KEYRING_REDIS_NONCE_PREFIX: 'apart:' }, 'strict'),
    ]);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await Promise.all([one, two, limited, strict].map((keyring) => keyring.stop()));
    await redis.stop();
  });

  let nextAccount = 0xc000;
  const freshRequest = (): ReturnType<typeof transferRequest> => {
    nextAccount += 1;
    return transferRequest({ accountAddress: `0x${nextAccount.toString(16)}` });
  };

  it('refuse each other’s replays', async () => {
    const request = freshRequest();
    const call = { nonce: freshNonce(), timestamp: String(Date.now()) };
    expect((await one.client.sign(request, call)).status).toBe(200);
    for (const keyring of [two, one]) {
      expectRefusal('superset', await keyring.client.sign(request, call), REPLAYED);
    }
    // Another prefix is another world.
    expect((await strict.client.sign(request, call)).status).toBe(200);
  });

  it('let one of many identical requests through, wherever they go', async () => {
    const request = freshRequest();
    const call = { nonce: freshNonce(), timestamp: String(Date.now()) };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : two).client.sign(request, call)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
  });

  it('count together', async () => {
    const request = freshRequest();
    const remaining: unknown[] = [];
    for (const keyring of [one, two, limited, one]) {
      const answer = await keyring.client.sign(request);
      expect(answer.status).toBe(200);
      remaining.push(answer.headers['x-ratelimit-remaining']);
    }
    expect(remaining).toEqual(['3', '2', '1', '0']);
    for (const keyring of [one, two, limited]) {
      const answer = await keyring.client.sign(request);
      expect(answer.status).toBe(429);
      expect(answer.headers['x-ratelimit-remaining']).toBe('0');
    }
  });

  it('are closed while Redis is gone, and open again when it is back', async () => {
    await redis.kill();
    for (const keyring of [one, two]) {
      expectRefusal('superset', await keyring.client.sign(freshRequest()), NO_NONCES);
    }
    expectRefusal('superset', await limited.client.sign(freshRequest()), NO_LIMITS);
    // SPEC v1 knows a store that throws as an internal error only.
    const inStrict = await strict.client.sign(freshRequest());
    expectRefusal('strict', inStrict, { ...NO_NONCES, status: 500 });
    expect((await one.client.call({ path: '/health' })).status).toBe(200);
    expect((await one.client.call({ path: '/health/ready' })).status).toBe(503);
    await redis.restart();
    await signsAgain(one, two, limited, strict);
    expect((await one.client.call({ path: '/health/ready' })).status).toBe(200);
  });

  it('do not wait for a Redis that is silent', async () => {
    redis.pause();
    const answers = await Promise.all([
      one.client.sign(freshRequest()),
      two.client.sign(freshRequest()),
      limited.client.sign(freshRequest()),
    ]);
    redis.resume();
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    await signsAgain(one, two, limited, strict);
  });

  it('remember a replay when Redis has forgotten it', async () => {
    const request = freshRequest();
    const call = { nonce: freshNonce(), timestamp: String(Date.now()) };
    expect((await one.client.sign(request, call)).status).toBe(200);
    await redis.restart();
    await signsAgain(one);
    expectRefusal('superset', await one.client.sign(request, call), REPLAYED);
  });

  async function signsAgain(...keyrings: readonly TestKeyring[]): Promise<void> {
    for (const { client } of keyrings) {
      let last: Answer | undefined;
      await eventually(
        'it signs again',
        async () => {
          last = await client.sign(freshRequest());
          return last.status === 200;
        },
        () => last?.text ?? '',
      );
    }
  }
});
