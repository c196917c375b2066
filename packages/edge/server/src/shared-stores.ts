/**
 * Request nonces and rate counters as configured: in memory, or in one Redis for several edges.
 *
 * The in-memory nonce store is a quick first no; the signer's durable one decides.
 *
 * @module
 */

import { type EdgeSettings, Secret } from '@countersign/protocol';
import { createMemoryRateLimiter } from './rate-limit/memory-rate-limiter.ts';
import type { RateLimiter } from './rate-limit/rate-limiter.ts';
import { createRedisRateLimiter } from './rate-limit/redis-rate-limiter.ts';
import { createRedisConnection, type RedisConnection } from './redis-connection.ts';
import { createMemoryRequestNonceStore } from './request-nonces/memory-request-nonce-store.ts';
import { createRedisRequestNonceStore } from './request-nonces/redis-request-nonce-store.ts';
import type { RequestNonceStore } from './request-nonces/request-nonce-store.ts';

export type StoreSettings = Pick<
  EdgeSettings,
  'nonceStore' | 'nonceTtlMs' | 'maxSkewMs' | 'rateLimit' | 'redis'
>;

export type StoreFault = 'ERR_NONCE_STORE_UNAVAILABLE' | 'ERR_RATE_STORE_UNAVAILABLE';

export interface SharedStores {
  readonly requestNonces: RequestNonceStore;
  /** Absent when rate limits are off. */
  readonly rateLimiter: RateLimiter | undefined;
  /** The refusal a request would meet because Redis is down; `undefined` when it would meet none. */
  fault(): StoreFault | undefined;
  /** Whether these stores can go on under other settings without losing what they remember. */
  fits(settings: StoreSettings): boolean;
  close(): Promise<void>;
}

export interface StoreEvents {
  /** Told when Redis comes and goes; `reason` is a code, safe to log. */
  readonly onRedis: (state: 'ready' | 'down', reason: string | undefined) => void;
}

/** @throws BoundaryError ERR_CONFIG_INVALID when the Redis URL cannot be used. */
export function createSharedStores(
  settings: StoreSettings,
  { onRedis }: StoreEvents,
): SharedStores {
  const { redis: place } = settings;
  const redis =
    place === undefined
      ? undefined
      : createRedisConnection({ url: new Secret(place.url), onChange: onRedis });
  const requestNonces = nonceStore(settings, redis);
  const rateLimiter = limiter(settings, redis);
  const identity = identityOf(settings);
  return {
    requestNonces,
    rateLimiter,
    fault: () => (redis === undefined || redis.ready ? undefined : faultWithoutRedis(settings)),
    fits: (other) => identityOf(other) === identity,
    async close() {
      await Promise.all([requestNonces.close(), rateLimiter?.close(), redis?.close()]);
    },
  };
}

/** What is asked first refuses first. */
function faultWithoutRedis({ nonceStore: kind, rateLimit }: StoreSettings): StoreFault | undefined {
  if (kind === 'redis') return 'ERR_NONCE_STORE_UNAVAILABLE';
  return rateLimit?.store === 'redis' ? 'ERR_RATE_STORE_UNAVAILABLE' : undefined;
}

function nonceStore(
  { nonceStore: kind, nonceTtlMs, maxSkewMs, redis: place }: StoreSettings,
  redis: RedisConnection | undefined,
): RequestNonceStore {
  // A nonce must outlive every timestamp that could still be accepted with it.
  const ttlMs = Math.max(nonceTtlMs, 2 * maxSkewMs);
  if (kind === 'embedded' || redis === undefined || place === undefined) {
    return createMemoryRequestNonceStore({ ttlMs });
  }
  return createRedisRequestNonceStore({ redis, ttlMs, prefix: place.noncePrefix });
}

function limiter(
  { rateLimit, redis: place }: StoreSettings,
  redis: RedisConnection | undefined,
): RateLimiter | undefined {
  if (rateLimit === undefined) return undefined;
  const { windowMs, maxRequests, store } = rateLimit;
  if (store === 'memory' || redis === undefined || place === undefined) {
    return createMemoryRateLimiter({ windowMs, maxRequests });
  }
  return createRedisRateLimiter({ redis, windowMs, maxRequests, prefix: place.ratePrefix });
}

function identityOf({
  nonceStore,
  nonceTtlMs,
  maxSkewMs,
  rateLimit,
  redis,
}: StoreSettings): string {
  return JSON.stringify([nonceStore, nonceTtlMs, maxSkewMs, rateLimit, redis]);
}
