/**
 * The canonical ABI encoding: tails in order, without gaps, padded with zeros.
 *
 * It is the judge of what the decoder read. There are many encodings of one list of arguments that
 * contracts accept, and only one of them is what this writes.
 *
 * @module
 * @see https://docs.soliditylang.org/en/latest/abi-spec.html#formal-specification-of-the-encoding
 */

import type { DecodedValue } from '../starknet/call-reading.ts';
import { type AbiParameter, type AbiType, headWords, isDynamic } from './abi-types.ts';
import { bytesOfHex, concatBytes, WORD_BYTES, wordOf } from './bytes.ts';

/**
 * Encodes the arguments of a call, without the selector.
 *
 * @param values - By name of the parameter, as `decodeParameters` returns them; bytes of any length
 *   are text in hex.
 * @throws TypeError when a value is not of its type, which no decoded value is.
 */
export function encodeParameters(
  parameters: readonly AbiParameter[],
  values: ReadonlyMap<string, DecodedValue>,
): Uint8Array {
  return encodeSequence(
    parameters.map(({ type }) => type),
    parameters.map(({ name }) => values.get(name)),
  );
}

function encodeSequence(
  types: readonly AbiType[],
  values: readonly (DecodedValue | undefined)[],
): Uint8Array {
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = WORD_BYTES * types.reduce((words, type) => words + headWords(type), 0);
  for (const [index, type] of types.entries()) {
    const encoded = encodeValue(type, values[index]);
    if (!isDynamic(type)) {
      heads.push(encoded);
      continue;
    }
    heads.push(wordOf(BigInt(offset)));
    tails.push(encoded);
    offset += encoded.length;
  }
  return concatBytes([...heads, ...tails]);
}

function encodeValue(type: AbiType, value: DecodedValue | undefined): Uint8Array {
  switch (value?.kind) {
    case 'list':
      return encodeList(type, value.items);
    case 'struct':
      if (type.kind === 'tuple') return encodeParameters(type.members, value.fields);
      throw mismatch(type);
    case 'text':
      return encodeText(type, value.value);
    case 'boolean':
      return wordOf(value.value ? 1n : 0n);
    case 'number':
    case 'address':
      return wordOf(value.value);
    default:
      throw mismatch(type);
  }
}

function encodeList(type: AbiType, items: readonly DecodedValue[]): Uint8Array {
  if (type.kind !== 'array') throw mismatch(type);
  const encoded = encodeSequence(
    items.map(() => type.item),
    items,
  );
  if (type.length !== undefined) return encoded;
  return concatBytes([wordOf(BigInt(items.length)), encoded]);
}

function encodeText(type: AbiType, text: string): Uint8Array {
  if (type.kind === 'string') return encodeBytes(new TextEncoder().encode(text));
  const bytes = bytesOfHex(text);
  if (bytes === undefined) throw mismatch(type);
  return type.kind === 'fixed-bytes' ? padded(bytes) : encodeBytes(bytes);
}

function encodeBytes(bytes: Uint8Array): Uint8Array {
  return concatBytes([wordOf(BigInt(bytes.length)), padded(bytes)]);
}

/** Zeros behind, up to the next whole word. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
  whole.set(bytes);
  return whole;
}

function mismatch(type: AbiType): TypeError {
  return new TypeError(`a value is not of its type, ${type.kind}`);
}
