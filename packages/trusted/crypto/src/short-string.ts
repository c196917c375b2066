/**
 * Cairo short strings: up to 31 characters in one felt, first character in the highest byte.
 *
 * Only printable ASCII (space to tilde) is taken: a NUL at the front would vanish in the number, and
 * control characters have no business in a chain name that a person reads.
 *
 * @module
 * @see https://docs.starknet.io/build/corelib — short strings
 */

import { BoundaryError } from '@countersign/protocol';

const PRINTABLE = /^[ -~]{0,31}$/;

/**
 * Packs a text into a felt, big-endian.
 *
 * @param text - 0–31 printable ASCII characters. The empty text is 0.
 * @param field - Name of the value, used in the error.
 * @returns A felt below 2^248.
 * @throws BoundaryError ERR_REQUEST_INVALID.
 */
export function encodeShortString(text: string, field = 'text'): bigint {
  if (!PRINTABLE.test(text)) throw notShort(field, 'at most 31 printable ASCII characters');
  let value = 0n;
  for (const char of text) value = (value << 8n) | BigInt(char.charCodeAt(0));
  return value;
}

/**
 * Unpacks a felt made by {@link encodeShortString}.
 *
 * @param value - A felt whose bytes, without leading zeros, are printable ASCII. 0 is the empty text.
 * @throws BoundaryError ERR_REQUEST_INVALID.
 */
export function decodeShortString(value: bigint, field = 'value'): string {
  const expected = 'a felt of at most 31 printable ASCII bytes';
  if (value < 0n) throw notShort(field, expected);
  let text = '';
  for (let rest = value; rest > 0n; rest >>= 8n) {
    text = String.fromCharCode(Number(rest & 0xffn)) + text;
  }
  if (!PRINTABLE.test(text)) throw notShort(field, expected);
  return text;
}

function notShort(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', { details: { field, expected } });
}
