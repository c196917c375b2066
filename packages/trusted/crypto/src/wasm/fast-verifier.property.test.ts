/** Signatures made by scure, some of them altered, against the reference. */

import { CURVE_ORDER, Secret } from '@countersign/protocol';
import { getPublicKey, Point, sign, verify } from '@scure/starknet';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MESSAGE_HASH_LIMIT, publicKeyX, signHash, verifySignature } from '../stark-signature.ts';
import { createFastVerifier } from './fast-verifier.ts';

const TIMEOUT_MS = 60_000;
const verifier = createFastVerifier();

const scalar = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n });
const hash = fc.oneof(
  fc.bigInt({ min: 0n, max: MESSAGE_HASH_LIMIT - 1n }),
  fc.bigInt({ min: 0n, max: 0xffffn }),
);
const hex64 = (value: bigint) => value.toString(16).padStart(64, '0');

const keys = await Promise.all(
  fc.sample(scalar, { numRuns: 12, seed: 20_261_120 }).map(async (privateKey) => {
    const { x, y } = Point.BASE.multiply(privateKey).toAffine();
    return { privateKey, table: await verifier.prepare(x, y) };
  }),
);
const anyKey = fc.constantFrom(...keys);

it('takes what scure signs and scure verifies', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(anyKey, hash, ({ privateKey, table }, message) => {
      const keyHex = hex64(privateKey);
      const signature = sign(hex64(message), keyHex);
      expect(verify(signature, hex64(message), getPublicKey(keyHex))).toBe(true);
      expect(verifier.verify(table, message, signature.r, signature.s)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

it('takes every key of ours', { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(scalar, hash, async (privateKey, message) => {
      const { x, y } = Point.BASE.multiply(privateKey).toAffine();
      const table = await verifier.prepare(x, y);
      const { r, s } = signHash(message, new Secret(privateKey));
      expect(table.publicKeyX).toBe(publicKeyX(new Secret(privateKey)));
      expect(verifier.verify(table, message, r, s)).toBe(true);
      verifier.release(table);
    }),
    { numRuns: 150 },
  );
});

it('answers altered signatures as the reference does', { timeout: TIMEOUT_MS }, () => {
  const alteration = fc.record({
    hash: fc.constantFrom(0n, 0n, 1n, -1n, 1n << 128n),
    r: fc.constantFrom(0n, 0n, 1n, -1n, 1n << 64n),
    s: fc.constantFrom(0n, 0n, 1n, -1n, 1n << 64n),
    mirrored: fc.boolean(),
  });
  fc.assert(
    fc.property(anyKey, anyKey, hash, alteration, (signer, checker, message, change) => {
      const made = signHash(message, new Secret(signer.privateKey));
      const s = made.s + change.s;
      const altered = { r: made.r + change.r, s: change.mirrored ? CURVE_ORDER - s : s };
      const asked = message + change.hash;
      expect(verifier.verify(checker.table, asked, altered.r, altered.s)).toBe(
        verifySignature(asked, altered, checker.table.publicKeyX),
      );
    }),
    { numRuns: 800 },
  );
});
