import { describe, expect, it } from 'vitest';
import { RedisFault } from '../redis-connection.ts';
import { createRedisRateLimiter } from './redis-rate-limiter.ts';

const NOW_MS = 1_795_160_170_500;

function answering(...replies: readonly unknown[]) {
  const sent: (readonly string[])[] = [];
  const queue = [...replies];
  const limiter = createRedisRateLimiter({
    redis: {
      send: async (args) => {
        sent.push(args);
        const reply = queue.shift();
        if (reply instanceof Error) throw reply;
        return reply;
      },
    },
    windowMs: 60_000,
    maxRequests: 2,
  });
  return { limiter, sent };
}

describe('the Redis limiter', () => {
  it('allows up to the limit, with windows at multiples of their length', async () => {
    const { limiter } = answering(1, 2, 3);
    const resetMs = 1_795_160_220_000;
    expect(await limiter.hit('k', NOW_MS)).toEqual({ allowed: true, remaining: 1, resetMs });
    expect(await limiter.hit('k', NOW_MS)).toEqual({ allowed: true, remaining: 0, resetMs });
    expect(await limiter.hit('k', NOW_MS)).toEqual({ allowed: false, remaining: 0, resetMs });
  });

  it('counts and expires in one command, on the key of the wire contract', async () => {
    const { limiter, sent } = answering(1);
    await limiter.hit('client:0x1:default', NOW_MS);
    const [[name, , ...rest] = []] = sent;
    expect(sent).toHaveLength(1);
    expect(name).toBe('EVAL');
    expect(rest).toEqual([
      '1',
      'starknet-keyring-proxy:ratelimit:29919336:client:0x1:default',
      '120000',
    ]);
  });

  it.each([
    ['a fault', new RedisFault('timeout')],
    ['nil', null],
    ['text', '1'],
    ['zero', 0],
    ['a fraction', 1.5],
    ['a negative count', -1],
    ['an unsafe number', 2 ** 53],
    ['a list', [1]],
  ])('is closed on %s', async (_name, reply) => {
    const { limiter } = answering(reply);
    await expect(limiter.hit('k', NOW_MS)).rejects.toMatchObject({
      name: 'BoundaryError',
      code: 'ERR_RATE_STORE_UNAVAILABLE',
      details: {},
    });
  });

  it('sends nothing when it is closed', async () => {
    const { limiter, sent } = answering();
    await limiter.close();
    expect(sent).toEqual([]);
  });
});
