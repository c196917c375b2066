import { createServer, type Server } from 'node:net';
import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { edgeSettings, NOW_MS } from '../test/settings.ts';
import { createSharedStores, type SharedStores, type StoreSettings } from './shared-stores.ts';

/** Not a word of any message, so that finding it means that it was told. */
const PASSWORD = 'hunter2';
const QUIET = { onRedis: () => undefined };

function open(changes: Partial<StoreSettings> = {}, events = QUIET): SharedStores {
  const stores = createSharedStores(edgeSettings(changes), events);
  onTestFinished(() => stores.close());
  return stores;
}

/** A Redis that accepts connections and says nothing. */
async function silentRedis(): Promise<string> {
  const server: Server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

describe('without Redis', () => {
  it('request nonces are remembered in memory, and nothing is ever down', async () => {
    const stores = open();
    expect(await stores.requestNonces.consume('a', 'n', NOW_MS)).toBe(true);
    expect(await stores.requestNonces.consume('a', 'n', NOW_MS)).toBe(false);
    expect(stores.fault()).toBeUndefined();
  });

  it('request nonces outlive every timestamp that could come with them', async () => {
    const stores = open({ nonceTtlMs: 1, maxSkewMs: 1_000 });
    await stores.requestNonces.consume('a', 'n', NOW_MS);
    expect(await stores.requestNonces.consume('a', 'n', NOW_MS + 1_999)).toBe(false);
  });

  it('there is no rate limit unless one is set', () => {
    expect(open().rateLimiter).toBeUndefined();
  });

  it('rates are counted in memory', async () => {
    const { rateLimiter } = open({
      rateLimit: { store: 'memory', windowMs: 1_000, maxRequests: 1 },
    });
    expect(await rateLimiter?.hit('k', NOW_MS)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await rateLimiter?.hit('k', NOW_MS)).toMatchObject({ allowed: false });
  });
});

describe('with a Redis that is not there yet', () => {
  it('the stores are down, and a nonce is refused rather than believed', async () => {
    const redis = { url: await silentRedis(), noncePrefix: 'n:', ratePrefix: 'r:' };
    const rateLimit = { store: 'redis', windowMs: 1_000, maxRequests: 1 } as const;
    const stores = open({ redis, rateLimit, nonceStore: 'redis' });
    expect(stores.fault()).toBe('ERR_NONCE_STORE_UNAVAILABLE');
    await expect(stores.requestNonces.consume('a', 'n', NOW_MS)).rejects.toMatchObject({
      code: 'ERR_NONCE_STORE_UNAVAILABLE',
    });
    await expect(stores.rateLimiter?.hit('k', NOW_MS)).rejects.toMatchObject({
      code: 'ERR_RATE_STORE_UNAVAILABLE',
    });
  });

  it('nonces that are not kept there work all the same', async () => {
    const redis = { url: await silentRedis(), noncePrefix: 'n:', ratePrefix: 'r:' };
    const stores = open({ redis });
    expect(stores.fault()).toBeUndefined();
    expect(await stores.requestNonces.consume('a', 'n', NOW_MS)).toBe(true);
    const rateLimit = { store: 'redis', windowMs: 1_000, maxRequests: 1 } as const;
    expect(open({ redis, rateLimit }).fault()).toBe('ERR_RATE_STORE_UNAVAILABLE');
  });

  it('whose URL is none, nothing starts, and the URL is not told', () => {
    const redis = { url: `http://user:${PASSWORD}@redis`, noncePrefix: '', ratePrefix: '' };
    let told: unknown;
    try {
      createSharedStores(edgeSettings({ redis }), QUIET);
    } catch (error) {
      told = error;
    }
    expect(isBoundaryError(told) && told.code).toBe('ERR_CONFIG_INVALID');
    expect(JSON.stringify(isBoundaryError(told) && told.details)).not.toContain(PASSWORD);
  });
});

describe('other settings', () => {
  const redis = { url: 'redis://127.0.0.1:1', noncePrefix: 'n:', ratePrefix: 'r:' };
  const rateLimit = { store: 'memory', windowMs: 1_000, maxRequests: 1 } as const;

  it('fit when they say the same about the stores', () => {
    const stores = open({ rateLimit });
    expect(stores.fits(edgeSettings({ rateLimit: { ...rateLimit }, leakScan: 'block' }))).toBe(
      true,
    );
  });

  const changes: readonly Partial<StoreSettings>[] = [
    { nonceStore: 'redis' },
    { nonceTtlMs: 1 },
    { maxSkewMs: 1 },
    { rateLimit },
    { redis },
  ];

  it.each(changes)('do not fit with %j', (change) => {
    expect(open().fits(edgeSettings(change))).toBe(false);
  });
});
