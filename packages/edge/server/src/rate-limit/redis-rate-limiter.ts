/**
 * Rate limit in Redis, shared by every process that uses the same prefix.
 *
 * Key and counting are part of the wire contract, so older servers and this one count together:
 * `INCR <prefix><number of the window>:<key>`, to expire two windows after the first request.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { RedisCommands } from '../redis-connection.ts';
import type { RateLimiter, RateWindow } from './rate-limiter.ts';

/** Prefix of the wire contract. */
const DEFAULT_RATE_LIMIT_PREFIX = 'starknet-keyring-proxy:ratelimit:';

export interface RedisRateLimiterOptions extends RateWindow {
  readonly redis: RedisCommands;
  readonly prefix?: string;
}

/**
 * Counts and sets the expiry in one step: a crash between the two would leave a counter for ever.
 * A counter that a peer left without expiry gets one.
 */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
if count == 1 or redis.call('PTTL', KEYS[1]) == -1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return count`;

/**
 * Creates a limiter whose windows start at multiples of `windowMs` since 1970.
 *
 * Needs the commands EVAL, INCR, PTTL and PEXPIRE. No answer, a late answer or one that is not a
 * count is ERR_RATE_STORE_UNAVAILABLE. Closing it leaves the connection open: it is shared.
 */
export function createRedisRateLimiter(options: RedisRateLimiterOptions): RateLimiter {
  const { redis, windowMs, maxRequests, prefix = DEFAULT_RATE_LIMIT_PREFIX } = options;
  return {
    async hit(key, nowMs) {
      const window = Math.floor(nowMs / windowMs);
      const count = await increment(redis, `${prefix}${window}:${key}`, 2 * windowMs);
      return {
        allowed: count <= maxRequests,
        remaining: Math.max(0, maxRequests - count),
        resetMs: (window + 1) * windowMs,
      };
    },
    close: async () => {},
  };
}

async function increment(redis: RedisCommands, key: string, ttlMs: number): Promise<number> {
  try {
    const count = await redis.send(['EVAL', COUNT, '1', key, String(ttlMs)]);
    if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) return count;
  } catch (cause) {
    throw new BoundaryError('ERR_RATE_STORE_UNAVAILABLE', { cause });
  }
  throw new BoundaryError('ERR_RATE_STORE_UNAVAILABLE');
}
