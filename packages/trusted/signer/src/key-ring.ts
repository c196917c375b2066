/**
 * The keys of the signer: where each one is held, and its public half.
 *
 * @module
 */

import { parsePrivateKey, publicKeyX, type StarkSignature, signHash } from '@countersign/crypto';
import { BoundaryError, parseFelt, type Secret, type SignerSettings } from '@countersign/protocol';

/** A key as the pipeline sees it; key bytes never leave the ring. */
export interface SessionKey {
  readonly keyId: string;
  /** x-coordinate of the public key. */
  readonly publicKey: bigint;
  /** Held by the bridge: `publicKey` is the pin every answer is checked against. */
  readonly bridge: boolean;
  /** Whether the key can sign here, be it only as a fallback. */
  readonly local: boolean;
}

export interface KeyRing {
  get(keyId: string): SessionKey | undefined;
  all(): readonly SessionKey[];
  /**
   * Signs a hash computed by this process.
   *
   * @throws BoundaryError ERR_SIGNER_UNAVAILABLE when the key is not held here.
   */
  sign(keyId: string, messageHash: bigint): StarkSignature;
}

/** Reads private keys from the keystore of the data directory. */
export interface PrivateKeySource {
  privateKey(keyId: string): Secret<bigint>;
  entries(): readonly { readonly keyId: string; readonly messageKinds: readonly string[] }[];
}

/**
 * Builds the ring from settings.
 *
 * @param openKeystore - Called once, and only when a key is said to be in the keystore.
 * @throws BoundaryError ERR_KEY_INVALID, ERR_CONFIG_INVALID, and what opening the keystore throws.
 */
export function createKeyRing(
  settings: Pick<SignerSettings, 'keys' | 'policy'>,
  openKeystore: () => PrivateKeySource,
): KeyRing {
  const held = new Map<string, Secret<bigint>>();
  const pins = new Map<string, bigint>();
  let keystore: PrivateKeySource | undefined;
  for (const key of settings.keys) {
    if (key.source === 'bridge') {
      pins.set(key.keyId, parseFelt(key.publicKey, 'publicKey'));
    } else if (key.source === 'inline') {
      held.set(key.keyId, parsePrivateKey(key.privateKey, `keys.${key.keyId}`));
    } else {
      keystore ??= openKeystore();
      assertKinds(settings.policy, keystore, key.keyId);
      held.set(key.keyId, keystore.privateKey(key.keyId));
    }
  }
  const keys = new Map(
    [...new Set([...held.keys(), ...pins.keys()])].map((keyId) => [
      keyId,
      describe(keyId, held.get(keyId), pins.get(keyId)),
    ]),
  );
  return {
    get: (keyId) => keys.get(keyId),
    all: () => [...keys.values()],
    sign: (keyId, messageHash) => signHash(messageHash, demand(held.get(keyId), keyId)),
  };
}

/** The policy may narrow what a stored key signs, never widen it. */
function assertKinds(
  policy: SignerSettings['policy'],
  keystore: PrivateKeySource,
  keyId: string,
): void {
  const stored = keystore.entries().find((entry) => entry.keyId === keyId)?.messageKinds ?? [];
  const wanted = policy.keys.find((key) => key.keyId === keyId)?.messageKinds ?? [];
  const excess = wanted.find((kind) => !stored.includes(kind));
  if (excess === undefined) return;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: {
      field: `keys.${keyId}.messageKinds`,
      expected: `kinds the keystore allows (${stored.join(', ') || 'none: no such key'}), found ${excess}`,
    },
  });
}

function describe(
  keyId: string,
  privateKey: Secret<bigint> | undefined,
  pin: bigint | undefined,
): SessionKey {
  const own = privateKey === undefined ? undefined : publicKeyX(privateKey);
  const publicKey = pin ?? own;
  if (publicKey === undefined) {
    throw new BoundaryError('ERR_CONFIG_INVALID', { details: { field: `keys.${keyId}` } });
  }
  // A local key may stand in for the bridge only when it is the same key.
  return { keyId, publicKey, bridge: pin !== undefined, local: own === publicKey };
}

function demand(privateKey: Secret<bigint> | undefined, keyId: string): Secret<bigint> {
  if (privateKey === undefined) {
    throw new BoundaryError('ERR_SIGNER_UNAVAILABLE', { details: { keyId } });
  }
  return privateKey;
}
