/**
 * Reads calldata by the types of an ABI: exactly, or not at all.
 *
 * Every value lies in the range of its type, every length fits what is left, and no felt is left
 * over. A contract would refuse most of what is refused here; the rest (a bool of 2 in Cairo 0) means
 * different things to different contracts, and what means two things is no basis for a decision.
 *
 * Nothing here throws, whatever the calldata: what does not fit leaves a reason behind.
 *
 * @module
 * @see https://docs.starknet.io/build/corelib/core-serde — Cairo's Serde
 */

import { FIELD_PRIME } from '@countersign/protocol';
import type { AbiParameter, AbiType } from './abi-type.ts';
import { readByteArray } from './byte-array.ts';
import type { DecodedValue } from './call-reading.ts';
import { type CalldataCursor, createCursor, fail, take } from './calldata-cursor.ts';

export type DecodedCalldata =
  | { readonly ok: true; readonly parameters: ReadonlyMap<string, DecodedValue> }
  /** Names the parameter, says what was found and expected. */
  | { readonly ok: false; readonly reason: string };

/**
 * Structs and lists within each other. Types of one ABI may be stacked deeper than any contract
 * stacks them, and the stack of this machine must not depend on a file.
 */
const MAX_DEPTH = 128;
const LIMB = 1n << 128n;

/**
 * Reads all of `calldata` as `parameters`.
 *
 * Integers and felts become numbers, a u256 one number, text must be UTF-8, tuples are structs with
 * members 0, 1, …. An enum is a struct of `variant`, its name, and `value`, its payload; a variant
 * without payload has no `value`.
 *
 * @param calldata - Felts; ones outside [0, P) do not fit any type.
 */
export function decodeCalldata(
  parameters: readonly AbiParameter[],
  calldata: readonly bigint[],
): DecodedCalldata {
  const cursor = createCursor(calldata);
  const fields = readMembers(cursor, parameters, 0);
  if (fields === undefined) return { ok: false, reason: cursor.reason ?? 'unreadable' };
  const left = calldata.length - cursor.at;
  if (left === 0) return { ok: true, parameters: fields };
  const last = parameters.at(-1)?.name;
  const where = last === undefined ? 'no parameter was expected' : `\`${last}\` is the last`;
  return { ok: false, reason: `${where}, and ${left} felts are left over` };
}

function readMembers(
  cursor: CalldataCursor,
  members: readonly AbiParameter[],
  depth: number,
): ReadonlyMap<string, DecodedValue> | undefined {
  const fields = new Map<string, DecodedValue>();
  for (const { name, type } of members) {
    cursor.path.push(name);
    const value = readValue(cursor, type, depth + 1);
    if (value === undefined) return undefined;
    cursor.path.pop();
    fields.set(name, value);
  }
  return fields;
}

function readValue(cursor: CalldataCursor, type: AbiType, depth: number): DecodedValue | undefined {
  cursor.valuesLeft -= 1;
  if (cursor.valuesLeft < 0) return fail(cursor, 'more values than a call has');
  if (depth > MAX_DEPTH) return fail(cursor, `nested deeper than ${MAX_DEPTH} levels`);
  switch (type.kind) {
    case 'number':
    case 'address':
      return readBelow(cursor, type);
    case 'signed':
      return readSigned(cursor, type);
    case 'limbs':
      return readLimbs(cursor, type);
    case 'boolean':
      return readBoolean(cursor);
    case 'text':
      return readByteArray(cursor);
    case 'list':
      return readList(cursor, type.item, depth);
    case 'repeat':
      return readItems(cursor, type.item, type.count, depth);
    case 'struct':
      return readStruct(cursor, type.members, depth);
    case 'enum':
      return readEnum(cursor, type.variants, depth);
    case 'nonzero':
      return readNonzero(cursor, type.of, depth);
  }
}

