/**
 * Types of the Solidity ABI, parsed once when a policy is loaded.
 *
 * Types that take no space (`T[0]`, an empty tuple) do not exist in Solidity and are refused, so
 * every value costs at least a word of calldata. `fixed`, `ufixed` and pointers to functions are
 * refused: next to no contract takes them.
 *
 * @module
 * @see https://docs.soliditylang.org/en/latest/abi-spec.html
 */

export type AbiType = ElementaryType | ArrayType | TupleType;

export type ElementaryType = WordType | { readonly kind: 'string' } | { readonly kind: 'bytes' };

/** A type whose values are one word. */
export type WordType =
  /** `bits`: 8, 16, … 256. */
  | { readonly kind: 'uint' | 'int'; readonly bits: number }
  | { readonly kind: 'address' }
  | { readonly kind: 'bool' }
  /** `size`: 1–32 bytes. */
  | { readonly kind: 'fixed-bytes'; readonly size: number };

export interface ArrayType {
  readonly kind: 'array';
  readonly item: AbiType;
  /** Absent when calldata says how many there are. */
  readonly length: number | undefined;
  readonly headWords: number;
  readonly dynamic: boolean;
}

export interface TupleType {
  readonly kind: 'tuple';
  /** Never empty. */
  readonly members: readonly AbiParameter[];
  readonly headWords: number;
  readonly dynamic: boolean;
}

export interface AbiParameter {
  /** Name, or the index in decimal where the ABI gives none. */
  readonly name: string;
  readonly type: AbiType;
}

/** Longest calldata that is read: what a transaction pool lets through. */
export const MAX_CALLDATA_BYTES = 131_072;

const MAX_WORDS = MAX_CALLDATA_BYTES / 32;
const INTEGER = /^(u?int)([1-9][0-9]{0,2})?$/;
const FIXED_BYTES = /^bytes([1-9]|[12][0-9]|3[0-2])$/;
const PLAIN: ReadonlySet<string> = new Set(['address', 'bool', 'string', 'bytes']);

/**
 * Reads the name of a type that holds no other.
 *
 * @returns `undefined` for every other name. `uint` and `int` have 256 bits.
 */
export function elementaryType(name: string): ElementaryType | undefined {
  const integer = INTEGER.exec(name);
  if (integer !== null) {
    return integerType(integer[1] === 'int' ? 'int' : 'uint', Number(integer[2] ?? 256));
  }
  const fixed = FIXED_BYTES.exec(name);
  if (fixed !== null) return { kind: 'fixed-bytes', size: Number(fixed[1]) };
  return isPlain(name) ? { kind: name } : undefined;
}

/**
 * An array of `item`; of any length when `length` is `undefined`.
 *
 * @returns `undefined` when `length` is 0, or when no calldata could hold so many.
 */
export function arrayOf(item: AbiType, length: number | undefined): ArrayType | undefined {
  if (length === undefined) return { kind: 'array', item, length, headWords: 1, dynamic: true };
  const words = length * headWords(item);
  if (length < 1 || words > MAX_WORDS) return undefined;
  const dynamic = isDynamic(item);
  return { kind: 'array', item, length, headWords: dynamic ? 1 : words, dynamic };
}

/** A tuple of `members`. @returns `undefined` when there are none, or more than calldata could hold. */
export function tupleOf(members: readonly AbiParameter[]): TupleType | undefined {
  const words = members.reduce((sum, { type }) => sum + headWords(type), 0);
  if (members.length === 0 || words > MAX_WORDS) return undefined;
  const dynamic = members.some(({ type }) => isDynamic(type));
  return { kind: 'tuple', members, headWords: dynamic ? 1 : words, dynamic };
}

/** Answers whether values of the type stand in the tail, with an offset in the head. */
export function isDynamic(type: AbiType): boolean {
  if (type.kind === 'array' || type.kind === 'tuple') return type.dynamic;
  return type.kind === 'string' || type.kind === 'bytes';
}

/** Words a value of the type takes in the head. */
export function headWords(type: AbiType): number {
  return type.kind === 'array' || type.kind === 'tuple' ? type.headWords : 1;
}

/** The name of a type as a signature spells it, e.g. `(address,uint256)[2]`. */
export function canonicalName(type: AbiType): string {
  switch (type.kind) {
    case 'uint':
    case 'int':
      return `${type.kind}${type.bits}`;
    case 'fixed-bytes':
      return `bytes${type.size}`;
    case 'array':
      return `${canonicalName(type.item)}[${type.length ?? ''}]`;
    case 'tuple':
      return `(${type.members.map((member) => canonicalName(member.type)).join(',')})`;
    default:
      return type.kind;
  }
}

function integerType(kind: 'uint' | 'int', bits: number): ElementaryType | undefined {
  return bits % 8 === 0 && bits <= 256 ? { kind, bits } : undefined;
}

function isPlain(name: string): name is 'address' | 'bool' | 'string' | 'bytes' {
  return PLAIN.has(name);
}
