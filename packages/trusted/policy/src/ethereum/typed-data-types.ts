/**
 * The types of EIP-712 typed data.
 *
 * @module
 * @see https://eips.ethereum.org/EIPS/eip-712#definition-of-typed-structured-data-%F0%9D%95%8A
 */

import type { TypedDataField } from '../language/policy-intent.ts';
import type { Refuse } from './abi-function.ts';
import { type ElementaryType, elementaryType } from './abi-types.ts';
import type { Shape } from './type-path.ts';

/** Structs by name, their fields in order. */
export type TypedDataTypes = Readonly<Record<string, readonly TypedDataField[]>>;

/** The struct that describes the domain. */
export const DOMAIN_TYPE = 'EIP712Domain';

const ARRAY = /^(.+)\[([1-9][0-9]{0,5})?\]$/;

/**
 * What a type consists of.
 *
 * @returns `undefined` for a name that is neither elementary, nor a struct of `types`, nor a list.
 */
export function typedDataShape(types: TypedDataTypes, name: string): Shape<string> | undefined {
  const [, item, length] = ARRAY.exec(name) ?? [];
  if (item !== undefined) {
    return { kind: 'list', item, length: length === undefined ? undefined : Number(length) };
  }
  const members = structOf(types, name);
  if (members !== undefined) return { kind: 'struct', members };
  const type: ElementaryType | undefined = elementaryType(name);
  return type && { kind: 'leaf', type };
}

/**
 * Checks the types of a condition: fields have names of their own, and types that exist.
 *
 * @throws BoundaryError made by `refuse`.
 */
export function checkTypes(types: TypedDataTypes, refuse: Refuse): void {
  for (const [struct, fields] of Object.entries(types)) {
    const names = new Set<string>();
    for (const [index, { name, type }] of fields.entries()) {
      const where = `typed_data.types.${struct}[${index}]`;
      if (name === '' || names.has(name)) throw refuse(`${where}.name`, name, 'a name of its own');
      names.add(name);
      checkType(types, type, `${where}.type`, refuse);
    }
  }
}

/** Follows lists down to a type that is none. */
function checkType(types: TypedDataTypes, type: string, where: string, refuse: Refuse): void {
  let shape = typedDataShape(types, type);
  while (shape?.kind === 'list') shape = typedDataShape(types, shape.item);
  if (shape === undefined) {
    throw refuse(where, type, 'a type of EIP-712, or a struct of types', Object.keys(types));
  }
}

/** Fields of a struct, `undefined` when there is none of this name. */
export function structOf(
  types: TypedDataTypes,
  name: string,
): readonly TypedDataField[] | undefined {
  return Object.hasOwn(types, name) ? types[name] : undefined;
}

/** Answers whether two sets of types are the same: structs, fields, and the order of fields. */
export function sameTypes(a: TypedDataTypes, b: TypedDataTypes): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => sameFields(structOf(a, name), structOf(b, name)));
}

function sameFields(
  a: readonly TypedDataField[] | undefined,
  b: readonly TypedDataField[] | undefined,
): boolean {
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return a.every(({ name, type }, index) => b[index]?.name === name && b[index].type === type);
}
