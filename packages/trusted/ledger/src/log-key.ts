/**
 * The Ed25519 key that signs checkpoints, sealed at rest.
 *
 * @module
 */

import { createPrivateKey, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { BoundaryError, isBoundaryError, Secret } from '@countersign/protocol';
import { createNoteSigner, type NoteSigner } from '@countersign/tlog';
import { type DataDirectory, requirePrivateFile } from './data-directory.ts';
import { replacePrivateFile } from './private-file.ts';
import { corruptStore, toStoreError } from './store-error.ts';

/** Protects small secrets at rest. The ledger does not know how. */
export interface Seal {
  /** Sealed form of `bytes`; anything a file can hold. */
  seal(bytes: Uint8Array): Uint8Array;
  /** What was sealed. Throws, best with ERR_KEYSTORE_LOCKED, when it cannot be opened. */
  open(sealed: Uint8Array): Uint8Array;
}

/** Length of an Ed25519 seed. */
export const SEED_BYTES = 32;
/** PKCS #8 wrapping of an Ed25519 seed, RFC 8410 §7. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Signer of the log under the name `origin`; makes and stores the key when there is none.
 *
 * A key left by a first start that was cut short is used: it has signed nothing yet.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable origin, ERR_STORE_UNAVAILABLE, and as
 *   {@link openLogKey}.
 */
export function createLogKey(directory: DataDirectory, seal: Seal, origin: string): NoteSigner {
  if (existsSync(directory.sealedKey)) return openLogKey(directory, seal, origin);
  const seed = new Secret<Uint8Array>(randomBytes(SEED_BYTES));
  const signer = toSigner(seed, origin);
  replacePrivateFile(directory.sealedKey, seal.seal(seed.reveal()));
  seed.reveal().fill(0);
  return signer;
}

/**
 * Signer of the log from its sealed key.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when the file is missing or holds no key;
 *   ERR_KEYSTORE_PERMISSIONS when others can read it; ERR_KEYSTORE_LOCKED when the seal does not open
 *   it, or whatever error of ours the seal throws.
 */
export function openLogKey(directory: DataDirectory, seal: Seal, origin: string): NoteSigner {
  const seed = readLogSeed(directory, seal);
  const signer = toSigner(seed, origin);
  seed.reveal().fill(0);
  return signer;
}

/** The seed itself, 32 bytes; whoever takes it overwrites it. Errors as {@link openLogKey}. */
export function readLogSeed(directory: DataDirectory, seal: Seal): Secret<Uint8Array> {
  requirePrivateFile(directory.sealedKey);
  const seed = new Secret<Uint8Array>(openSeal(seal, readSealed(directory.sealedKey)));
  if (seed.reveal().length !== SEED_BYTES) throw corruptStore('the sealed log key holds no key');
  return seed;
}

function readSealed(path: string): Uint8Array {
  if (!existsSync(path)) throw corruptStore('the file log-key.sealed is missing');
  try {
    return readFileSync(path);
  } catch (cause) {
    throw toStoreError(cause);
  }
}

/**
 * What was sealed, in a buffer of its own.
 *
 * @throws BoundaryError what the seal throws, ERR_KEYSTORE_LOCKED for anything that is none of ours.
 */
export function openSeal(seal: Seal, sealed: Uint8Array): Uint8Array {
  try {
    // A copy: it is overwritten after use and must not be a buffer of the seal.
    return Uint8Array.from(seal.open(sealed));
  } catch (cause) {
    if (isBoundaryError(cause)) throw cause;
    // The cause stays out: it may quote what was being opened.
    throw new BoundaryError('ERR_KEYSTORE_LOCKED', { details: { file: 'log-key.sealed' } });
  }
}

/** Signer of the log from its seed. */
export function toSigner(seed: Secret<Uint8Array>, origin: string): NoteSigner {
  const der = Buffer.concat([PKCS8_PREFIX, seed.reveal()]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return createNoteSigner(origin, privateKey);
}
