/**
 * The log key of a shared store: one for all signers, sealed, in the store itself.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { Secret } from '@countersign/protocol';
import type { NoteSigner } from '@countersign/tlog';
import { openSeal, SEED_BYTES, type Seal, toSigner } from '../log-key.ts';
import { corruptStore } from '../store-error.ts';

/**
 * Makes a key.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable origin; what the seal throws.
 */
export function makeSharedKey(
  seal: Seal,
  origin: string,
): { readonly signer: NoteSigner; readonly sealed: Uint8Array } {
  const seed = new Secret<Uint8Array>(randomBytes(SEED_BYTES));
  const signer = toSigner(seed, origin);
  const sealed = seal.seal(seed.reveal());
  seed.reveal().fill(0);
  return { signer, sealed };
}

/**
 * Opens the key.
 *
 * @throws BoundaryError ERR_KEYSTORE_LOCKED when the seal does not open it, or what the seal throws;
 *   ERR_STORE_CORRUPT when it holds no key.
 */
export function openSharedKey(sealed: Uint8Array, seal: Seal, origin: string): NoteSigner {
  const seed = new Secret<Uint8Array>(openSeal(seal, sealed));
  if (seed.reveal().length !== SEED_BYTES) throw corruptStore('the sealed log key holds no key');
  const signer = toSigner(seed, origin);
  seed.reveal().fill(0);
  return signer;
}
