/**
 * Known answers a hash backend must give before it may hash anything that gets signed.
 *
 * The answers were computed with starknet.js 10.8.0 (`computePoseidonHashOnElements`); the test beside
 * this file computes them again. The last one is published: it is the domain hash of
 * `session_v2_valid_single_call` in starknet-agentic's `spec/session-signature-v2.json`.
 *
 * @module
 */

import { FIELD_PRIME } from '@countersign/protocol';
import type { HashBackend } from './hash-backend.ts';

export interface HashVector {
  readonly name: string;
  readonly values: readonly bigint[];
  readonly hash: bigint;
}

const LAST = FIELD_PRIME - 1n;

/** Edges of the field, of the limbs a fast backend may use, and of the padding; odd and even lengths. */
export const HASH_VECTORS: readonly HashVector[] = [
  {
    name: 'empty list',
    values: [],
    hash: 0x2272be0f580fd156823304800919530eaa97430e972d7213ee13f4fbf7a5dbcn,
  },
  {
    name: 'zero',
    values: [0n],
    hash: 0x545d6f7d28a8a398e543948be5a026af60c4dea482867a6eeb2525b35d1e1e1n,
  },
  {
    name: 'one',
    values: [1n],
    hash: 0x579e8877c7755365d5ec1ec7d3a94a457eff5d1f40482bbe9729c064cdead2n,
  },
  {
    name: 'largest felt',
    values: [LAST],
    hash: 0x63d090f35b5a95ba789de1b45b310372aa6acaa8b58d33713004fd9c334901cn,
  },
  {
    name: 'two zeros',
    values: [0n, 0n],
    hash: 0x1fb7169b936dd880cb7ebc50e932a495a60e0084cdab94a681040cb4006e1a0n,
  },
  {
    name: 'largest felt twice',
    values: [LAST, LAST],
    hash: 0x1dbf052b3ae2feeaffaadc6e1b5583b2762bd36db274b213d9d71fee89236b7n,
  },
  {
    name: 'one and two',
    values: [1n, 2n],
    hash: 0x371cb6995ea5e7effcd2e174de264b5b407027a75a231a70c2c8d196107f0e7n,
  },
  {
    name: 'both ends of the field',
    values: [0n, 1n, LAST],
    hash: 0x7bcb168e8495fbc4fc7aaf0ae18bf7b6192043f64ee96023e23fc8185397c07n,
  },
  {
    name: 'powers of two',
    values: [(1n << 251n) - 1n, 1n << 251n, (1n << 192n) - 1n, 1n << 29n],
    hash: 0x3c324a9e483986b372ad433dc71af906f6fed4fa7b68c7472ee35ceb59849bbn,
  },
  {
    name: 'five zeros',
    values: [0n, 0n, 0n, 0n, 0n],
    hash: 0xb93a3ed77864d891d991e1aa56286a6e90b1d0f787dbe37b005279e92e4115n,
  },
  {
    name: 'nine small felts',
    values: Array.from({ length: 9 }, (_, i) => BigInt(i)),
    hash: 0xae8a85b4f36209ddde35206e4d5261e91c629e6bf5b2f890dcf458a9bfa0fan,
  },
  {
    name: 'thirty-four large felts',
    values: Array.from({ length: 34 }, (_, i) => LAST - BigInt(i)),
    hash: 0x5b4a3ca9beb02d773e5dce69757d4c26185275900c3509b7b693674b893d7d4n,
  },
  {
    name: 'session domain on Sepolia',
    values: [
      0x1ff2f602e42168014d405a94f75e8a93d640751d71d16311266e140d8b0a210n,
      0x53657373696f6e2e7472616e73616374696f6en,
      2n,
      0x534e5f5345504f4c4941n,
      1n,
    ],
    hash: 0x34f0c6639f0da8d88e2fadacd413b9961a35f92597558ba5d8f41aa4692ef12n,
  },
];

/** Lists every backend must refuse: a number outside the field would be hashed as another one. */
export const REFUSED_LISTS: readonly (readonly bigint[])[] = [
  [FIELD_PRIME],
  [1n, -1n],
  [0n, 0n, 1n << 256n],
];

/**
 * Runs a backend over all vectors, forwards and backwards so that state left over from one list shows
 * in the next, with the lists it must refuse in between.
 *
 * @returns `undefined` when everything is right, else what went wrong first. Never throws. Takes about
 * 90 permutations: 30 ms in JavaScript.
 */
export function findHashFault(backend: HashBackend): string | undefined {
  return (
    findWrongHash(backend, HASH_VECTORS) ??
    findAccepted(backend) ??
    findWrongHash(backend, HASH_VECTORS.toReversed())
  );
}

function findWrongHash(backend: HashBackend, vectors: readonly HashVector[]): string | undefined {
  for (const { name, values, hash } of vectors) {
    try {
      if (backend.hashMany(values) !== hash) return `wrong hash: ${name}`;
    } catch {
      return `no hash: ${name}`;
    }
  }
  return undefined;
}

function findAccepted(backend: HashBackend): string | undefined {
  const accepted = REFUSED_LISTS.findIndex((values) => {
    try {
      backend.hashMany(values);
      return true;
    } catch {
      return false;
    }
  });
  return accepted === -1 ? undefined : `hashed a number outside the field: list ${accepted}`;
}
