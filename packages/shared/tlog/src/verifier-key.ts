/**
 * Public keys of signed notes, in the form operators pass around: `name+id+base64(type ‖ key)`.
 *
 * Two signature types are read: 0x01, Ed25519 over the note text, and 0x04, the timestamped
 * Ed25519 cosignature of a witness. Keys are configuration: what is wrong with one is
 * ERR_CONFIG_INVALID, never a fault of the proof it was meant for.
 *
 * @module
 * @see https://c2sp.org/signed-note
 * @see https://c2sp.org/tlog-cosignature
 */

import { createPublicKey, hash, verify } from 'node:crypto';

import { misconfigured } from './proof-error.ts';
import { fromBase64, toBase64 } from './wire-text.ts';

/** Signature type bytes. */
export const KEY_TYPE = { ed25519: 0x01, cosignature: 0x04 } as const;

export type KeyType = (typeof KEY_TYPE)[keyof typeof KEY_TYPE];

/** A key that notes are checked against. */
export interface VerifierKey {
  /** Not empty, without white space and without `+`. */
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ publicKey), 8 lower-case hex digits. */
  readonly keyId: string;
  readonly type: KeyType;
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
}

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIMESTAMP_BYTES = 8;
const MAX_TIMESTAMP_SEC = 2n ** 63n - 1n;
const KEY_NAME = /^[^\p{White_Space}+\p{Cc}]+$/u;
const KEY_TEXT = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u;

/** Answers whether `name` can be the name of a key: no white space, plus sign or control character. */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name) && name.isWellFormed();
}

/**
 * Builds the key of this name, type and public key.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable name or a key that is not 32 bytes.
 */
export function createVerifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw misconfigured('key name', 'empty, or has white space or a plus sign');
  if (publicKey.length !== PUBLIC_KEY_BYTES) {
    throw misconfigured('verifier key', 'the public key is not 32 bytes');
  }
  return { name, keyId: keyIdOf(name, type, publicKey), type, publicKey };
}

/**
 * Reads a verifier key.
 *
 * @param text - `name+id+base64(type ‖ public key)`; the base64 part may itself contain `+`.
 * @throws BoundaryError ERR_CONFIG_INVALID when the text has another form, the type is neither
 *   0x01 nor 0x04, or the id does not belong to the name and the key.
 */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', keyId = '', encoded = ''] = KEY_TEXT.exec(text) ?? [];
  const [type, ...publicKey] = fromBase64(encoded) ?? [];
  if (type === undefined) throw misconfigured('verifier key', 'expected name+id+base64');
  if (type !== KEY_TYPE.ed25519 && type !== KEY_TYPE.cosignature) {
    throw misconfigured(
      'verifier key',
      'the signature type is neither Ed25519 nor its cosignature',
    );
  }
  const key = createVerifierKey(name, type, Uint8Array.from(publicKey));
  if (key.keyId !== keyId) {
    throw misconfigured('verifier key', 'the key id does not belong to this name and key');
  }
  return key;
}

/** Text form of a key; {@link parseVerifierKey} reads it back. */
export function formatVerifierKey(key: VerifierKey): string {
  return `${key.name}+${key.keyId}+${toBase64(Uint8Array.of(key.type, ...key.publicKey))}`;
}

/**
 * Answers whether `signature` is one of `key` over the note text. Never throws.
 *
 * @param text - The whole note text, including its last newline.
 * @param signature - What follows the key id: 64 bytes; with a cosignature, preceded by the
 *   8-byte big-endian time in Unix seconds that is signed along with the text.
 */
export function verifyTextSignature(
  key: VerifierKey,
  text: string,
  signature: Uint8Array,
): boolean {
  if (key.type === KEY_TYPE.ed25519) return verifyEd25519(key.publicKey, text, signature);
  if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return false;
  const timestampSec = Buffer.from(signature).readBigUInt64BE(0);
  if (timestampSec > MAX_TIMESTAMP_SEC) return false;
  const message = `cosignature/v1\ntime ${timestampSec}\n${text}`;
  return verifyEd25519(key.publicKey, message, signature.subarray(TIMESTAMP_BYTES));
}

function verifyEd25519(publicKey: Uint8Array, message: string, signature: Uint8Array): boolean {
  try {
    const x = Buffer.from(publicKey).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(message, 'utf8'), key, signature);
  } catch {
    return false;
  }
}

function keyIdOf(name: string, type: KeyType, publicKey: Uint8Array): string {
  const input = Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), Uint8Array.of(type), publicKey]);
  return hash('sha256', input, 'hex').slice(0, 8);
}
