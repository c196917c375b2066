/**
 * Decoding of EVM calldata, hostile until shown otherwise.
 *
 * The reader follows offsets wherever they lead within the data, and what it read is then encoded
 * again: only when that gives the same bytes does the reading count. Contracts accept more than one
 * encoding of the same arguments; this refuses all but the canonical one, so that overlapping tails,
 * gaps, dirty padding and bytes behind the end never come to a rule.
 *
 * INVARIANT: the work is linear in the length of the data. In a canonical encoding each word is read
 * exactly once, so a reader that asks for more words than there are has read one twice, and stops.
 *
 * @module
 * @see https://docs.soliditylang.org/en/latest/abi-spec.html#strict-encoding-mode
 */

import type { DecodedValue } from '../starknet/call-reading.ts';
import { encodeParameters } from './abi-encode.ts';
import {
  type AbiParameter,
  type AbiType,
  type ArrayType,
  headWords,
  isDynamic,
  MAX_CALLDATA_BYTES,
  type WordType,
} from './abi-types.ts';
import { firstDifference, hexOfBytes, WORD_BYTES, wordAt } from './bytes.ts';

export type Decoding =
  | { readonly kind: 'decoded'; readonly values: ReadonlyMap<string, DecodedValue> }
  | { readonly kind: 'undecodable'; readonly reason: string };

/** The data, and how many of its words may still be read. */
interface Reader {
  readonly data: Uint8Array;
  wordsLeft: number;
}

/** Ends the reading from any depth; never leaves this file. */
class UndecodableError extends Error {
  override readonly name = 'UndecodableError';
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ADDRESS_BITS = 160;

/**
 * Decodes the arguments of a call. Never throws.
 *
 * @param data - Calldata without the selector, at most 128 KiB.
 * @returns Values by name of the parameter; `bytes` of any length are text in lower-case hex.
 */
export function decodeParameters(parameters: readonly AbiParameter[], data: Uint8Array): Decoding {
  try {
    return { kind: 'decoded', values: readAll(parameters, data) };
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    return { kind: 'undecodable', reason: error.message };
  }
}

function readAll(
  parameters: readonly AbiParameter[],
  data: Uint8Array,
): ReadonlyMap<string, DecodedValue> {
  if (data.length > MAX_CALLDATA_BYTES) {
    throw new UndecodableError(`${data.length} bytes, expected at most ${MAX_CALLDATA_BYTES}`);
  }
  const reader: Reader = { data, wordsLeft: Math.ceil(data.length / WORD_BYTES) };
  const values = readMembers(reader, parameters, 0);
  const difference = firstDifference(encodeParameters(parameters, values), data);
  if (difference === undefined) return values;
  throw new UndecodableError(`not the canonical encoding, from byte ${difference} on`);
}

function readMembers(
  reader: Reader,
  members: readonly AbiParameter[],
  base: number,
): ReadonlyMap<string, DecodedValue> {
  const types = members.map(({ type }) => type);
  const values = readSequence(reader, types, base);
  return new Map(values.map((value, index) => [members[index]?.name ?? String(index), value]));
}

/** Reads values whose heads begin at `base`; the offsets among them count from there. */
function readSequence(
  reader: Reader,
  types: readonly AbiType[],
  base: number,
): readonly DecodedValue[] {
  let head = base;
  return types.map((type) => {
    const at = isDynamic(type) ? base + readLength(reader, head, 'offset') : head;
    head += WORD_BYTES * headWords(type);
    return readValue(reader, type, at);
  });
}

function readValue(reader: Reader, type: AbiType, at: number): DecodedValue {
  switch (type.kind) {
    case 'tuple':
      return { kind: 'struct', fields: readMembers(reader, type.members, at) };
    case 'array':
      return { kind: 'list', items: readArray(reader, type, at) };
    case 'bytes':
      return { kind: 'text', value: hexOfBytes(readBytes(reader, at)) };
    case 'string':
      return { kind: 'text', value: textOf(readBytes(reader, at)) };
    default:
      return readWord(reader, type, at);
  }
}

function readArray(reader: Reader, type: ArrayType, at: number): readonly DecodedValue[] {
  const length = type.length ?? readLength(reader, at, 'length');
  const base = type.length === undefined ? at + WORD_BYTES : at;
  return readSequence(reader, new Array<AbiType>(length).fill(type.item), base);
}

function readBytes(reader: Reader, at: number): Uint8Array {
  const length = readLength(reader, at, 'length');
  const from = at + WORD_BYTES;
  if (from + length > reader.data.length) {
    throw new UndecodableError(`${length} bytes at ${from} of ${reader.data.length}`);
  }
  spend(reader, Math.ceil(length / WORD_BYTES));
  return reader.data.subarray(from, from + length);
}

function readWord(reader: Reader, type: WordType, at: number): DecodedValue {
  const word = nextWord(reader, at);
  switch (type.kind) {
    case 'uint':
      return { kind: 'number', value: below(word, type.bits, `uint${type.bits}`) };
    case 'int':
      return { kind: 'number', value: signed(word, type.bits) };
    case 'address':
      return { kind: 'address', value: below(word, ADDRESS_BITS, 'address') };
    case 'bool':
      return { kind: 'boolean', value: below(word, 1, 'bool') === 1n };
    case 'fixed-bytes':
      return { kind: 'text', value: hexOfBytes(reader.data.subarray(at, at + type.size)) };
  }
}

function below(word: bigint, bits: number, type: string): bigint {
  if (word < 1n << BigInt(bits)) return word;
  throw new UndecodableError(`${word} is out of range for ${type}`);
}

function signed(word: bigint, bits: number): bigint {
  const value = BigInt.asIntN(bits, word);
  if (BigInt.asUintN(256, value) === word) return value;
  throw new UndecodableError(`${word} is out of range for int${bits}`);
}

function textOf(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UndecodableError('a string is not valid UTF-8');
  }
}

/** A number that cannot be larger than the data is long: an offset, or a count of items or bytes. */
function readLength(reader: Reader, at: number, what: string): number {
  const word = nextWord(reader, at);
  if (word <= BigInt(reader.data.length)) return Number(word);
  throw new UndecodableError(`${what} ${word} in ${reader.data.length} bytes`);
}

function nextWord(reader: Reader, at: number): bigint {
  if (at + WORD_BYTES > reader.data.length) {
    throw new UndecodableError(`${reader.data.length} bytes, expected at least ${at + WORD_BYTES}`);
  }
  spend(reader, 1);
  return wordAt(reader.data, at);
}

function spend(reader: Reader, words: number): void {
  reader.wordsLeft -= words;
  if (reader.wordsLeft < 0) throw new UndecodableError('one word is read twice');
}
