/** Random keys, hashes and damage, against the older scure-starknet that starknet.js brings. */

import { CURVE_ORDER, Secret, toHex } from '@countersign/protocol';
import fc from 'fast-check';
import { ec } from 'starknet';
import { describe, expect, it } from 'vitest';
import { MESSAGE_HASH_LIMIT, publicKeyX, signHash, verifySignature } from './stark-signature.ts';

const N = CURVE_ORDER;
const TIMEOUT_MS = 120_000;

const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 1n, max: N - 1n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 1_000n }) },
);
const messageHash = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: MESSAGE_HASH_LIMIT - 1n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 0xffffn }) },
  // lengths at which padding, truncation and leading zeros go wrong: multiples of 4 and 8 bits
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 250 }).map((bits) => 1n << BigInt(bits)) },
);

function theirSignature(hash: bigint, key: bigint) {
  return ec.starkCurve.sign(hash.toString(16).padStart(64, '0'), toHex(key));
}

describe('signHash', () => {
  it('signs as starknet.js does, with s in the lower half', { timeout: TIMEOUT_MS }, () => {
    fc.assert(
      fc.property(scalar, messageHash, (key, hash) => {
        const ours = signHash(hash, new Secret(key));
        const theirs = theirSignature(hash, key);
        expect(ours.r).toBe(theirs.r);
        expect(ours.s).toBe(theirs.s > N / 2n ? N - theirs.s : theirs.s);
        expect(publicKeyX(new Secret(key))).toBe(BigInt(ec.starkCurve.getStarkKey(toHex(key))));
      }),
      { numRuns: 400 },
    );
  });
});

describe('verifySignature', () => {
  it('takes both forms of a signature and no damaged one', { timeout: TIMEOUT_MS }, () => {
    const bit = fc.integer({ min: 0, max: 251 }).map((i) => 1n << BigInt(i));
    fc.assert(
      fc.property(scalar, messageHash, bit, (key, hash, flip) => {
        const x = publicKeyX(new Secret(key));
        const { r, s } = theirSignature(hash, key);
        expect(verifySignature(hash, { r, s }, x)).toBe(true);
        expect(verifySignature(hash, { r, s: N - s }, x)).toBe(true);
        expect(verifySignature(hash ^ flip, { r, s }, x)).toBe(false);
        expect(verifySignature(hash, { r: r ^ flip, s }, x)).toBe(false);
        expect(verifySignature(hash, { r, s: s ^ flip }, x)).toBe(false);
        expect(verifySignature(hash, { r, s }, x ^ flip)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses random numbers', { timeout: TIMEOUT_MS }, () => {
    const number = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
    const x = publicKeyX(new Secret(7n));
    fc.assert(
      fc.property(number, number, number, (hash, r, s) => {
        expect(verifySignature(hash, { r, s }, x)).toBe(false);
        expect(verifySignature(hash % (1n << 251n), { r: r >> 5n, s: s >> 5n }, x)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
