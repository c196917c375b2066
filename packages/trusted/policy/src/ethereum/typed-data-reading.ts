/**
 * Reading of typed data by its types: what JSON says becomes what EIP-712 hashes.
 *
 * A message is read as a whole or not at all. Members that no type declares are passed over, because
 * the hash does not cover them.
 *
 * @module
 * @see https://eips.ethereum.org/EIPS/eip-712
 */

import type { PolicyJson, TypedDataField } from '../language/policy-intent.ts';
import type { DecodedValue } from '../starknet/call-reading.ts';
import type { ElementaryType } from './abi-types.ts';
import { type TypedDataTypes, typedDataShape } from './typed-data-types.ts';

export type TypedDataReading =
  | { readonly kind: 'decoded'; readonly value: DecodedValue }
  | { readonly kind: 'undecodable'; readonly reason: string };

/** Names and indices that lead to a value. */
type Path = readonly (string | number)[];

/** Ends the reading from any depth; never leaves this file. */
class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** A whole number in decimal, without a plus or zeros in front, or unsigned in hex. */
const WHOLE_NUMBER = /^(?:-?[1-9][0-9]{0,77}|0|0x[0-9a-fA-F]{1,64})$/;
/** Structs and lists within each other; twice what a request body may have. */
const MAX_DEPTH = 64;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const HEX_BYTES = /^0x(?:[0-9a-fA-F]{2})*$/;

/**
 * Reads a message as the struct it claims to be. Never throws.
 *
 * @param struct - Name of the struct; the primary type.
 * @returns A struct: integers and addresses as `bigint`, bytes of any length as lower-case hex.
 */
export function readTypedData(
  types: TypedDataTypes,
  struct: string,
  message: PolicyJson,
): TypedDataReading {
  return reading(() => readValue(types, struct, message, [struct]));
}

/** Reads one value of a type that holds no other. Never throws. */
export function readElementary(type: ElementaryType, value: PolicyJson): TypedDataReading {
  return reading(() => readLeaf(type, value, ['value']));
}

function reading(read: () => DecodedValue): TypedDataReading {
  try {
    return { kind: 'decoded', value: read() };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { kind: 'undecodable', reason: error.message };
  }
}

function readValue(
  types: TypedDataTypes,
  type: string,
  value: PolicyJson,
  where: Path,
): DecodedValue {
  if (where.length > MAX_DEPTH) throw new UnreadableError(`more than ${MAX_DEPTH} levels`);
  const shape = typedDataShape(types, type);
  if (shape === undefined) throw fault(where, 'is of no known type');
  if (shape.kind === 'leaf') return readLeaf(shape.type, value, where);
  if (shape.kind === 'list') return readList(types, shape.item, shape.length, value, where);
  return readStruct(types, shape.members, value, where);
}

function readStruct(
  types: TypedDataTypes,
  members: readonly TypedDataField[],
  value: PolicyJson,
  where: Path,
): DecodedValue {
  if (!isObject(value)) throw fault(where, 'is not an object');
  const fields = new Map<string, DecodedValue>();
  for (const { name, type } of members) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (member === undefined) throw fault([...where, name], 'is missing');
    if (fields.has(name)) throw fault([...where, name], 'is declared twice');
    fields.set(name, readValue(types, type, member, [...where, name]));
  }
  return { kind: 'struct', fields };
}

function readList(
  types: TypedDataTypes,
  item: string,
  length: number | undefined,
  value: PolicyJson,
  where: Path,
): DecodedValue {
  if (!isList(value)) throw fault(where, 'is not a list');
  if (length !== undefined && value.length !== length) {
    throw fault(where, `has ${value.length} items, expected ${length}`);
  }
  const items = value.map((each, index) => readValue(types, item, each, [...where, index]));
  return { kind: 'list', items };
}

function readLeaf(type: ElementaryType, value: PolicyJson, where: Path): DecodedValue {
  if (type.kind === 'bool') {
    if (typeof value !== 'boolean') throw fault(where, 'is not true or false');
    return { kind: 'boolean', value };
  }
  if (typeof value !== 'string') throw fault(where, `is not a ${type.kind}`);
  const read = readText(type, value);
  if (read === undefined) throw fault(where, `does not fit ${type.kind}`);
  return read;
}

function readText(
  type: Exclude<ElementaryType, { kind: 'bool' }>,
  text: string,
): DecodedValue | undefined {
  switch (type.kind) {
    case 'string':
      return { kind: 'text', value: text };
    case 'address':
      return ADDRESS.test(text) ? { kind: 'address', value: BigInt(text) } : undefined;
    case 'uint':
    case 'int':
      return integerOf(text, type);
    case 'bytes':
    case 'fixed-bytes':
      return bytesOf(text, type.kind === 'bytes' ? undefined : type.size);
  }
}

function fault(where: Path, text: string): UnreadableError {
  return new UnreadableError(`${where.join('.')} ${text}`);
}

function integerOf(
  text: string,
  { kind, bits }: Extract<ElementaryType, { kind: 'uint' | 'int' }>,
): DecodedValue | undefined {
  if (!WHOLE_NUMBER.test(text)) return undefined;
  const value = BigInt(text);
  const cut = kind === 'uint' ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
  return cut === value ? { kind: 'number', value } : undefined;
}

/** Bytes as lower-case hex; `size` of them where the type says how many. */
function bytesOf(text: string, size: number | undefined): DecodedValue | undefined {
  const fits = HEX_BYTES.test(text) && (size === undefined || text.length === 2 + 2 * size);
  return fits ? { kind: 'text', value: text.toLowerCase() } : undefined;
}

function isList(value: PolicyJson): value is readonly PolicyJson[] {
  return Array.isArray(value);
}

function isObject(value: PolicyJson): value is Readonly<Record<string, PolicyJson>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
