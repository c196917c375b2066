import { describe, expect, it } from 'vitest';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';

const START_MS = 1_795_160_160_123;

const limiter = (options: { maxKeys?: number; maxKeysPerClient?: number } = {}) =>
  createMemoryRateLimiter({ windowMs: 1_000, maxRequests: 3, ...options });

describe('a window', () => {
  it('starts with the first request and counts down', async () => {
    const { hit } = limiter();
    const resetMs = START_MS + 1_000;
    expect(await hit('k', START_MS)).toEqual({ allowed: true, remaining: 2, resetMs });
    expect(await hit('k', START_MS + 1)).toEqual({ allowed: true, remaining: 1, resetMs });
    expect(await hit('k', START_MS + 2)).toEqual({ allowed: true, remaining: 0, resetMs });
    expect(await hit('k', START_MS + 3)).toEqual({ allowed: false, remaining: 0, resetMs });
    expect(await hit('k', START_MS + 999)).toEqual({ allowed: false, remaining: 0, resetMs });
  });

  it('ends at its reset, and the next starts with the next request', async () => {
    const { hit } = limiter();
    for (let i = 0; i < 5; i += 1) await hit('k', START_MS);
    expect(await hit('k', START_MS + 1_000)).toMatchObject({ allowed: true, remaining: 2 });
    expect(await hit('k', START_MS + 5_500)).toMatchObject({ resetMs: START_MS + 6_500 });
  });

  it('is one per key', async () => {
    const { hit } = limiter();
    for (let i = 0; i < 5; i += 1) await hit('a', START_MS);
    expect(await hit('b', START_MS)).toMatchObject({ allowed: true, remaining: 2 });
  });

  it('does not lock anyone out when the clock is set back', async () => {
    const { hit } = limiter();
    for (let i = 0; i < 5; i += 1) await hit('k', START_MS);
    expect(await hit('k', START_MS - 3_600_000)).toMatchObject({
      allowed: true,
      resetMs: START_MS - 3_599_000,
    });
  });
});

describe('memory', () => {
  it('is closed to new keys when full of live ones, open to known ones', async () => {
    const { hit } = limiter({ maxKeys: 2, maxKeysPerClient: 2 });
    await hit('a:1', START_MS);
    await hit('b:1', START_MS);
    await expect(hit('c:1', START_MS + 500)).rejects.toMatchObject({
      code: 'ERR_RATE_STORE_UNAVAILABLE',
    });
    expect(await hit('a:1', START_MS + 500)).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('is free again when windows have ended', async () => {
    const { hit } = limiter({ maxKeys: 2, maxKeysPerClient: 2 });
    await hit('a:1', START_MS);
    await hit('b:1', START_MS);
    expect(await hit('c:1', START_MS + 1_000)).toMatchObject({ allowed: true });
    expect(await hit('d:1', START_MS + 1_000)).toMatchObject({ allowed: true });
    await expect(hit('e:1', START_MS + 1_000)).rejects.toThrow();
  });

  it('cannot be filled by one client', async () => {
    const { hit } = limiter({ maxKeys: 8 });
    const decisions = [];
    for (let i = 0; i < 20; i += 1) decisions.push(await hit(`greedy:${i}`, START_MS));
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(2);
    expect(decisions.at(-1)).toEqual({ allowed: false, remaining: 0, resetMs: START_MS + 1_000 });
    expect(await hit('modest:1', START_MS)).toMatchObject({ allowed: true });
    expect(await hit('greedy:new', START_MS + 1_000)).toMatchObject({ allowed: true });
  });

  it('counts a key once for its client however often its window starts anew', async () => {
    const { hit } = limiter({ maxKeys: 8 });
    for (let i = 0; i < 50; i += 1) await hit('a:1', START_MS + i * 1_100);
    expect(await hit('a:2', START_MS + 50 * 1_100)).toMatchObject({ allowed: true });
  });

  it('counts it once also between two sweeps', async () => {
    const { hit } = limiter({ maxKeys: 8 });
    await hit('a:1', START_MS);
    await hit('b:1', START_MS + 999); // sweeps; the window of a:1 ends right after
    expect(await hit('a:1', START_MS + 1_000)).toMatchObject({ allowed: true });
    expect(await hit('a:2', START_MS + 1_001)).toMatchObject({ allowed: true });
  });

  it('is empty after closing', async () => {
    const { hit, close } = limiter({ maxKeys: 1, maxKeysPerClient: 1 });
    await hit('a:1', START_MS);
    await close();
    expect(await hit('b:1', START_MS)).toMatchObject({ allowed: true, remaining: 2 });
  });
});
