/**
 * The keystore: named Stark session keys in one file, sealed under a passphrase.
 *
 * An open keystore is a value. Each operation (`keystore-keys.ts`) returns a new one and leaves the
 * file alone; only {@link saveKeystore} writes, whole or not at all, and only over the content that
 * was opened. Private keys are in memory while a keystore is open; the passphrase is not, a key
 * derived from it for this file is. Format and procedures: `docs/keystore-format.md`.
 *
 * @module
 */

import { BoundaryError, type Secret } from '@countersign/protocol';
import { type KeyEntry, parseEntries, toPublicEntry, toPublicPart } from './keystore-entry.ts';
import {
  isNameTaken,
  NO_FILE,
  type PrivateFileDeps,
  readPrivateFile,
  replacePrivateFile,
  revisionOf,
} from './keystore-file.ts';
import {
  joinKeys,
  type Keystore,
  type KeystoreDeps,
  stateOf,
  toKeystore,
  toPayload,
  withState,
} from './keystore-state.ts';
import {
  openBytes,
  type Protection,
  type PublicValue,
  readPublicPart,
  sealBytes,
} from './sealed-box.ts';
import { createSealingKey } from './sealing-key.ts';

/** Usual name of the file in the data directory. */
export const KEYSTORE_FILE_NAME = 'keystore.json';

/** A keystore protected by a passphrase, or by nothing, which has to be said in so many words. */
export type NewProtection =
  | { readonly passphrase: Secret<string>; readonly protection?: 'passphrase' }
  | { readonly protection: 'none'; readonly passphrase?: never };

export type CreateKeystoreOptions = KeystoreDeps & NewProtection & { readonly path: string };

export interface OpenKeystoreOptions extends KeystoreDeps {
  readonly path: string;
  /** Must be absent for a file without protection, so that such a file cannot be slipped in. */
  readonly passphrase?: Secret<string>;
}

const PURPOSE = 'keystore';

/**
 * Makes an empty keystore. Nothing is written before {@link saveKeystore}.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID when there already is something at `path`, when there is
 *   not exactly one of passphrase and `protection: 'none'`, or for an unusable passphrase.
 * @remarks Blocks for the derivation, up to half a second at the usual cost.
 */
export function createKeystore(options: CreateKeystoreOptions): Keystore {
  const { path, passphrase, protection, ...deps } = options;
  if (isNameTaken(path, deps)) throw invalid('path', 'a path at which there is nothing yet');
  // The type says the same; a setting that is missing must not end in a file without protection.
  if ((passphrase === undefined) !== (protection === 'none')) {
    throw invalid('passphrase', "either a passphrase or protection: 'none'");
  }
  const sealWith = passphrase === undefined ? 'none' : createSealingKey(passphrase, deps);
  return toKeystore({ path, keys: [], sealWith, revision: NO_FILE, deps });
}

/**
 * Opens a keystore file and checks every private key against its public part.
 *
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS, ERR_KEYSTORE_MALFORMED, ERR_KEYSTORE_LOCKED,
 *   each naming the path, field or reason; ERR_CONFIG_INVALID for an unusable passphrase.
 * @remarks Blocks as {@link createKeystore}. Show `warnings` to the operator.
 */
export function openKeystore(options: OpenKeystoreOptions): Keystore {
  const { path, passphrase, ...deps } = options;
  const bytes = readPrivateFile(path, deps);
  const secret = passphrase === undefined ? {} : { passphrase };
  const box = openBytes(bytes, { purpose: PURPOSE, ...secret });
  const keys = joinKeys(parseEntries(box.publicPart), box.plain.reveal());
  return toKeystore({
    path,
    keys,
    sealWith: box.sealedWith,
    revision: revisionOf(bytes),
    deps,
  });
}

/**
 * Reads the public parts without the passphrase, and so without proof that they are genuine: good
 * for a list on a screen, not for a decision.
 *
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS, ERR_KEYSTORE_MALFORMED.
 */
export function readKeystoreEntries(
  path: string,
  deps: PrivateFileDeps = {},
): { readonly protection: Protection; readonly entries: readonly KeyEntry[] } {
  const { protection, publicPart } = readPublicPart(readPrivateFile(path, deps), PURPOSE);
  return { protection, entries: parseEntries(publicPart) };
}

/**
 * Writes the keystore to its file, atomically.
 *
 * @returns The same keystore, based on what is now in the file.
 * @throws BoundaryError ERR_STORE_IN_USE when the file is no longer the one that was opened or
 *   another writer is at work: open it again and repeat the operation. Otherwise as
 *   `replacePrivateFile`; ERR_CONFIG_INVALID when it has become larger than 1 MiB.
 */
export function saveKeystore(keystore: Keystore): Keystore {
  const { path, keys, sealWith, revision, deps } = stateOf(keystore);
  const payload = toPayload(keys);
  try {
    const bytes = sealBytes(payload, {
      purpose: PURPOSE,
      sealWith,
      publicPart: toPublicPart(keystore.entries()),
      ...(deps.randomBytes === undefined ? {} : { randomBytes: deps.randomBytes }),
    });
    return withState(keystore, { revision: replacePrivateFile(path, bytes, revision, deps) });
  } finally {
    payload.fill(0);
  }
}

/** The public parts as JSON values, for pinning a public key elsewhere or granting it on chain. */
export function exportPublic(keystore: Keystore): readonly Readonly<Record<string, PublicValue>>[] {
  return keystore.entries().map(toPublicEntry);
}

/**
 * Seals the keystore under another passphrase, with a new salt and the usual cost.
 *
 * Copies of the older file still open with the older passphrase: after a leak, rotate the keys.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable passphrase.
 * @remarks Blocks as {@link createKeystore}. Takes effect with {@link saveKeystore}.
 */
export function changePassphrase(keystore: Keystore, passphrase: Secret<string>): Keystore {
  return withState(keystore, { sealWith: createSealingKey(passphrase, stateOf(keystore).deps) });
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
