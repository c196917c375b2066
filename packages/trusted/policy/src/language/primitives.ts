/**
 * Functions the policy needs and does not own: this package computes no hashes.
 *
 * @module
 */

export interface PolicyPrimitives {
  /** Selector of a Starknet entrypoint name; throws for what is no identifier. */
  readonly selectorOf: (name: string) => bigint;
  /** Keccak-256, 32 bytes: selectors of EVM functions. */
  readonly keccak256: (bytes: Uint8Array) => Uint8Array;
}
