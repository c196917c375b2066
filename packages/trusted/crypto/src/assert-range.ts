/**
 * Range checks at the door of this package.
 *
 * Types end at compile time; a number that is too large would be hashed as another number, so every
 * value is checked again where it enters a hash.
 *
 * @module
 */

import { BoundaryError, FIELD_PRIME } from '@countersign/protocol';

const U64_LIMIT = 1n << 64n;

/** Answers whether `value` is a felt: a bigint in [0, P). */
export function isFelt(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value < FIELD_PRIME;
}

/**
 * Refuses anything but a felt.
 *
 * @param field - Name of the value, used in the error.
 * @throws BoundaryError ERR_FELT_OUT_OF_RANGE.
 */
export function assertFelt(value: bigint, field: string): void {
  if (!isFelt(value)) throw outOfRange(field, 'a felt, 0 to P - 1');
}

/** Refuses a list with anything but felts in it. Errors as {@link assertFelt}, naming the position. */
export function assertFelts(values: readonly bigint[], field: string): void {
  for (let i = 0; i < values.length; i += 1) {
    if (!isFelt(values[i])) throw outOfRange(`${field}[${i}]`, 'a felt, 0 to P - 1');
  }
}

/** Refuses anything but a bigint in [0, 2^64). Errors as {@link assertFelt}. */
export function assertU64(value: bigint, field: string): void {
  if (typeof value !== 'bigint' || value < 0n || value >= U64_LIMIT) {
    throw outOfRange(field, '0 to 2^64 - 1');
  }
}

function outOfRange(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_FELT_OUT_OF_RANGE', { details: { field, expected } });
}
