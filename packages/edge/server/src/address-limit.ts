/**
 * How fast one address may send requests, decided before anyone knows who it is.
 *
 * A token bucket per address group. A request costs one token, which an honest client never notices;
 * a request that fails to authenticate costs two hundred more. With the defaults one address may
 * send 20,000 requests a second, but only about 100 a second that fail, after a burst of 100. That
 * holds for loopback too: a local client at 5,000 requests a second uses a quarter of it.
 *
 * Addresses cannot be told from the people behind them: whoever shares an address with an attacker
 * shares its bucket. Behind a reverse proxy every request has the address of the proxy; limit there.
 *
 * @module
 */

import { addressGroup } from './address-group.ts';

export interface AddressLimit {
  /**
   * Takes the price of one request.
   *
   * @param address - Remote address as the socket reports it.
   * @returns Whether the request may go on; when not, nothing is taken.
   */
  allow(address: string): boolean;

  /** Takes the price of a failed authentication; may leave the address in debt. */
  penalise(address: string): void;
}

export interface AddressLimitOptions {
  /** Steady clock, milliseconds; any zero. Default `performance.now`. */
  readonly nowMs?: () => number;
  /** Tokens of a full bucket. Default 20,000. */
  readonly capacity?: number;
  /** Tokens that come back per second. Default 20,000. */
  readonly refillPerSec?: number;
  /** Price of a failed authentication, in tokens. Default 200. */
  readonly penalty?: number;
  /** Addresses remembered at a time. Default 50,000 (some 10 MB). */
  readonly maxAddresses?: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Creates a limit with full buckets.
 *
 * Debt is bounded by one capacity, so an address that stops is welcome again after at most
 * `2 × capacity / refillPerSec` seconds. Memory is bounded by `maxAddresses`: full buckets are forgotten
 * (nothing is lost), and while the table is full of others, all newcomers share one more bucket.
 */
export function createAddressLimit(options: AddressLimitOptions = {}): AddressLimit {
  return new TokenBuckets(options);
}

class TokenBuckets implements AddressLimit {
  readonly #nowMs: () => number;
  readonly #capacity: number;
  readonly #refillPerMs: number;
  readonly #penalty: number;
  readonly #maxAddresses: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #newcomers: Bucket;
  #sweptMs: number;

  constructor(options: AddressLimitOptions) {
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#capacity = options.capacity ?? 20_000;
    this.#refillPerMs = (options.refillPerSec ?? 20_000) / 1_000;
    this.#penalty = options.penalty ?? 200;
    this.#maxAddresses = options.maxAddresses ?? 50_000;
    this.#sweptMs = this.#nowMs();
    this.#newcomers = { tokens: this.#capacity, atMs: this.#sweptMs };
  }

  allow(address: string): boolean {
    const bucket = this.#refilled(address);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  penalise(address: string): void {
    const bucket = this.#refilled(address);
    bucket.tokens = Math.max(-this.#capacity, bucket.tokens - this.#penalty);
  }

  #refilled(address: string): Bucket {
    const nowMs = this.#nowMs();
    const bucket = this.#bucketOf(addressGroup(address), nowMs);
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(this.#capacity, bucket.tokens + passedMs * this.#refillPerMs);
    bucket.atMs = nowMs;
    return bucket;
  }

  #bucketOf(group: string, nowMs: number): Bucket {
    const known = this.#buckets.get(group);
    if (known !== undefined) return known;
    if (this.#buckets.size >= this.#maxAddresses) this.#sweep(nowMs);
    if (this.#buckets.size >= this.#maxAddresses) return this.#newcomers;
    const bucket = { tokens: this.#capacity, atMs: nowMs };
    this.#buckets.set(group, bucket);
    return bucket;
  }

  /** Forgets full buckets, at most once in the time it takes to fill one. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < this.#capacity / this.#refillPerMs) return;
    this.#sweptMs = nowMs;
    for (const [group, { tokens, atMs }] of this.#buckets) {
      const full = tokens + (nowMs - atMs) * this.#refillPerMs >= this.#capacity;
      if (full) this.#buckets.delete(group);
    }
  }
}
