import { describe, expect, it } from 'vitest';
import {
  createMemoryRequestNonceStore,
  type MemoryRequestNonceStoreOptions,
} from './memory-request-nonce-store.ts';

const NOW_MS = 1_795_160_160_123;
const TTL_MS = 120_000;

const store = (options: Partial<MemoryRequestNonceStoreOptions> = {}) =>
  createMemoryRequestNonceStore({ ttlMs: TTL_MS, ...options });

describe('a nonce', () => {
  it('is fresh once', async () => {
    const { consume } = store();
    expect(await consume('client', 'n', NOW_MS)).toBe(true);
    expect(await consume('client', 'n', NOW_MS)).toBe(false);
    expect(await consume('client', 'n', NOW_MS + 1)).toBe(false);
    expect(await consume('client', 'm', NOW_MS)).toBe(true);
  });

  it('is fresh once of 64 concurrent tries', async () => {
    const { consume } = store();
    const tries = Array.from({ length: 64 }, () => consume('client', 'n', NOW_MS));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  it('belongs to its client', async () => {
    const { consume } = store();
    expect(await consume('a', 'n', NOW_MS)).toBe(true);
    expect(await consume('b', 'n', NOW_MS)).toBe(true);
  });

  it('does not collide across delimiters', async () => {
    const { consume } = store();
    const pairs = [
      ['a', 'b","c'],
      ['a","b', 'c'],
      ['a,b', 'c'],
      ['a', 'b,c'],
      ['', 'ab'],
      ['ab', ''],
    ] as const;
    for (const [clientId, nonce] of pairs)
      expect(await consume(clientId, nonce, NOW_MS)).toBe(true);
  });

  it('stays used for its whole lifetime, and is forgotten soon after', async () => {
    const { consume } = store();
    await consume('client', 'n', NOW_MS);
    expect(await consume('client', 'n', NOW_MS + TTL_MS - 1)).toBe(false);
    expect(await consume('client', 'n', NOW_MS + TTL_MS)).toBe(false);
    expect(await consume('client', 'n', NOW_MS + TTL_MS + TTL_MS / 8)).toBe(true);
  });

  it('is remembered when it is as long as a header can be', async () => {
    const { consume } = store();
    const [one, two] = [`${'x'.repeat(255)}1`, `${'x'.repeat(255)}2`];
    expect(await consume('client', one, NOW_MS)).toBe(true);
    expect(await consume('client', two, NOW_MS)).toBe(true);
    expect(await consume('client', one, NOW_MS)).toBe(false);
  });

  it('stays used when the clock is set back and comes round again', async () => {
    const { consume } = store();
    await consume('client', 'n', NOW_MS);
    expect(await consume('client', 'n', NOW_MS - 10 * TTL_MS)).toBe(false);
    expect(await consume('client', 'other', NOW_MS - 10 * TTL_MS)).toBe(true);
    expect(await consume('client', 'n', NOW_MS + 1)).toBe(false);
  });
});

describe('memory', () => {
  const full = { code: 'ERR_NONCE_STORE_UNAVAILABLE' };

  it('is closed when full, but still knows what was used', async () => {
    const { consume } = store({ maxNonces: 2, maxNoncesPerClient: 2 });
    await consume('a', '1', NOW_MS);
    await consume('b', '1', NOW_MS);
    await expect(consume('c', '1', NOW_MS)).rejects.toMatchObject(full);
    expect(await consume('a', '1', NOW_MS)).toBe(false);
    expect(await consume('c', '1', NOW_MS + 2 * TTL_MS)).toBe(true);
  });

  it('cannot be filled by one client', async () => {
    const { consume } = store({ maxNonces: 10 });
    for (let i = 0; i < 8; i += 1) await consume('greedy', `${i}`, NOW_MS);
    await expect(consume('greedy', '8', NOW_MS)).rejects.toMatchObject(full);
    expect(await consume('modest', '1', NOW_MS)).toBe(true);
    expect(await consume('greedy', '8', NOW_MS + 2 * TTL_MS)).toBe(true);
  });

  it('counts a client down as its nonces are forgotten', async () => {
    const { consume } = store({ maxNonces: 10, maxNoncesPerClient: 2 });
    for (let i = 0; i < 40; i += 1) {
      expect(await consume('steady', `${i}`, NOW_MS + i * 100_000)).toBe(true);
    }
  });

  it('is empty after closing', async () => {
    const { consume, close } = store({ maxNonces: 1, maxNoncesPerClient: 1 });
    await consume('a', '1', NOW_MS);
    await close();
    expect(await consume('b', '1', NOW_MS)).toBe(true);
  });
});
