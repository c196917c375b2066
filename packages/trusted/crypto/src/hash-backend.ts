/**
 * What every Poseidon implementation in this package offers.
 *
 * A backend sees public data only: accounts, calls, hashes. It never sees a key.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography — Poseidon over the Stark field
 */

export interface HashBackend {
  readonly name: 'scure' | 'wasm';
  /**
   * Starknet's Poseidon hash of a list: Hades with three felts of state, rate 2, input padded with
   * one `1` and zeros up to an even length. Equals Cairo's `poseidon_hash_span` and starknet.js
   * `computePoseidonHashOnElements`.
   *
   * @param values - Any number of felts, none included; each in [0, P). Not changed, not kept.
   * @returns A felt in [0, P).
   * @throws BoundaryError ERR_FELT_OUT_OF_RANGE for a value outside [0, P). Afterwards the backend
   * hashes the next list as if nothing had happened.
   */
  hashMany(values: readonly bigint[]): bigint;
}
