/**
 * From type names to types: what Cairo's core library calls them, and what an ABI defines itself.
 *
 * Names of the core library mean the same in every ABI and cannot be defined anew. A type that
 * contains itself is refused: calldata of a contract has none in practice, and without them no
 * calldata can make the reader recurse without end.
 *
 * @module
 */

import { FIELD_PRIME } from '@countersign/protocol';
import { abiFault } from './abi-fault.ts';
import {
  type AbiParameter,
  type AbiType,
  ADDRESS,
  BOOL,
  BYTES31,
  CLASS_HASH,
  ETH_ADDRESS,
  FELT,
  listOf,
  signed,
  TEXT,
  U8,
  U16,
  U32,
  U64,
  U128,
  U256,
  U512,
  UNIT,
} from './abi-type.ts';
import { parseTypeName, type TupleItem, type TypeName } from './abi-type-name.ts';

/** A struct or an enum as the ABI writes it, its members not looked at yet. */
export interface AbiDefinition {
  readonly kind: 'struct' | 'enum';
  /** Path of the definition in the ABI. */
  readonly path: string;
  readonly members: readonly { readonly name: string; readonly type: string }[];
}

export interface AbiScope {
  /**
   * The type that a name means.
   *
   * @param path - Where the name stands, for the error.
   * @throws BoundaryError ERR_CONFIG_INVALID for what is no type name, unknown, or contains itself.
   */
  typeOf(name: TypeName, path: string): AbiType;
}

/** What names mean, as far as it is known while an ABI is read. */
interface Names {
  readonly definitions: ReadonlyMap<string, AbiDefinition>;
  readonly known: Map<string, AbiType>;
  /** Definitions whose members are being read. */
  readonly open: Set<string>;
}

type PathName = TypeName & { readonly kind: 'path' };

/** Structs within each other; far more than contracts use, far less than the stack holds. */
const MAX_DEPTH = 64;
/** No request has more felts. */
const MAX_FIXED_ITEMS = 2_048;

const CORE_TYPES: ReadonlyMap<string, AbiType> = new Map([
  ['core::felt252', FELT],
  ['core::integer::u8', U8],
  ['core::integer::u16', U16],
  ['core::integer::u32', U32],
  ['core::integer::usize', U32],
  ['core::integer::u64', U64],
  ['core::integer::u128', U128],
  ['core::integer::u256', U256],
  ['core::integer::u512', U512],
  ...[8, 16, 32, 64, 128].map((bits): [string, AbiType] => [
    `core::integer::i${bits}`,
    signed(bits),
  ]),
  ['core::bool', BOOL],
  ['core::bytes_31::bytes31', BYTES31],
  ['core::byte_array::ByteArray', TEXT],
  ['core::starknet::contract_address::ContractAddress', ADDRESS],
  ['core::starknet::class_hash::ClassHash', CLASS_HASH],
  ['core::starknet::eth_address::EthAddress', ETH_ADDRESS],
  // Cairo 0
  ['felt', FELT],
  ['Uint256', U256],
]);

const SEQUENCES = new Set(['core::array::Array', 'core::array::Span']);
const NONZERO = 'core::zeroable::NonZero';
const OPTION = 'core::option::Option';
const RESULT = 'core::result::Result';
const BOUNDED = 'core::internal::bounded_int::BoundedInt';

/** Builds the scope of one ABI from its definitions, by name without blanks. */
export function createAbiScope(definitions: ReadonlyMap<string, AbiDefinition>): AbiScope {
  const names: Names = { definitions, known: new Map(CORE_TYPES), open: new Set() };
  return { typeOf: (name, path) => typeOf(names, name, path) };
}

function typeOf(names: Names, name: TypeName, path: string): AbiType {
  switch (name.kind) {
    case 'tuple':
      return tuple(names, name.items, path);
    case 'fixed':
      return fixed(typeOf(names, name.item, path), name.count, path);
    case 'path': {
      const known = names.known.get(name.text);
      const type = known ?? generic(names, name, path) ?? defined(names, name.text, path);
      names.known.set(name.text, type);
      return type;
    }
    case 'pointer':
      throw abiFault(path, 'a pointer', 'a pointer only as a parameter behind its `_len`');
  }
}

