/**
 * Numbers as policies write them.
 *
 * @module
 */

/** Stands for "without bound": one more than any number a policy can write, so it exceeds every limit. */
export const UNLIMITED_AMOUNT = 10n ** 78n;

const NUMBER = /^(?:0x[0-9a-fA-F]{1,64}|-?[0-9]{1,78})$/;

/**
 * Reads a number: decimal digits, with a minus sign where it is negative, or `0x` and 1-64 hex digits.
 *
 * @returns `undefined` for anything else, blanks, fractions and exponents included.
 */
export function parsePolicyNumber(text: string): bigint | undefined {
  return NUMBER.test(text) ? BigInt(text) : undefined;
}
