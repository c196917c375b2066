/**
 * Public keys of approvers, as a configuration names them.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import { BoundaryError } from '@countersign/protocol';

export type ApproverKind = 'ed25519' | 'p256' | 'passkey';

/** Where a passkey must have been used. */
export interface PasskeyPlace {
  /** Relying party id, e.g. `example.com`. */
  readonly rpId: string;
  /** Origins pages may have, e.g. `https://example.com`; never empty. */
  readonly origins: readonly string[];
}

export interface ApproverSettings {
  readonly id: string;
  readonly kind: ApproverKind;
  /** DER of the SubjectPublicKeyInfo in base64, or the same as PEM. */
  readonly publicKey: string;
  /** With kind `passkey`, and only then. */
  readonly passkey?: PasskeyPlace | undefined;
}

/** An approver whose key was checked. */
export interface Approver {
  readonly id: string;
  readonly kind: ApproverKind;
  readonly publicKey: KeyObject;
  readonly passkey: PasskeyPlace | undefined;
  /** DER of the key, base64: two approvers with one key are one person. */
  readonly identity: string;
}

const CURVE_BY_KIND: Readonly<Record<ApproverKind, string>> = {
  ed25519: 'ed25519',
  p256: 'prime256v1',
  passkey: 'prime256v1',
};

/**
 * Checks the public key of one approver.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID with the `field` and what was `expected`.
 */
export function readApprover(settings: ApproverSettings): Approver {
  const { id, kind, passkey } = settings;
  const field = `approvers.${id}`;
  if ((passkey !== undefined) !== (kind === 'passkey')) {
    throw invalid(`${field}.passkey`, 'rpId and origins with kind passkey, and only then');
  }
  if (passkey?.origins.length === 0) throw invalid(`${field}.passkey.origins`, 'at least one');
  const publicKey = readKey(settings.publicKey, `${field}.publicKey`);
  if (curveOf(publicKey) !== CURVE_BY_KIND[kind]) {
    throw invalid(`${field}.publicKey`, `a ${kind === 'ed25519' ? 'Ed25519' : 'P-256'} key`);
  }
  const identity = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { id, kind, publicKey, passkey, identity };
}

function readKey(text: string, field: string): KeyObject {
  try {
    if (text.includes('-----')) return onlyPublic(text, field);
    const der = Buffer.from(text, 'base64');
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (cause) {
    if (cause instanceof BoundaryError) throw cause;
    // The cause stays out: somebody may have pasted a private key.
    throw invalid(field, 'a SubjectPublicKeyInfo in base64 or PEM');
  }
}

/** Node would make a public key of a private one; here that is a mistake worth stopping at. */
function onlyPublic(pem: string, field: string): KeyObject {
  if (!/-----BEGIN PUBLIC KEY-----/.test(pem) || pem.includes('PRIVATE')) {
    throw invalid(field, 'the PEM of a public key');
  }
  return createPublicKey(pem);
}

function curveOf(key: KeyObject): string | undefined {
  return key.asymmetricKeyType === 'ec'
    ? key.asymmetricKeyDetails?.namedCurve
    : key.asymmetricKeyType;
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
