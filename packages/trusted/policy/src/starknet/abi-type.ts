/**
 * What an ABI says about a function: its parameters and how each of them lies in calldata.
 *
 * Types are plain data without cycles, so that reading one needs no table of names any more.
 *
 * @module
 * @see https://docs.starknet.io/build/starknet-by-example/advanced-concepts/serde — Cairo's Serde
 */

import { FIELD_PRIME } from '@countersign/protocol';

/** How one value lies in calldata. */
export type AbiType =
  /** One felt in [0, `below`). */
  | { readonly kind: 'number'; readonly name: string; readonly below: bigint }
  /** As a number, without an order: contracts, classes, Ethereum addresses. */
  | { readonly kind: 'address'; readonly name: string; readonly below: bigint }
  /** One felt in [-2^(`bits`-1), 2^(`bits`-1)); a negative number is P minus its size. */
  | { readonly kind: 'signed'; readonly name: string; readonly bits: number }
  /** `count` felts of 128 bits each, least significant first. */
  | { readonly kind: 'limbs'; readonly name: string; readonly count: number }
  /** 0 or 1. */
  | { readonly kind: 'boolean' }
  /** ByteArray: words of 31 bytes behind their count, the rest, the length of the rest. */
  | { readonly kind: 'text' }
  /** A count, then so many items. */
  | { readonly kind: 'list'; readonly item: AbiType }
  /** So many items, without their count. */
  | { readonly kind: 'repeat'; readonly item: AbiType; readonly count: number }
  /** Members one after another. A tuple is a struct whose members are called 0, 1, …; unit has none. */
  | { readonly kind: 'struct'; readonly members: readonly AbiParameter[] }
  /** The index of a variant, then its payload. */
  | { readonly kind: 'enum'; readonly variants: readonly AbiParameter[] }
  /** Anything but zero. */
  | { readonly kind: 'nonzero'; readonly of: AbiType };

/** A parameter, a member of a struct, or a variant of an enum. */
export interface AbiParameter {
  readonly name: string;
  readonly type: AbiType;
}

export interface AbiFunction {
  readonly name: string;
  /** In the order of calldata; no two have the same name. */
  readonly parameters: readonly AbiParameter[];
  /** Whether it says of itself that it changes nothing. */
  readonly isView: boolean;
}

export const FELT: AbiType = { kind: 'number', name: 'felt252', below: FIELD_PRIME };
export const U8 = unsigned(8);
export const U16 = unsigned(16);
export const U32 = unsigned(32);
export const U64 = unsigned(64);
export const U128 = unsigned(128);
export const U256: AbiType = { kind: 'limbs', name: 'u256', count: 2 };
export const U512: AbiType = { kind: 'limbs', name: 'u512', count: 4 };
export const BYTES31: AbiType = { kind: 'number', name: 'bytes31', below: 1n << 248n };
export const BOOL: AbiType = { kind: 'boolean' };
export const ADDRESS: AbiType = { kind: 'address', name: 'ContractAddress', below: 1n << 251n };
export const CLASS_HASH: AbiType = { kind: 'address', name: 'ClassHash', below: 1n << 251n };
export const ETH_ADDRESS: AbiType = { kind: 'address', name: 'EthAddress', below: 1n << 160n };
export const TEXT: AbiType = { kind: 'text' };
export const UNIT: AbiType = { kind: 'struct', members: [] };

/** A signed integer of `bits` bits. */
export function signed(bits: number): AbiType {
  return { kind: 'signed', name: `i${bits}`, bits };
}

/** A list of `item`, with its count in front. */
export function listOf(item: AbiType): AbiType {
  return { kind: 'list', item };
}

/** A struct, its members in the order of calldata. */
export function structOf(members: Readonly<Record<string, AbiType>>): AbiType {
  return { kind: 'struct', members: parametersOf(members) };
}

/** Parameters in the order of the record; names that are whole numbers would lose theirs. */
export function parametersOf(members: Readonly<Record<string, AbiType>>): readonly AbiParameter[] {
  return Object.entries(members).map(([name, type]) => ({ name, type }));
}

function unsigned(bits: number): AbiType {
  return { kind: 'number', name: `u${bits}`, below: 1n << BigInt(bits) };
}
