/**
 * How many sign requests one client may send for one account and key within a window.
 *
 * @module
 */

import { toHex } from '@countersign/protocol';

/** What a limiter says about one request. */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests left in the window after this one; at least 0. */
  readonly remaining: number;
  /** End of the window, milliseconds since 1970. */
  readonly resetMs: number;
}

export interface RateLimiter {
  /**
   * Counts one request.
   *
   * @param key - See {@link rateLimitKey}.
   * @param nowMs - Wall clock, milliseconds since 1970.
   * @returns Allowed while the count of the window, this request included, is within the limit.
   * @throws BoundaryError ERR_RATE_STORE_UNAVAILABLE: nothing can be counted, so nothing is allowed.
   */
  hit(key: string, nowMs: number): Promise<RateDecision>;

  /** Lets go of what the limiter holds itself. A shared Redis connection stays open. */
  close(): Promise<void>;
}

/** A fixed window: how long it is, and how many requests fit in. */
export interface RateWindow {
  /** Length of a window, milliseconds, a whole number above 0. */
  readonly windowMs: number;
  /** Requests that fit into a window, a whole number above 0. */
  readonly maxRequests: number;
}

/**
 * Names what is counted together: `<clientId>:<address>:<keyId>`.
 *
 * The address is written in lower-case hex without leading zeros, so one account has one counter
 * however it was spelt. In the two ids `%` and `:` are percent-encoded, so two different triples
 * never share a key; ids without these characters stand as they are, as in the wire contract.
 *
 * @param accountAddress - Felt.
 * @param keyId - The key in use: the one named in the request, else the default one.
 */
export function rateLimitKey(clientId: string, accountAddress: bigint, keyId: string): string {
  return `${withoutDelimiter(clientId)}:${toHex(accountAddress)}:${withoutDelimiter(keyId)}`;
}

/** The client part of a {@link rateLimitKey}, still encoded. */
export function clientPart(key: string): string {
  const end = key.indexOf(':');
  return end < 0 ? key : key.slice(0, end);
}

function withoutDelimiter(id: string): string {
  return id.replaceAll('%', '%25').replaceAll(':', '%3A');
}
