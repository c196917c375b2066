/**
 * Functions of a Solidity ABI in its JSON form, and their selectors.
 *
 * An ABI that cannot be read completely is refused when the policy is loaded: a function left out
 * of it would be a call that no rule sees.
 *
 * @module
 * @see https://docs.soliditylang.org/en/latest/abi-spec.html#json
 */

import type { BoundaryError } from '@countersign/protocol';
import {
  type AbiParameter,
  type AbiType,
  arrayOf,
  canonicalName,
  elementaryType,
  tupleOf,
} from './abi-types.ts';
import { hexOfBytes } from './bytes.ts';

export interface AbiFunction {
  readonly name: string;
  /** No two have the same name. */
  readonly inputs: readonly AbiParameter[];
  /** E.g. `transfer(address,uint256)`. */
  readonly signature: string;
  /** The four bytes as hex, e.g. `0xa9059cbb`. */
  readonly selector: string;
  /** All that decides how calldata is read and which path leads where. */
  readonly shape: string;
}

/** Functions by selector; one name may stand for several of them. */
export type AbiFunctions = ReadonlyMap<string, AbiFunction>;

/** Makes the error of a condition, as `CompileContext.refuse` does; the caller throws it. */
export type Refuse = (
  member: string,
  found: unknown,
  expected: string,
  words?: readonly string[],
) => BoundaryError;

type Json = Readonly<Record<string, unknown>>;

/** Bytes of a selector. */
export const SELECTOR_BYTES = 4;

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;
const ARRAY = /^(.+)\[([1-9][0-9]{0,5})?\]$/;
/** Arrays and tuples within each other; contracts in use need about five. */
const MAX_DEPTH = 16;
const NAME_TEXT = 'a name: letters, digits, _ and $';
const TYPE_TEXT = 'a type of Solidity that takes 1-4096 words, such as uint256 or address[2]';

/**
 * Reads the functions of an ABI; its other items are passed over. An item without a type is a
 * function.
 *
 * @param keccak256 - Keccak-256, 32 bytes.
 * @throws BoundaryError made by `refuse`, for a name or type that Solidity does not have, two
 *   parameters of one name, or two functions of one selector that are not the same.
 */
export function parseAbi(
  items: readonly unknown[],
  keccak256: (bytes: Uint8Array) => Uint8Array,
  refuse: Refuse,
): AbiFunctions {
  const functions = new Map<string, AbiFunction>();
  for (const [index, json] of items.entries()) {
    const where = `abi[${index}]`;
    const item = objectAt(json, where, refuse);
    if ((item.type ?? 'function') !== 'function') continue;
    const read = parseFunction(item, where, keccak256, refuse);
    const other = functions.get(read.selector);
    // Merged ABIs repeat functions. With other names of parameters a path would mean two things.
    if (other !== undefined && other.shape !== read.shape) {
      throw refuse(where, read.signature, `a selector other than that of ${other.signature}`);
    }
    functions.set(read.selector, read);
  }
  return functions;
}

function parseFunction(
  item: Json,
  where: string,
  keccak256: (bytes: Uint8Array) => Uint8Array,
  refuse: Refuse,
): AbiFunction {
  const { name } = item;
  if (!isIdentifier(name)) throw refuse(`${where}.name`, name, NAME_TEXT);
  const inputs = parseParameters(item.inputs ?? [], `${where}.inputs`, 0, refuse);
  const signature = `${name}(${inputs.map(({ type }) => canonicalName(type)).join(',')})`;
  const hash = keccak256(new TextEncoder().encode(signature));
  const selector = hexOfBytes(hash.subarray(0, SELECTOR_BYTES));
  return { name, inputs, signature, selector, shape: JSON.stringify([name, inputs]) };
}

function parseParameters(
  list: unknown,
  where: string,
  depth: number,
  refuse: Refuse,
): readonly AbiParameter[] {
  if (!Array.isArray(list)) throw refuse(where, list, 'a list of parameters');
  const seen = new Set<string>();
  return list.map((json: unknown, index) => {
    const item = objectAt(json, `${where}[${index}]`, refuse);
    const name = parseName(item.name, index, `${where}[${index}].name`, refuse);
    if (seen.has(name)) throw refuse(`${where}[${index}].name`, name, 'a name of its own');
    seen.add(name);
    return { name, type: parseType(item, item.type, `${where}[${index}]`, depth, refuse) };
  });
}

/** The name of a parameter; its index where there is none. */
function parseName(name: unknown, index: number, where: string, refuse: Refuse): string {
  if (name === undefined || name === '') return String(index);
  if (isIdentifier(name)) return name;
  throw refuse(where, name, `${NAME_TEXT}; or none`);
}

function parseType(
  item: Json,
  name: unknown,
  where: string,
  depth: number,
  refuse: Refuse,
): AbiType {
  if (depth > MAX_DEPTH) throw refuse(where, item.type, `at most ${MAX_DEPTH} levels`);
  if (typeof name !== 'string') throw refuse(`${where}.type`, name, TYPE_TEXT);
  const type = parseNamed(item, name, where, depth, refuse);
  if (type === undefined) throw refuse(`${where}.type`, name, TYPE_TEXT);
  return type;
}

function parseNamed(
  item: Json,
  name: string,
  where: string,
  depth: number,
  refuse: Refuse,
): AbiType | undefined {
  const [, inner, length] = ARRAY.exec(name) ?? [];
  if (inner !== undefined) {
    const type = parseType(item, inner, where, depth + 1, refuse);
    return arrayOf(type, length === undefined ? undefined : Number(length));
  }
  if (name !== 'tuple') return elementaryType(name);
  return tupleOf(parseParameters(item.components, `${where}.components`, depth + 1, refuse));
}

function objectAt(json: unknown, where: string, refuse: Refuse): Json {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Json;
  throw refuse(where, json, 'an object, as the Solidity compiler writes it');
}

function isIdentifier(name: unknown): name is string {
  return typeof name === 'string' && IDENTIFIER.test(name);
}