function readBelow(
  cursor: CalldataCursor,
  { kind, name, below }: AbiType & { kind: 'number' | 'address' },
): DecodedValue | undefined {
  const value = take(cursor, name);
  if (value === undefined) return undefined;
  return value < below ? { kind, value } : fail(cursor, `${hex(value)} is no ${name}`);
}

function readSigned(
  cursor: CalldataCursor,
  { name, bits }: AbiType & { kind: 'signed' },
): DecodedValue | undefined {
  const felt = take(cursor, name);
  if (felt === undefined) return undefined;
  const half = 1n << BigInt(bits - 1);
  if (felt < half) return { kind: 'number', value: felt };
  if (felt >= FIELD_PRIME - half) return { kind: 'number', value: felt - FIELD_PRIME };
  return fail(cursor, `${hex(felt)} is no ${name}`);
}

function readLimbs(
  cursor: CalldataCursor,
  { name, count }: AbiType & { kind: 'limbs' },
): DecodedValue | undefined {
  let value = 0n;
  for (let index = 0; index < count; index += 1) {
    const limb = take(cursor, name);
    if (limb === undefined) return undefined;
    if (limb >= LIMB) return fail(cursor, `${hex(limb)} is no 128-bit part of a ${name}`);
    value |= limb << BigInt(128 * index);
  }
  return { kind: 'number', value };
}

function readBoolean(cursor: CalldataCursor): DecodedValue | undefined {
  const value = take(cursor, 'bool');
  if (value === undefined) return undefined;
  return value < 2n
    ? { kind: 'boolean', value: value === 1n }
    : fail(cursor, `${hex(value)} is no bool`);
}

function readList(cursor: CalldataCursor, item: AbiType, depth: number): DecodedValue | undefined {
  const count = take(cursor, 'a length');
  if (count === undefined) return undefined;
  const left = cursor.felts.length - cursor.at;
  // Items without felts are no exception: nobody sends lists of nothing, and 2^64 of them are cheap to send.
  if (count > BigInt(left)) {
    return fail(cursor, `${hex(count)} items are announced and ${left} felts are left`);
  }
  return readItems(cursor, item, Number(count), depth);
}

function readItems(
  cursor: CalldataCursor,
  item: AbiType,
  count: number,
  depth: number,
): DecodedValue | undefined {
  const items: DecodedValue[] = [];
  for (let index = 0; index < count; index += 1) {
    cursor.path.push(index);
    const value = readValue(cursor, item, depth + 1);
    if (value === undefined) return undefined;
    cursor.path.pop();
    items.push(value);
  }
  return { kind: 'list', items };
}

function readStruct(
  cursor: CalldataCursor,
  members: readonly AbiParameter[],
  depth: number,
): DecodedValue | undefined {
  const fields = readMembers(cursor, members, depth);
  return fields === undefined ? undefined : { kind: 'struct', fields };
}

function readEnum(
  cursor: CalldataCursor,
  variants: readonly AbiParameter[],
  depth: number,
): DecodedValue | undefined {
  const index = take(cursor, 'a variant');
  if (index === undefined) return undefined;
  const variant = index < BigInt(variants.length) ? variants[Number(index)] : undefined;
  if (variant === undefined) {
    return fail(cursor, `${hex(index)} is none of ${variants.length} variants`);
  }
  const fields = new Map<string, DecodedValue>([
    ['variant', { kind: 'text', value: variant.name }],
  ]);
  if (isUnit(variant.type)) return { kind: 'struct', fields };
  const value = readValue(cursor, variant.type, depth + 1);
  return value === undefined ? undefined : { kind: 'struct', fields: fields.set('value', value) };
}

function readNonzero(cursor: CalldataCursor, of: AbiType, depth: number): DecodedValue | undefined {
  const value = readValue(cursor, of, depth + 1);
  if (value?.kind === 'number' && value.value === 0n)
    return fail(cursor, '0 where zero is no value');
  return value;
}

function isUnit(type: AbiType): boolean {
  return type.kind === 'struct' && type.members.length === 0;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
