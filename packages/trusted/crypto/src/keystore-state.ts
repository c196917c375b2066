/**
 * An open keystore as a value, and the private state behind it.
 *
 * The state is kept beside the value, not in it: what is printed, compared or serialised is public.
 *
 * @module
 */

import { BoundaryError, CURVE_ORDER, Secret } from '@countersign/protocol';
import {
  arrangeEntries,
  assertEntriesConsistent,
  type KeyEntry,
  toPublicEntry,
} from './keystore-entry.ts';
import type { FileRevision, PrivateFileDeps } from './keystore-file.ts';
import { malformedField } from './keystore-shape.ts';
import type { Protection, PublicValue } from './sealed-box.ts';
import type { RandomBytes, ScryptCost, SealingKey } from './sealing-key.ts';
import { publicKeyX } from './stark-signature.ts';

/** Shown to the operator whenever a keystore without a passphrase is made or opened. */
export const PLAIN_KEYSTORE_WARNING =
  'the keystore has no passphrase: whoever reads the file has the keys; for development only';

/** What a keystore needs from the machine. Every part has the obvious default. */
export interface KeystoreDeps extends PrivateFileDeps {
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly randomBytes?: RandomBytes;
  /** Cost of the derivation for a new passphrase; reading follows the file. */
  readonly cost?: ScryptCost;
}

/** An open keystore. Printing or serialising it shows public parts only. */
export interface Keystore {
  readonly path: string;
  readonly protection: Protection;
  /** For the operator's eyes; empty when all is well. */
  readonly warnings: readonly string[];
  /** The public parts, sorted by key id, retired keys included. */
  entries(): readonly KeyEntry[];
  /**
   * The private key of `keyId`, in [1, n).
   *
   * @param options - `retired`: also answer for retired keys, for recovery; never when signing.
   * @throws BoundaryError ERR_POLICY_KEY_UNKNOWN; a retired key answers alike.
   */
  privateKey(keyId: string, options?: { readonly retired?: boolean }): Secret<bigint>;
  toJSON(): Readonly<Record<string, PublicValue>>;
}

/** An entry with its private half. */
export interface StoredKey {
  readonly entry: KeyEntry;
  readonly secret: Secret<bigint>;
}

export interface KeystoreState {
  readonly path: string;
  readonly keys: readonly StoredKey[];
  readonly sealWith: SealingKey | 'none';
  /** The content of the file that this value is based on. */
  readonly revision: FileRevision;
  readonly deps: KeystoreDeps;
}

const PRIVATE_KEY_BYTES = 32;
const STATES = new WeakMap<Keystore, KeystoreState>();

/** Builds the value that callers hold. */
export function toKeystore(state: KeystoreState): Keystore {
  const protection = state.sealWith === 'none' ? 'none' : 'passphrase';
  const entries = state.keys.map(({ entry }) => entry);
  const keystore: Keystore = {
    path: state.path,
    protection,
    warnings: protection === 'none' ? [PLAIN_KEYSTORE_WARNING] : [],
    entries: () => entries,
    privateKey: (keyId, options) => secretOf(state.keys, keyId, options?.retired ?? false),
    toJSON: () => ({ path: state.path, protection, keys: entries.map(toPublicEntry) }),
  };
  STATES.set(keystore, state);
  return keystore;
}

/** The state behind a keystore. @throws BoundaryError ERR_INTERNAL for a value made elsewhere. */
export function stateOf(keystore: Keystore): KeystoreState {
  const state = STATES.get(keystore);
  if (state !== undefined) return state;
  throw new BoundaryError('ERR_INTERNAL', { details: { step: 'keystore-state' } });
}

/** The same keystore with some of its state replaced. */
export function withState(keystore: Keystore, changes: Partial<KeystoreState>): Keystore {
  return toKeystore({ ...stateOf(keystore), ...changes });
}

/** The same keystore with other keys, brought into the order of the file and checked. */
export function withKeys(keystore: Keystore, keys: readonly StoredKey[]): Keystore {
  const secrets = new Map(keys.map(({ entry, secret }) => [entry.keyId, secret]));
  const entries = arrangeEntries(keys.map(({ entry }) => entry));
  assertEntriesConsistent(entries);
  return withState(keystore, {
    keys: entries.map((entry) => ({ entry, secret: demandSecret(secrets, entry.keyId) })),
  });
}

/** The key under an id, active or retired. @throws BoundaryError ERR_POLICY_KEY_UNKNOWN. */
export function demandKey(keys: readonly StoredKey[], keyId: string): StoredKey {
  const key = keys.find(({ entry }) => entry.keyId === keyId);
  if (key === undefined) throw unknownKey();
  return key;
}

/** The active key under an id. @throws BoundaryError ERR_POLICY_KEY_UNKNOWN, for a retired one too. */
export function demandActiveKey(keys: readonly StoredKey[], keyId: string): StoredKey {
  const key = demandKey(keys, keyId);
  if (key.entry.retired) throw unknownKey();
  return key;
}

/** The refusal of a key id. It does not quote it: what was typed may be a key. */
export function unknownKey(): BoundaryError {
  return new BoundaryError('ERR_POLICY_KEY_UNKNOWN', { details: { field: 'keyId' } });
}

/**
 * The private keys as the payload of the file: 32 bytes each, big-endian, in the order of the
 * entries.
 */
export function toPayload(keys: readonly StoredKey[]): Uint8Array {
  const hex = keys.map(({ secret }) => secret.reveal().toString(16).padStart(64, '0')).join('');
  return Buffer.from(hex, 'hex');
}

/**
 * Joins the two halves of a file and proves that they belong together.
 *
 * @param payload - As made by {@link toPayload}; overwritten with zeros.
 * @throws BoundaryError ERR_KEYSTORE_MALFORMED naming the field.
 */
export function joinKeys(entries: readonly KeyEntry[], payload: Uint8Array): readonly StoredKey[] {
  try {
    if (payload.length !== entries.length * PRIVATE_KEY_BYTES) {
      throw malformedField('payload', 'one private key per entry');
    }
    return entries.map((entry, index) => ({ entry, secret: readSecret(entry, index, payload) }));
  } finally {
    payload.fill(0);
  }
}

function readSecret(entry: KeyEntry, index: number, payload: Uint8Array): Secret<bigint> {
  const from = index * PRIVATE_KEY_BYTES;
  const bytes = payload.subarray(from, from + PRIVATE_KEY_BYTES);
  const scalar = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const secret = new Secret(scalar);
  const inRange = scalar > 0n && scalar < CURVE_ORDER;
  // INVARIANT: a key is used under a public key only after that was derived from it.
  if (inRange && publicKeyX(secret) === entry.publicKey) return secret;
  throw malformedField(`public.keys[${index}].publicKey`, 'the public key of its private key');
}

function secretOf(keys: readonly StoredKey[], keyId: string, retired: boolean): Secret<bigint> {
  return (retired ? demandKey : demandActiveKey)(keys, keyId).secret;
}

function demandSecret(secrets: ReadonlyMap<string, Secret<bigint>>, keyId: string): Secret<bigint> {
  const secret = secrets.get(keyId);
  if (secret === undefined) throw unknownKey();
  return secret;
}
