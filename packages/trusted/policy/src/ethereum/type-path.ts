/**
 * Paths through types, as `language/value-path.ts` follows them through values.
 *
 * What a path leads to is known from the types alone, so one that leads nowhere is refused when the
 * policy is loaded.
 *
 * @module
 */

import type { ScalarKind } from '../language/field-source.ts';
import { isPlace } from '../language/value-path.ts';
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
    if (!isPlace(step)) at = innermost(at, shapeOf);
    const next = follow(at, step);
    if (next === undefined) return nowhere(at, path.slice(0, depth));
    at = shapeOf(next);
  }
  const end = innermost(at, shapeOf);
  return end.kind === 'leaf' ? end : nowhere(end, path);
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
  if (at.kind === 'leaf' || !isPlace(step)) return undefined;
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