function tuple(names: Names, items: readonly TupleItem[], path: string): AbiType {
  if (items.length === 0) return UNIT;
  const members = items.map(({ name, type }) => ({ name, type: typeOf(names, type, path) }));
  refuseTwins(members, path);
  return { kind: 'struct', members };
}

function generic(names: Names, { name, args }: PathName, path: string): AbiType | undefined {
  const [first, second, ...rest] = args;
  if (first === undefined || rest.length > 0) return undefined;
  if (name === BOUNDED) return bounded(first, second);
  const item = (arg: TypeName): AbiType => typeOf(names, arg, path);
  if (name === RESULT && second !== undefined) {
    return variants({ Ok: item(first), Err: item(second) });
  }
  if (second !== undefined) return undefined;
  if (SEQUENCES.has(name)) return listOf(item(first));
  if (name === NONZERO) return nonzero(item(first), path);
  return name === OPTION ? variants({ Some: item(first), None: UNIT }) : undefined;
}

function defined(names: Names, text: string, path: string): AbiType {
  const { definitions, open } = names;
  const definition = definitions.get(text);
  if (definition === undefined) throw abiFault(path, text, 'a type that the ABI defines');
  if (open.has(text)) throw abiFault(path, text, 'a type that does not contain itself');
  if (open.size >= MAX_DEPTH) throw abiFault(path, text, `types nested at most ${MAX_DEPTH} deep`);
  open.add(text);
  const members = definition.members.map((member, index) => {
    const place = `${definition.path}[${index}].type`;
    return { name: member.name, type: typeOf(names, readTypeName(member.type, place), place) };
  });
  open.delete(text);
  refuseTwins(members, definition.path);
  return definition.kind === 'struct'
    ? { kind: 'struct', members }
    : { kind: 'enum', variants: members };
}

/**
 * Takes a type name apart.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for what is none.
 */
export function readTypeName(text: string, path: string): TypeName {
  const name = parseTypeName(text);
  if (name === undefined) throw abiFault(path, text, 'a Cairo type name');
  return name;
}

/**
 * Refuses two members of one name: a condition could not say which it means.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID.
 */
export function refuseTwins(members: readonly AbiParameter[], path: string): void {
  const names = new Set<string>();
  for (const { name } of members) {
    if (names.has(name)) throw abiFault(path, `\`${name}\` twice`, 'different names');
    names.add(name);
  }
}

function fixed(item: AbiType, count: number, path: string): AbiType {
  if (count <= MAX_FIXED_ITEMS) return { kind: 'repeat', item, count };
  throw abiFault(path, `${count} items`, `at most ${MAX_FIXED_ITEMS}`);
}

function nonzero(of: AbiType, path: string): AbiType {
  const isNumber = of.kind === 'number' || of.kind === 'limbs' || of.kind === 'signed';
  if (!isNumber) throw abiFault(path, `NonZero of a ${of.kind}`, 'NonZero of a number');
  return { kind: 'nonzero', of };
}

/** Bounds are written as numbers; a lower one other than 0 has no use in calldata. */
function bounded(low: TypeName, high: TypeName | undefined): AbiType | undefined {
  if (low.kind !== 'path' || low.text !== '0' || high?.kind !== 'path') return undefined;
  if (!/^[0-9]{1,76}$/.test(high.text)) return undefined;
  const below = BigInt(high.text) + 1n;
  const name = `number up to ${high.text}`;
  return below <= FIELD_PRIME ? { kind: 'number', name, below } : undefined;
}

function variants(payloads: Readonly<Record<string, AbiType>>): AbiType {
  const named = Object.entries(payloads).map(([name, type]) => ({ name, type }));
  return { kind: 'enum', variants: named };
}
