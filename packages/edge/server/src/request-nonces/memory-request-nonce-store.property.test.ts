import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryRequestNonceStore } from './memory-request-nonce-store.ts';

const TTL_MS = 800;
const SLICE_MS = 100;

it('answers like a list of all nonces ever used, one slice of grace aside', async () => {
  const steps = fc.array(
    fc.record({
      clientId: fc.constantFrom('a', 'b"', 'a","b'),
      nonce: fc.constantFrom('1', '2', ',', '"', `${'long'.repeat(40)}`),
      waitMs: fc.nat(300),
    }),
    { maxLength: 100 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (list, startMs) => {
      const store = createMemoryRequestNonceStore({ ttlMs: TTL_MS });
      const usedMs = new Map<string, number>();
      let nowMs = startMs;
      for (const { clientId, nonce, waitMs } of list) {
        nowMs += waitMs;
        const key = `${clientId.length}.${clientId}.${nonce}`;
        const age = nowMs - (usedMs.get(key) ?? Number.NEGATIVE_INFINITY);
        const fresh = await store.consume(clientId, nonce, nowMs);
        if (age < TTL_MS) expect(fresh).toBe(false);
        if (age >= TTL_MS + SLICE_MS) expect(fresh).toBe(true);
        if (fresh) usedMs.set(key, nowMs);
      }
    }),
    { numRuns: 300 },
  );
});

it('never accepts a nonce twice while its timestamp is valid, whatever the clock does', async () => {
  const skewMs = TTL_MS / 2;
  const jumps = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(jumps, async (list) => {
      const store = createMemoryRequestNonceStore({ ttlMs: TTL_MS });
      let nowMs = 1_000_000;
      let highestMs = nowMs;
      let accepted = 0;
      const signedAtMs = nowMs;
      for (const jumpMs of [0, ...list]) {
        nowMs += jumpMs;
        highestMs = Math.max(highestMs, nowMs);
        // once the clock has been further ahead than a lifetime, the nonce may be forgotten
        if (highestMs - signedAtMs >= TTL_MS || Math.abs(nowMs - signedAtMs) > skewMs) continue;
        if (await store.consume('client', 'n', nowMs)) accepted += 1;
      }
      expect(accepted).toBe(1);
    }),
    { numRuns: 300 },
  );
});
