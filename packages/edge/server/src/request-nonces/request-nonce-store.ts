/**
 * Remembers which request nonces were used, so that a signed request counts once.
 *
 * @module
 */

export interface RequestNonceStore {
  /**
   * Uses up a request nonce of a client.
   *
   * Of any number of calls with the same pair within the lifetime, concurrent ones included, exactly
   * one is told `true`.
   *
   * @param nowMs - Wall clock, milliseconds since 1970.
   * @returns `true` when the nonce was fresh.
   * @throws BoundaryError ERR_NONCE_STORE_UNAVAILABLE when the store cannot tell. The nonce may be
   *   used up then: sign again with a fresh one.
   */
  consume(clientId: string, requestNonce: string, nowMs: number): Promise<boolean>;

  /** Lets go of what the store holds itself. A shared Redis connection stays open. */
  close(): Promise<void>;
}

/**
 * The replay key of the wire contract. As JSON it has one namespace per client, and no choice of
 * client id and nonce can produce the key of another pair.
 */
export function requestNonceKey(clientId: string, requestNonce: string): string {
  return JSON.stringify([clientId, requestNonce]);
}
