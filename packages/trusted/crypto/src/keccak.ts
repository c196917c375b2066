/**
 * Keccak-256 as Ethereum uses it: selectors of functions, not a hash of anything we sign on Starknet.
 *
 * @module
 */

import { keccak_256 } from '@noble/hashes/sha3.js';

/** Keccak-256 with the original padding, 32 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
