/**
 * A JSON reader (RFC 8259) for hostile input.
 *
 * It differs from `JSON.parse` where that is lenient: duplicate keys are refused, so two readers
 * can never see two requests; depth is bounded; bytes must be valid UTF-8 without a byte order
 * mark; lone surrogates are refused; objects have no prototype. Integers up to 2^53 − 1 become
 * numbers, every other number becomes an {@link InexactNumber}, so no digit is ever rounded away
 * unseen.
 *
 * @module
 */

import { BoundaryError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A number that a JavaScript number cannot be trusted with: a fraction, an exponent, or too large. */
export class InexactNumber {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | InexactNumber
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Parses bytes as one JSON value.
 *
 * @param bytes - UTF-8, any length; the caller bounds it.
 * @param maxDepth - Deepest nesting of arrays and objects that is accepted.
 * @throws BoundaryError ERR_BODY_MALFORMED, with `reason` and the character `offset`.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth: number = LIMITS.jsonDepth): JsonValue {
  return new Reader(decodeUtf8(bytes), maxDepth).readDocument();
}

/** Decodes UTF-8 and refuses what is not. Errors as {@link parseStrictJson}. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new BoundaryError('ERR_BODY_MALFORMED', {
      details: { reason: 'not valid UTF-8' },
      cause,
    });
  }
}

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  readDocument(): JsonValue {
    const value = this.#readValue(0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#error('text after the end of the JSON value');
    return value;
  }

  #readValue(depth: number): JsonValue {
    this.#skipBlanks();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depth + 1);
      case '[':
        return this.#readArray(depth + 1);
      case '"':
        return this.#readString();
      case 't':
        return this.#readWord('true', true);
      case 'f':
        return this.#readWord('false', false);
      case 'n':
        return this.#readWord('null', null);
      default:
        return this.#readNumber();
    }
  }

  #readObject(depth: number): JsonValue {
    this.#enter(depth);
    const result: Record<string, JsonValue> = Object.create(null);
    if (this.#take('}')) return result;
    do {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') throw this.#error('expected a key in double quotes');
      const key = this.#readString();
      if (key in result) throw this.#error('an object has the same key twice');
      this.#demand(':');
      result[key] = this.#readValue(depth);
    } while (this.#take(','));
    this.#demand('}');
    return result;
  }

  #readArray(depth: number): JsonValue {
    this.#enter(depth);
    const result: JsonValue[] = [];
    if (this.#take(']')) return result;
    do result.push(this.#readValue(depth));
    while (this.#take(','));
    this.#demand(']');
    return result;
  }

  #readString(): string {
    let result = '';
    for (let from = this.#at + 1; ; from = this.#at) {
      const end = this.#plainEnd(from);
      result += this.#text.slice(from, end);
      this.#at = end + 1;
      const stop = this.#text.charCodeAt(end);
      if (stop === QUOTE) break;
      if (stop !== BACKSLASH) throw this.#error('a string has no end, or a control character');
      result += this.#readEscape();
    }
    if (!result.isWellFormed()) throw this.#error('a lone surrogate in a string');
    return result;
  }

  /** Where the run of plain characters that begins at `from` ends. */
  #plainEnd(from: number): number {
    let at = from;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      // NaN, past the end, is neither above nor equal to anything.
      if (!(code >= FIRST_PRINTABLE) || code === QUOTE || code === BACKSLASH) return at;
      at += 1;
    }
  }

  #readEscape(): string {
    const letter = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at, this.#at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('expected four hex digits after \\u');
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) throw this.#error('an unknown escape in a string');
    return character;
  }

  #readNumber(): JsonValue {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#error('expected a JSON value');
    this.#at += match[0].length;
    const value = Number(match[0]);
    const exact = match[1] === undefined && match[2] === undefined && Number.isSafeInteger(value);
    return exact && !Object.is(value, -0) ? value : new InexactNumber(match[0]);
  }

  #readWord<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('expected a JSON value');
    this.#at += word.length;
    return value;
  }

  #enter(depth: number): void {
    if (depth > this.#maxDepth) throw this.#error(`nested deeper than ${this.#maxDepth} levels`);
    this.#at += 1;
  }

  #take(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #demand(character: string): void {
    if (!this.#take(character)) throw this.#error(`expected ${character}`);
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #error(reason: string): BoundaryError {
    return new BoundaryError('ERR_BODY_MALFORMED', { details: { reason, offset: this.#at } });
  }
}
