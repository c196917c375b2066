/**
 * Strict readers for what the text formats of transparency logs are made of.
 *
 * Each value has exactly one accepted spelling, so a text that was read and written again is the
 * same text.
 *
 * @module
 */

import { malformed } from './proof-error.ts';

/** Largest note, proof or receipt that is read. */
const MAX_TEXT_BYTES = 1_048_576;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * Text of `input`, which is bytes or already text.
 *
 * @throws BoundaryError ERR_PROOF_MALFORMED for more than 1 MiB, for bytes that are not UTF-8 and
 *   for text with a lone surrogate.
 */
export function readText(input: string | Uint8Array): string {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (size > MAX_TEXT_BYTES) throw malformed('larger than 1 MiB');
  if (typeof input === 'string') {
    if (!input.isWellFormed()) throw malformed('not valid UTF-8');
    return input;
  }
  try {
    return UTF8.decode(input);
  } catch {
    throw malformed('not valid UTF-8');
  }
}

/** Bytes of `text` in the canonical spelling of RFC 4648 §4, with padding; else `undefined`. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

/** RFC 4648 §4 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** A decimal without sign or leading zeros, at most 2^53 − 1; else `undefined`. */
export function fromDecimal(text: string): number | undefined {
  const value = Number(text);
  return DECIMAL.test(text) && Number.isSafeInteger(value) ? value : undefined;
}

/** Answers whether `value` is a tree size or an index: a safe integer, not negative. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Answers whether `text` has a character below U+0020 that is not a newline. */
export function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return true;
  }
  return false;
}
