/**
 * Request nonces in Redis, shared by every process that uses the same prefix.
 *
 * Redis has to keep what it acknowledged for the lifetime of a nonce: an eviction policy other than
 * `noeviction`, or a failover to a replica that lags, forgets nonces and lets requests be replayed.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { RedisCommands } from '../redis-connection.ts';
import { type RequestNonceStore, requestNonceKey } from './request-nonce-store.ts';

/** Prefix of the wire contract. */
const DEFAULT_REQUEST_NONCE_PREFIX = 'starknet-keyring-proxy:nonce:';

export interface RedisRequestNonceStoreOptions {
  readonly redis: RedisCommands;
  /** How long a nonce stays used, milliseconds, a whole number; at least twice the clock skew. */
  readonly ttlMs: number;
  readonly prefix?: string;
}

/**
 * Creates a store on `SET <prefix><key> <nowMs> PX <ttl> NX`: fresh if and only if Redis says OK.
 *
 * Nil means used. Any other answer, none, or a late one is ERR_NONCE_STORE_UNAVAILABLE. Closing it
 * leaves the connection open: it is shared.
 */
export function createRedisRequestNonceStore(
  options: RedisRequestNonceStoreOptions,
): RequestNonceStore {
  const { redis, ttlMs, prefix = DEFAULT_REQUEST_NONCE_PREFIX } = options;
  return {
    async consume(clientId, requestNonce, nowMs) {
      const key = `${prefix}${requestNonceKey(clientId, requestNonce)}`;
      const answer = await ask(redis, ['SET', key, String(nowMs), 'PX', String(ttlMs), 'NX']);
      if (answer === 'OK') return true;
      if (answer === null) return false;
      throw new BoundaryError('ERR_NONCE_STORE_UNAVAILABLE');
    },
    close: async () => {},
  };
}

async function ask(redis: RedisCommands, command: readonly string[]): Promise<unknown> {
  try {
    return await redis.send(command);
  } catch (cause) {
    throw new BoundaryError('ERR_NONCE_STORE_UNAVAILABLE', { cause });
  }
}
