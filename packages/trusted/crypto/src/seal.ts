/**
 * Sealing for keys that live outside the keystore, such as the key that signs the log.
 *
 * @module
 */

import type { Secret } from '@countersign/protocol';
import { openBytes, type Protection, sealBytes } from './sealed-box.ts';
import {
  createSealingKey,
  type RandomBytes,
  type ScryptCost,
  type SealingKey,
} from './sealing-key.ts';

/** Turns key bytes into what may lie on a disk, and back. */
export interface Seal {
  readonly protection: Protection;
  /** The content of a file; see `sealBytes`. Blocks for one derivation, the first time. */
  seal(plain: Uint8Array): Uint8Array;
  /**
   * What was sealed.
   *
   * @throws BoundaryError ERR_KEYSTORE_LOCKED, ERR_KEYSTORE_MALFORMED; see `openBytes`.
   */
  open(sealed: Uint8Array): Uint8Array;
}

export interface SealDeps {
  /** What the boxes are for; a box opens for its own purpose only. Default: `log-key`. */
  readonly purpose?: string;
  readonly cost?: ScryptCost;
  readonly randomBytes?: RandomBytes;
}

/**
 * Makes a seal under a passphrase, or one that protects nothing when there is none: for development
 * only, and `protection` says so.
 *
 * @remarks Keeps the passphrase until it is let go. Derives at most once for sealing; each file that
 *   is opened has a salt of its own and is derived for.
 */
export function openSeal(passphrase: Secret<string> | undefined, deps: SealDeps = {}): Seal {
  const { purpose = 'log-key' } = deps;
  let own: SealingKey | undefined;
  const sealWith = (): SealingKey | 'none' => {
    if (passphrase === undefined) return 'none';
    own ??= createSealingKey(passphrase, deps);
    return own;
  };
  return {
    protection: passphrase === undefined ? 'none' : 'passphrase',
    seal: (plain) => sealBytes(plain, { ...deps, purpose, sealWith: sealWith() }),
    open: (sealed) => {
      const secret = passphrase === undefined ? {} : { passphrase };
      return openBytes(sealed, { purpose, ...secret }).plain.reveal();
    },
  };
}
