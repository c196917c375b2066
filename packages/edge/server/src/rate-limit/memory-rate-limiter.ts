/**
 * Rate limit in the memory of one process; forgotten on restart, not shared between processes.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import {
  clientPart,
  type RateDecision,
  type RateLimiter,
  type RateWindow,
} from './rate-limiter.ts';

export interface MemoryRateLimiterOptions extends RateWindow {
  /** Most keys remembered at a time. Default 100,000 (some 25 MB). */
  readonly maxKeys?: number;
  /** Most keys of one client. Default a quarter of `maxKeys`, so that no client can fill the table. */
  readonly maxKeysPerClient?: number;
}

interface Count {
  requests: number;
  readonly startMs: number;
}

/** Expired counts are cleared away this many times per window, at most. */
const SWEEPS_PER_WINDOW = 8;

/**
 * Creates a limiter whose windows start with the first request of a key.
 *
 * Bounded, and closed when full: a client with `maxKeysPerClient` live keys is refused further keys
 * (`allowed: false`) until some expire; with `maxKeys` live keys altogether every new key fails with
 * ERR_RATE_STORE_UNAVAILABLE. Keys already counted go on as before in both cases.
 *
 * A clock that is set back starts a new window rather than locking a client out.
 */
export function createMemoryRateLimiter(options: MemoryRateLimiterOptions): RateLimiter {
  const limiter = new MemoryRateLimiter(options);
  return {
    hit: async (key, nowMs) => limiter.hit(key, nowMs),
    close: async () => limiter.clear(),
  };
}

class MemoryRateLimiter {
  readonly #windowMs: number;
  readonly #maxRequests: number;
  readonly #maxKeys: number;
  readonly #maxKeysPerClient: number;
  readonly #counts = new Map<string, Count>();
  readonly #keysOfClient = new Map<string, number>();
  #sweptMs = 0;

  constructor({
    windowMs,
    maxRequests,
    maxKeys = 100_000,
    maxKeysPerClient = Math.ceil(maxKeys / 4),
  }: MemoryRateLimiterOptions) {
    this.#windowMs = windowMs;
    this.#maxRequests = maxRequests;
    this.#maxKeys = maxKeys;
    this.#maxKeysPerClient = maxKeysPerClient;
  }

  hit(key: string, nowMs: number): RateDecision {
    const known = this.#counts.get(key);
    if (known !== undefined && this.#isLive(known, nowMs)) {
      known.requests += 1;
      return this.#decide(known.requests, known.startMs);
    }
    this.#sweep(nowMs);
    this.#forget(key);
    const client = clientPart(key);
    const keys = this.#keysOfClient.get(client) ?? 0;
    if (keys >= this.#maxKeysPerClient) return this.#decide(Number.POSITIVE_INFINITY, nowMs);
    if (this.#counts.size >= this.#maxKeys) {
      throw new BoundaryError('ERR_RATE_STORE_UNAVAILABLE');
    }
    this.#counts.set(key, { requests: 1, startMs: nowMs });
    this.#keysOfClient.set(client, keys + 1);
    return this.#decide(1, nowMs);
  }

  clear(): void {
    this.#counts.clear();
    this.#keysOfClient.clear();
  }

  #decide(requests: number, startMs: number): RateDecision {
    return {
      allowed: requests <= this.#maxRequests,
      remaining: Math.max(0, this.#maxRequests - requests),
      resetMs: startMs + this.#windowMs,
    };
  }

  #isLive({ startMs }: Count, nowMs: number): boolean {
    return startMs <= nowMs && nowMs < startMs + this.#windowMs;
  }

  #sweep(nowMs: number): void {
    const everyMs = this.#windowMs / SWEEPS_PER_WINDOW;
    if (Math.abs(nowMs - this.#sweptMs) < everyMs) return;
    this.#sweptMs = nowMs;
    for (const [key, count] of this.#counts) {
      if (!this.#isLive(count, nowMs)) this.#forget(key);
    }
  }

  #forget(key: string): void {
    if (!this.#counts.delete(key)) return;
    const client = clientPart(key);
    const keys = (this.#keysOfClient.get(client) ?? 1) - 1;
    if (keys > 0) this.#keysOfClient.set(client, keys);
    else this.#keysOfClient.delete(client);
  }
}
