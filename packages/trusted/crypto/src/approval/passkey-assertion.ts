/**
 * Passkey assertions: the answer of an authenticator to a challenge.
 *
 * @module
 * @see W3C Web Authentication Level 3, §7.2 Verifying an Authentication Assertion
 */

import { createHash, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { parseStrictJson } from '@countersign/protocol';
import type { PasskeyPlace } from './approver-key.ts';

/** The three parts a browser returns, as bytes. */
export interface PasskeyAssertion {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJson: Uint8Array;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
}

/** rpIdHash (32), flags (1), signature counter (4). */
const LEAST_AUTHENTICATOR_BYTES = 37;
const MOST_BYTES = 4_096;
const FLAGS_AT = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/**
 * Answers whether the holder of `key` agreed to `challenge`, at one of the places, verified by the
 * authenticator (PIN, finger, face) and not merely present.
 *
 * The signature counter is not looked at: synchronised passkeys have none.
 *
 * @param challenge - 32 bytes.
 */
export function verifyPasskeyAssertion(
  assertion: PasskeyAssertion,
  challenge: Uint8Array,
  key: KeyObject,
  place: PasskeyPlace,
): boolean {
  const { authenticatorData, clientDataJson, signature } = assertion;
  if (authenticatorData.length > MOST_BYTES || clientDataJson.length > MOST_BYTES) return false;
  if (!isFromAuthenticator(authenticatorData, place)) return false;
  if (!isAboutChallenge(clientDataJson, challenge, place)) return false;
  const signed = Buffer.concat([authenticatorData, sha256(clientDataJson)]);
  return verifies(signed, key, signature);
}

function isFromAuthenticator(data: Uint8Array, { rpId }: PasskeyPlace): boolean {
  if (data.length < LEAST_AUTHENTICATOR_BYTES) return false;
  const flags = data[FLAGS_AT] ?? 0;
  const wanted = USER_PRESENT | USER_VERIFIED;
  return timingSafeEqual(data.subarray(0, 32), sha256(rpId)) && (flags & wanted) === wanted;
}

function isAboutChallenge(
  clientDataJson: Uint8Array,
  challenge: Uint8Array,
  { origins }: PasskeyPlace,
): boolean {
  const data = readClientData(clientDataJson);
  return (
    data.type === 'webauthn.get' &&
    data.challenge === Buffer.from(challenge).toString('base64url') &&
    typeof data.origin === 'string' &&
    origins.includes(data.origin) &&
    (data.crossOrigin === undefined || data.crossOrigin === false)
  );
}

function readClientData(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value = parseStrictJson(bytes);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : {};
  } catch {
    return {};
  }
}

function verifies(signed: Uint8Array, key: KeyObject, signature: Uint8Array): boolean {
  try {
    return verify('sha256', signed, key, signature);
  } catch {
    return false;
  }
}

function sha256(data: Uint8Array | string): Buffer {
  return createHash('sha256').update(data).digest();
}
