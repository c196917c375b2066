/**
 * ECDSA on the Stark curve: keys, signing, verifying.
 *
 * Signing is scure-starknet's: RFC 6979 over SHA-256, blinded scalar multiplication. JavaScript's
 * BigInt is not constant time, and neither is this: keep who can measure it away from the signer.
 * Verifying is written out here because Starknet gives x coordinates only, and works on public data.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography — STARK curve
 * @see RFC 6979
 */

import { BoundaryError, CURVE_ORDER, isHex, Secret } from '@countersign/protocol';
import { getStarkKey, MAX_VALUE, Point, sign } from '@scure/starknet';
import { publicPointOf } from './public-point.ts';

/** Message hashes and `r` must be below 2^251. */
export const MESSAGE_HASH_LIMIT = MAX_VALUE;

/** Bits of the window of the generator's table. 8 takes 90 ms once and 0.7 MB; it saves a fifth per signature. */
const GENERATOR_WINDOW = 8;

export interface StarkSignature {
  /** In [1, 2^251). */
  readonly r: bigint;
  /** In [1, n); at most (n - 1) / 2 when made by {@link signHash}. */
  readonly s: bigint;
}

// Sets the size only; the table is made by the first multiplication, or by `prepareSigning`.
Point.BASE.precompute(GENERATOR_WINDOW);

/**
 * Makes the table of the generator now instead of during the first signature. Blocks for about 90 ms;
 * a process that signs calls it once at start-up. Calling it again costs one multiplication.
 */
export function prepareSigning(): void {
  Point.BASE.precompute(GENERATOR_WINDOW, false);
}

/**
 * Signs a message hash.
 *
 * @param messageHash - In [0, 2^251): ECDSA on this curve cuts hashes to 251 bits, so a larger one
 * would be signed as another. A Poseidon hash is above it once in 2^55.
 * @param privateKey - In [1, n).
 * @returns `r` in [1, 2^251); `s` in [1, (n - 1) / 2]. The same input gives the same signature.
 * @throws BoundaryError ERR_FELT_OUT_OF_RANGE for the hash, ERR_KEY_INVALID for the key, ERR_INTERNAL
 * when the library fails. None carries a cause: its text could contain the key.
 * @remarks Constant time: no. The caller verifies the result before it leaves.
 */
export function signHash(messageHash: bigint, privateKey: Secret<bigint>): StarkSignature {
  if (!isMessageHash(messageHash)) {
    throw new BoundaryError('ERR_FELT_OUT_OF_RANGE', {
      details: { field: 'messageHash', expected: '0 to 2^251 - 1' },
    });
  }
  const keyHex = toKeyHex(privateKey);
  try {
    const { r, s } = sign(toHex64(messageHash), keyHex, { lowS: true });
    return { r, s };
  } catch {
    throw new BoundaryError('ERR_INTERNAL', { details: { step: 'sign' } });
  }
}

/**
 * Answers whether a signature holds for a hash and a public key, as the account contract decides it:
 * x(s⁻¹·(hash·G ± r·Q)) = r, for either y of the key.
 *
 * Both `s` and `n - s` hold, as they do on chain: a signature is no unique id of anything.
 *
 * @param messageHash - In [0, 2^251).
 * @param signature - `r` in [1, 2^251), `s` in [1, n).
 * @param publicKeyX - x coordinate of the key.
 * @returns `false` for everything out of range, of the wrong type or off the curve. Never throws.
 * @remarks About 2 ms, 7 ms more for a key not seen lately. Keeps the point of the key.
 */
export function verifySignature(
  messageHash: bigint,
  signature: StarkSignature,
  publicKeyX: bigint,
): boolean {
  if (!isMessageHash(messageHash) || !isStarkSignature(signature)) return false;
  const key = publicPointOf(publicKeyX);
  if (key === undefined) return false;
  const { r, s } = signature;
  const inverse = Point.Fn.inv(s);
  const hashPart = Point.BASE.multiplyUnsafe(Point.Fn.mul(messageHash, inverse));
  const keyPart = key.multiplyUnsafe(Point.Fn.mul(r, inverse));
  // The point at infinity reads as x = 0, which `r` never is.
  return hashPart.add(keyPart).x === r || hashPart.subtract(keyPart).x === r;
}

/**
 * Answers whether a value has the shape and the ranges of a signature: `r` in [1, 2^251), `s` in
 * [1, n). Says nothing about what it signs. Never throws.
 */
export function isStarkSignature(value: unknown): value is StarkSignature {
  if (typeof value !== 'object' || value === null || !('r' in value) || !('s' in value))
    return false;
  return isBetween(value.r, 1n, MESSAGE_HASH_LIMIT) && isBetween(value.s, 1n, CURVE_ORDER);
}

/** Answers whether a value can be signed: a bigint in [0, 2^251). Never throws. */
export function isMessageHash(value: unknown): value is bigint {
  return isBetween(value, 0n, MESSAGE_HASH_LIMIT);
}

/**
 * The public key: x coordinate of `privateKey`·G, in [0, P).
 *
 * @throws BoundaryError ERR_KEY_INVALID when the key is not in [1, n), ERR_INTERNAL when the library
 * fails; without a cause, as in {@link signHash}.
 */
export function publicKeyX(privateKey: Secret<bigint>): bigint {
  const keyHex = toKeyHex(privateKey);
  try {
    return BigInt(getStarkKey(keyHex));
  } catch {
    throw new BoundaryError('ERR_INTERNAL', { details: { step: 'publicKey' } });
  }
}

/**
 * Reads a private key.
 *
 * @param text - `0x` and 1–64 hex digits; value in [1, n).
 * @param field - Where the text came from, used in the error.
 * @throws BoundaryError ERR_KEY_INVALID, naming the field and never the text.
 */
export function parsePrivateKey(text: string, field: string): Secret<bigint> {
  const scalar = typeof text === 'string' && isHex(text) ? BigInt(text) : 0n;
  if (!isBetween(scalar, 1n, CURVE_ORDER)) throw keyInvalid(field);
  return new Secret(scalar);
}

function toKeyHex(privateKey: Secret<bigint>): string {
  const scalar = privateKey.reveal();
  if (!isBetween(scalar, 1n, CURVE_ORDER)) throw keyInvalid('privateKey');
  return toHex64(scalar);
}

function isBetween(value: unknown, first: bigint, end: bigint): value is bigint {
  return typeof value === 'bigint' && value >= first && value < end;
}

function toHex64(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}

function keyInvalid(field: string): BoundaryError {
  return new BoundaryError('ERR_KEY_INVALID', {
    details: { field, expected: '0x and hex digits, 1 to the curve order minus 1' },
  });
}
