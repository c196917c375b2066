/**
 * The grammar of type names in an ABI: paths with arguments, tuples, fixed arrays, and what Cairo 0
 * adds, named tuples and pointers.
 *
 * @module
 */

/** A type name taken apart. */
export type TypeName =
  /** `text` is the whole name without blanks, as definitions write it. */
  | {
      readonly kind: 'path';
      readonly name: string;
      readonly args: readonly TypeName[];
      readonly text: string;
    }
  | { readonly kind: 'tuple'; readonly items: readonly TupleItem[] }
  | { readonly kind: 'fixed'; readonly item: TypeName; readonly count: number }
  /** Cairo 0: `T*`, whose length is the parameter before it. */
  | { readonly kind: 'pointer'; readonly item: TypeName };

export interface TupleItem {
  readonly name: string;
  readonly type: TypeName;
}

const MAX_CHARS = 4_096;
/** Parentheses and brackets within each other; no contract comes near it. */
const MAX_DEPTH = 32;
const MAX_COUNT_DIGITS = 4;
const WORD = /[A-Za-z0-9_#-]+/y;
const FIELD_NAME = /([A-Za-z_][A-Za-z0-9_]*):(?!:)/y;
const BLANKS = /[ \t]+/g;

interface Cursor {
  readonly text: string;
  at: number;
  depth: number;
}

/**
 * Takes a type name apart.
 *
 * @returns `undefined` for what is no type name, is longer than 4,096 characters, or nests deeper
 *   than 32 levels.
 */
export function parseTypeName(text: string): TypeName | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const cursor = { text: text.replaceAll(BLANKS, ''), at: 0, depth: 0 };
  const name = readType(cursor);
  return cursor.at === cursor.text.length ? name : undefined;
}

function readType(cursor: Cursor): TypeName | undefined {
  cursor.depth += 1;
  if (cursor.depth > MAX_DEPTH) return undefined;
  // A snapshot lies in calldata like the value it is of.
  skip(cursor, '@');
  const name = readBare(cursor);
  cursor.depth -= 1;
  if (name === undefined) return undefined;
  return skip(cursor, '*') ? { kind: 'pointer', item: name } : name;
}

function readBare(cursor: Cursor): TypeName | undefined {
  if (skip(cursor, '(')) return readTuple(cursor);
  if (skip(cursor, '[')) return readFixed(cursor);
  return readPath(cursor);
}

function readTuple(cursor: Cursor): TypeName | undefined {
  const items: TupleItem[] = [];
  while (!skip(cursor, ')')) {
    const name = match(cursor, FIELD_NAME)?.[1] ?? String(items.length);
    const type = readType(cursor);
    if (type === undefined) return undefined;
    items.push({ name, type });
    if (!skip(cursor, ',') && cursor.text[cursor.at] !== ')') return undefined;
  }
  return { kind: 'tuple', items };
}

function readFixed(cursor: Cursor): TypeName | undefined {
  const item = readType(cursor);
  if (item === undefined || !skip(cursor, ';')) return undefined;
  const digits = match(cursor, WORD)?.[0] ?? '';
  if (!/^[0-9]+$/.test(digits) || digits.length > MAX_COUNT_DIGITS) return undefined;
  return skip(cursor, ']') ? { kind: 'fixed', item, count: Number(digits) } : undefined;
}

function readPath(cursor: Cursor): TypeName | undefined {
  const start = cursor.at;
  let end = start;
  do {
    if (cursor.text[cursor.at] === '<') break;
    if (match(cursor, WORD) === undefined) return undefined;
    end = cursor.at;
  } while (skip(cursor, '::'));
  const args = skip(cursor, '<') ? readArguments(cursor) : [];
  if (args === undefined) return undefined;
  const { text } = cursor;
  return { kind: 'path', name: text.slice(start, end), args, text: text.slice(start, cursor.at) };
}

function readArguments(cursor: Cursor): readonly TypeName[] | undefined {
  const args: TypeName[] = [];
  do {
    const arg = readType(cursor);
    if (arg === undefined) return undefined;
    args.push(arg);
  } while (skip(cursor, ','));
  return skip(cursor, '>') ? args : undefined;
}

function skip(cursor: Cursor, token: string): boolean {
  const isHere = cursor.text.startsWith(token, cursor.at);
  if (isHere) cursor.at += token.length;
  return isHere;
}

function match(cursor: Cursor, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found !== null) cursor.at = pattern.lastIndex;
  return found ?? undefined;
}
