/**
 * Cairo's ByteArray: full words of 31 bytes, then a shorter rest with its length.
 *
 * One text has one spelling: the rest is shorter than a word and has no bit above its length.
 *
 * @module
 * @see https://docs.starknet.io/build/corelib/core-byte_array-ByteArray
 */

import type { DecodedValue } from './call-reading.ts';
import { type CalldataCursor, fail, take } from './calldata-cursor.ts';

const WORD_BYTES = 31;
const NOT_TEXT = 'bytes that are not UTF-8 text';

/**
 * Reads a ByteArray as text.
 *
 * @returns `undefined`, with a reason, also for bytes that are not UTF-8: written as hex they could
 *   not be told from a text that reads like it.
 */
export function readByteArray(cursor: CalldataCursor): DecodedValue | undefined {
  const count = take(cursor, 'a count of words');
  if (count === undefined) return undefined;
  const bytes: number[] = [];
  // However many it announces, the first that is missing ends it.
  for (let index = 0; index < count; index += 1) {
    if (!readWord(cursor, bytes)) return undefined;
  }
  return readRest(cursor, bytes) ? decodeText(cursor, bytes) : undefined;
}

/** The rest stands before its length. */
function readRest(cursor: CalldataCursor, bytes: number[]): boolean {
  const word = take(cursor, 'the rest of the text');
  const length = word === undefined ? undefined : take(cursor, 'the length of the rest');
  if (word === undefined || length === undefined) return false;
  if (length < BigInt(WORD_BYTES)) return addBytes(cursor, word, Number(length), bytes);
  fail(cursor, `a rest of ${length} bytes, expected at most ${WORD_BYTES - 1}`);
  return false;
}

function readWord(cursor: CalldataCursor, bytes: number[]): boolean {
  const word = take(cursor, 'a word of text');
  return word !== undefined && addBytes(cursor, word, WORD_BYTES, bytes);
}

function addBytes(cursor: CalldataCursor, word: bigint, length: number, bytes: number[]): boolean {
  if (word >> BigInt(8 * length) !== 0n) {
    fail(cursor, `a word that does not fit ${length} bytes`);
    return false;
  }
  for (let shift = 8 * (length - 1); shift >= 0; shift -= 8) {
    bytes.push(Number((word >> BigInt(shift)) & 0xffn));
  }
  return true;
}

function decodeText(cursor: CalldataCursor, bytes: readonly number[]): DecodedValue | undefined {
  try {
    // A byte order mark is part of the text: without it two calldata would read alike.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { kind: 'text', value: decoder.decode(Uint8Array.from(bytes)) };
  } catch {
    return fail(cursor, NOT_TEXT);
  }
}
