import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';

it('decides like a list of all requests ever made', async () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a:1', 'a:2', 'b:1', 'c'), waitMs: fc.nat(60) }),
    { maxLength: 80 },
  );
  const shape = fc.record({ windowMs: fc.integer({ min: 1, max: 100 }), maxRequests: fc.nat(5) });
  await fc.assert(
    fc.asyncProperty(steps, shape, async (list, { windowMs, maxRequests }) => {
      const limiter = createMemoryRateLimiter({
        windowMs,
        maxRequests,
        maxKeys: 4,
        maxKeysPerClient: 4,
      });
      const model = new Map<string, { startMs: number; count: number }>();
      let nowMs = 1_000;
      for (const { key, waitMs } of list) {
        nowMs += waitMs;
        const seen = model.get(key);
        const window =
          seen && nowMs < seen.startMs + windowMs ? seen : { startMs: nowMs, count: 0 };
        window.count += 1;
        model.set(key, window);
        expect(await limiter.hit(key, nowMs)).toEqual({
          allowed: window.count <= maxRequests,
          remaining: Math.max(0, maxRequests - window.count),
          resetMs: window.startMs + windowMs,
        });
      }
    }),
    { numRuns: 300 },
  );
});

it('never allows more than the limit within any stretch shorter than a window', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 200 }), async (waits) => {
      const limiter = createMemoryRateLimiter({ windowMs: 100, maxRequests: 3 });
      let nowMs = 0;
      const allowedMs: number[] = [];
      for (const waitMs of waits) {
        nowMs += waitMs;
        if ((await limiter.hit('k', nowMs)).allowed) allowedMs.push(nowMs);
      }
      // two windows can meet within any such stretch: twice the limit, never more
      for (const startMs of allowedMs) {
        const within = allowedMs.filter((ms) => ms >= startMs && ms < startMs + 100);
        expect(within.length).toBeLessThanOrEqual(6);
      }
    }),
    { numRuns: 200 },
  );
});
