/**
 * Field elements and fixed-width integers on the wire and in memory.
 *
 * In memory a felt is a `bigint` in [0, P). On the wire it is `0x` + 1–64 hex digits, or (where a
 * schema says so) 1–78 decimal digits. Every parser here is strict: no sign, no blanks, no upper-case
 * `0X`, nothing at or above the bound of its type.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography — P = 2^251 + 17·2^192 + 1
 */

import { BoundaryError } from './errors.ts';

/** Order of the Stark field: 2^251 + 17·2^192 + 1. */
export const FIELD_PRIME = (1n << 251n) + 17n * (1n << 192n) + 1n;

/** Order of the Stark curve's group. */
export const CURVE_ORDER = 0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2fn;

const HEX = /^0x[0-9a-fA-F]{1,64}$/;
const DECIMAL = /^[0-9]{1,78}$/;

/** Answers whether `text` is `0x` followed by 1–64 hex digits; says nothing about its size. */
export function isHex(text: string): boolean {
  return HEX.test(text);
}

/** Answers whether `text` is a hex string as in {@link isHex}, or 1–78 decimal digits. */
export function isHexOrDecimal(text: string): boolean {
  return HEX.test(text) || DECIMAL.test(text);
}

/**
 * Parses a felt written in hex or decimal.
 *
 * @param text - `0x` + 1–64 hex digits, or 1–78 decimal digits; value below P.
 * @param field - Name of the field, used in the error.
 * @throws BoundaryError ERR_FELT_MALFORMED, ERR_FELT_OUT_OF_RANGE.
 */
export function parseFelt(text: string, field: string): bigint {
  return parseBounded(text, field, FIELD_PRIME, 'below the field prime 2^251 + 17*2^192 + 1');
}

/** Parses an unsigned 64-bit integer, hex or decimal. Errors as {@link parseFelt}. */
export function parseU64(text: string, field: string): bigint {
  return parseBounded(text, field, 1n << 64n, 'below 2^64');
}

/** Parses an unsigned 128-bit integer, hex or decimal. Errors as {@link parseFelt}. */
export function parseU128(text: string, field: string): bigint {
  return parseBounded(text, field, 1n << 128n, 'below 2^128');
}

/**
 * Joins the two halves of a u256 as Starknet lays it out in calldata.
 *
 * @param low - Least significant half, must be below 2^128.
 * @param high - Most significant half, must be below 2^128.
 * @returns The amount, or `undefined` when a half is out of range.
 */
export function joinU256(low: bigint, high: bigint): bigint | undefined {
  const limit = 1n << 128n;
  if (low < 0n || high < 0n || low >= limit || high >= limit) return undefined;
  return (high << 128n) | low;
}

/** Writes a felt as lower-case hex, `0x`-prefixed, without leading zeros. */
export function toHex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function parseBounded(text: string, field: string, limit: bigint, bound: string): bigint {
  if (!isHexOrDecimal(text)) {
    throw new BoundaryError('ERR_FELT_MALFORMED', {
      details: { field, expected: '0x and 1-64 hex digits, or 1-78 decimal digits' },
    });
  }
  const value = BigInt(text);
  if (value >= limit) {
    throw new BoundaryError('ERR_FELT_OUT_OF_RANGE', { details: { field, expected: bound } });
  }
  return value;
}
