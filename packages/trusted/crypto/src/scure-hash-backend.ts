/**
 * Poseidon by scure-starknet, over BigInt: audited, slow (about 0.3 ms per two felts).
 *
 * It is the reference every other backend is measured against, and what is left when they fail.
 *
 * @module
 */

import { poseidonHashMany } from '@scure/starknet';
import { assertFelts } from './assert-range.ts';
import type { HashBackend } from './hash-backend.ts';

/** Creates the backend. Contract of `hashMany`: see {@link HashBackend}. No state, no side effects. */
export function createScureHashBackend(): HashBackend {
  return { name: 'scure', hashMany };
}

function hashMany(values: readonly bigint[]): bigint {
  assertFelts(values, 'values');
  return poseidonHashMany([...values]);
}
