/**
 * What can be done to the keys of an open keystore. Every operation returns a new keystore; nothing
 * reaches the file before `saveKeystore`.
 *
 * @module
 */

import { BoundaryError, CURVE_ORDER, Secret } from '@countersign/protocol';
import {
  assertKeyId,
  baseKeyId,
  type KeyEntry,
  MAX_KEYS,
  nextGeneration,
  retiredId,
  toMessageKinds,
} from './keystore-entry.ts';
import {
  demandActiveKey,
  demandKey,
  type Keystore,
  type KeystoreDeps,
  type StoredKey,
  stateOf,
  unknownKey,
  withKeys,
} from './keystore-state.ts';
import { drawBytes } from './sealing-key.ts';
import { publicKeyX } from './stark-signature.ts';

/** A key to add. `keyId`: 1–64 of `[A-Za-z0-9._-]`; `messageKinds`: 1–16 lower-case names. */
export interface NewKey {
  readonly keyId: string;
  readonly messageKinds: readonly string[];
}

/** A key that was made elsewhere. */
export interface ImportedKey extends NewKey {
  readonly privateKey: Secret<bigint>;
  /** When given, must belong to the private key. */
  readonly publicKey?: bigint;
}

// 64 bits more than the order has: the remainder is even to within 2^-64 (FIPS 186-5, A.2.1).
const CANDIDATE_BYTES = 40;

/**
 * Adds a new random key.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID naming the field: bad or taken key id, bad kinds, full.
 */
export function addKey(keystore: Keystore, key: NewKey): Keystore {
  return insertKey(keystore, key, randomKey(stateOf(keystore).deps));
}

/**
 * Adds a key that was made elsewhere.
 *
 * @throws BoundaryError ERR_KEY_INVALID for a key outside [1, n) or one that does not belong to
 *   `publicKey`; ERR_CONFIG_INVALID as {@link addKey}, and for a key that is here under another id.
 */
export function importKey(keystore: Keystore, key: ImportedKey): Keystore {
  if (key.publicKey !== undefined && publicKeyX(key.privateKey) !== key.publicKey) {
    throw new BoundaryError('ERR_KEY_INVALID', {
      details: { field: 'publicKey', expected: 'the public key of privateKey' },
    });
  }
  return insertKey(keystore, key, key.privateKey);
}

/**
 * Removes a key for good; the only operation that loses one.
 *
 * @param keyId - An active key id, or `<keyId>@<generation>` for a retired key.
 * @throws BoundaryError ERR_POLICY_KEY_UNKNOWN.
 */
export function removeKey(keystore: Keystore, keyId: string): Keystore {
  const { keys } = stateOf(keystore);
  return withKeys(keystore, without(keys, demandKey(keys, keyId)));
}

/**
 * Puts a new random key under `keyId` and keeps the old one, retired, as `<keyId>@<generation>`.
 *
 * @throws BoundaryError ERR_POLICY_KEY_UNKNOWN for an unknown or retired key; ERR_CONFIG_INVALID
 *   when the keystore is full.
 */
export function rotateKey(keystore: Keystore, keyId: string): Keystore {
  const { keys, deps } = stateOf(keystore);
  const old = demandActiveKey(keys, keyId);
  return replaceKey(keystore, keys, old, randomKey(deps), nowMs(deps));
}

/**
 * Takes a rotation back: the retired key becomes the active one again under a new generation, and
 * the key that was active is retired in its turn.
 *
 * @param entryId - `<keyId>@<generation>`.
 * @throws BoundaryError ERR_POLICY_KEY_UNKNOWN when there is no such retired key, or no active key
 *   under its key id.
 */
export function restoreKey(keystore: Keystore, entryId: string): Keystore {
  const { keys } = stateOf(keystore);
  const retired = demandKey(keys, entryId);
  if (!retired.entry.retired) throw unknownKey();
  const active = demandActiveKey(keys, baseKeyId(entryId));
  const { secret, entry } = retired;
  return replaceKey(keystore, without(keys, retired), active, secret, entry.createdAtMs);
}

function insertKey(keystore: Keystore, key: NewKey, secret: Secret<bigint>): Keystore {
  assertKeyId(key.keyId);
  const { keys, deps } = stateOf(keystore);
  const entries = keys.map(({ entry }) => entry);
  const entry: KeyEntry = {
    keyId: key.keyId,
    publicKey: publicKeyX(secret),
    createdAtMs: nowMs(deps),
    messageKinds: toMessageKinds(key.messageKinds),
    generation: nextGeneration(entries, key.keyId),
    retired: false,
    successor: undefined,
  };
  assertNew(entries, entry);
  return withKeys(keystore, [...keys, { entry, secret }]);
}

function replaceKey(
  keystore: Keystore,
  keys: readonly StoredKey[],
  old: StoredKey,
  secret: Secret<bigint>,
  createdAtMs: number,
): Keystore {
  assertRoom(keys.length);
  const { keyId, messageKinds, generation } = old.entry;
  const retired: StoredKey = {
    entry: { ...old.entry, keyId: retiredId(old.entry), retired: true },
    secret: old.secret,
  };
  const entry: KeyEntry = {
    keyId,
    publicKey: publicKeyX(secret),
    createdAtMs,
    messageKinds,
    generation: generation + 1,
    retired: false,
    successor: undefined,
  };
  return withKeys(keystore, [...without(keys, old), retired, { entry, secret }]);
}

function assertNew(entries: readonly KeyEntry[], entry: KeyEntry): void {
  assertRoom(entries.length);
  if (entries.some(({ keyId }) => keyId === entry.keyId)) {
    throw invalid('keyId', 'a key id that is not in use');
  }
  if (entries.some(({ publicKey }) => publicKey === entry.publicKey)) {
    throw invalid('privateKey', 'a key that is not in the keystore under another id');
  }
}

function assertRoom(count: number): void {
  if (count >= MAX_KEYS) throw invalid('keys', `at most ${MAX_KEYS}, retired ones included`);
}

function without(keys: readonly StoredKey[], gone: StoredKey): readonly StoredKey[] {
  return keys.filter((key) => key !== gone);
}

function randomKey({ randomBytes }: KeystoreDeps): Secret<bigint> {
  const bytes = drawBytes(CANDIDATE_BYTES, randomBytes);
  const candidate = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return new Secret((candidate % (CURVE_ORDER - 1n)) + 1n);
}

function nowMs({ now }: KeystoreDeps): number {
  return (now ?? Date.now)();
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
