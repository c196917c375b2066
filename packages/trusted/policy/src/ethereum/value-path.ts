/**
 * Paths into decoded values: `amount`, `order.maker`, `steps.0.pool`, `steps.pool`.
 *
 * A name leads into a struct, a number into a list. A path that stops at a list, or goes on behind it
 * with a name, is about every item. What a path leads to is known from the types alone, so one that
 * leads nowhere is refused when the policy is loaded.
 *
 * @module
 */

import type { ScalarKind } from '../language/field-source.ts';
import { type FieldValue, inapplicable, unreadable } from '../language/field-value.ts';
import type { DecodedValue } from '../starknet/call-reading.ts';
import type { AbiType, ElementaryType } from './abi-types.ts';

/** What a type consists of, as far as a path needs to know. */
export type Shape<T> =
  | { readonly kind: 'leaf'; readonly type: ElementaryType }
  | { readonly kind: 'list'; readonly item: T; readonly length: number | undefined }
  | { readonly kind: 'struct'; readonly members: readonly Member<T>[] };

export interface Member<T> {
  readonly name: string;
  readonly type: T;
}

/** Where a path leads: to values of one type, or nowhere. */
export type PathEnd =
  | { readonly kind: 'leaf'; readonly type: ElementaryType }
  | { readonly kind: 'nowhere'; readonly expected: string; readonly words: readonly string[] };

const INDEX = /^(?:0|[1-9][0-9]{0,5})$/;
const SHORTER_LIST = inapplicable('the list is shorter');
const NO_VALUE = unreadable('the value does not have the types of the path');

/** What an ABI type consists of. */
export function abiShape(type: AbiType): Shape<AbiType> {
  if (type.kind === 'array') return { kind: 'list', item: type.item, length: type.length };
  if (type.kind === 'tuple') return { kind: 'struct', members: type.members };
  return { kind: 'leaf', type };
}

/**
 * Follows a path through types.
 *
 * @param root - Shape of the value the path begins at.
 * @param path - Its names and numbers.
 * @returns When it leads nowhere: what was expected behind the part that leads somewhere, and paths
 *   that are one name longer than that part.
 */
export function pathEnd<T>(
  root: Shape<T>,
  shapeOf: (type: T) => Shape<T>,
  path: readonly string[],
): PathEnd {
  let at = root;
  for (const [depth, step] of path.entries()) {
    if (!INDEX.test(step)) at = innermost(at, shapeOf);
    const next = follow(at, step);
    if (next === undefined) return nowhere(at, path.slice(0, depth));
    at = shapeOf(next);
  }
  const end = innermost(at, shapeOf);
  return end.kind === 'leaf' ? end : nowhere(end, path);
}

/**
 * Follows a path through a value.
 *
 * @param path - One that leads somewhere by the types of the value.
 * @returns One value, or a list where the path is about every item. An item the list does not have
 *   is inapplicable.
 */
export function valueAt(value: DecodedValue, path: readonly string[]): FieldValue {
  const [step, ...rest] = path;
  if (value.kind === 'list') {
    if (step === undefined || !INDEX.test(step)) {
      return { kind: 'list', items: value.items.map((item) => valueAt(item, path)) };
    }
    const item = value.items[Number(step)];
    return item === undefined ? SHORTER_LIST : valueAt(item, rest);
  }
  if (step === undefined) return value.kind === 'struct' ? NO_VALUE : value;
  const member = value.kind === 'struct' ? value.fields.get(step) : undefined;
  return member === undefined ? NO_VALUE : valueAt(member, rest);
}

/** The kind under which values of a type are compared. */
export function scalarKind({ kind }: ElementaryType): ScalarKind {
  if (kind === 'uint' || kind === 'int') return 'number';
  if (kind === 'bool') return 'boolean';
  return kind === 'address' ? 'address' : 'text';
}

/** What a list of lists of … consists of in the end. */
function innermost<T>(shape: Shape<T>, shapeOf: (type: T) => Shape<T>): Shape<T> {
  let at = shape;
  while (at.kind === 'list') at = shapeOf(at.item);
  return at;
}

function follow<T>(at: Shape<T>, step: string): T | undefined {
  if (at.kind === 'struct') return at.members.find(({ name }) => name === step)?.type;
  if (at.kind === 'leaf' || !INDEX.test(step)) return undefined;
  return at.length === undefined || Number(step) < at.length ? at.item : undefined;
}

function nowhere<T>(at: Shape<T>, path: readonly string[]): PathEnd {
  const before = path.map((step) => `${step}.`).join('');
  if (at.kind === 'struct') {
    return { kind: 'nowhere', expected: '', words: at.members.map(({ name }) => before + name) };
  }
  const expected =
    at.kind === 'list'
      ? `${before} and a number below ${at.length}`
      : `${path.join('.')}, which has no members`;
  return { kind: 'nowhere', expected, words: [] };
}
