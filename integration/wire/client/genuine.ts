/**
 * What makes an answer a genuine signature: recomputed hashes, the right key, and ECDSA that holds.
 *
 * @module
 */

import { ec } from 'starknet';
import { expect } from 'vitest';
import { type Kind, sessionHashes } from './session-hashes.ts';
import type { SignRequest } from './sign-request.ts';
import type { Answer } from './wire-client.ts';

const CURVE_ORDER = 3618502788666131213697322783095070105526743751716087489154079457884512865583n;
/** Lower case, prefixed, no leading zeros. */
const FELT = /^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/;

/** Session public key of a private one: x-coordinate. */
export function publicKeyOf(privateKey: string): bigint {
  return BigInt(ec.starkCurve.getStarkKey(privateKey));
}

/** Whether (r, s) signs the hash under the key with this x-coordinate. */
function holds(messageHash: bigint, r: bigint, s: bigint, publicKeyX: bigint): boolean {
  const signature = new ec.starkCurve.Signature(r, s);
  const x = publicKeyX.toString(16).padStart(64, '0');
  const hash = messageHash.toString(16);
  return ['02', '03'].some((prefix) => ec.starkCurve.verify(signature, hash, `${prefix}${x}`));
}

export interface GenuineOptions {
  readonly kind?: Kind;
  readonly privateKey: string;
}

/** The four felts of an answer. */
export function signatureOf(answer: Answer): readonly [string, string, string, string] {
  const { signature } = answer.json;
  expect(signature).toEqual([
    expect.stringMatching(FELT),
    expect.stringMatching(FELT),
    expect.stringMatching(FELT),
    expect.stringMatching(FELT),
  ]);
  return signature as [string, string, string, string];
}

/** Fails the test unless `answer` is a signature of exactly this request. */
export function expectGenuine(
  answer: Answer,
  request: SignRequest,
  { kind = 'invoke-v2', privateKey }: GenuineOptions,
): void {
  expect(answer.text).not.toContain('error');
  expect(answer.status).toBe(200);
  const { json } = answer;
  const expected = sessionHashes(kind, request);
  const publicKey = publicKeyOf(privateKey);
  expect(json.messageHash).toBe(hex(expected.messageHash));
  expect(json.domainHash).toBe(hex(expected.domainHash ?? 0n));
  expect(json.sessionPublicKey).toBe(hex(publicKey));
  const [key, r, s, validUntil] = signatureOf(answer);
  expect(key).toBe(hex(publicKey));
  expect(validUntil).toBe(hex(BigInt(request.validUntil)));
  expect(BigInt(s) <= CURVE_ORDER / 2n).toBe(true);
  expect(holds(expected.messageHash, BigInt(r), BigInt(s), publicKey)).toBe(true);
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
