/**
 * Cuts JavaScript and TypeScript into tokens, well enough to find imports and bare names.
 *
 * Comments disappear; strings, templates and regular expressions become one token each, so nothing
 * inside them is taken for code. Code inside `${…}` of a template is cut like any other.
 *
 * @module
 */

export type TokenKind = 'name' | 'string' | 'template' | 'regex' | 'number' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string, or a template without `${`, the content; of other templates nothing. */
  readonly text: string;
  /** Line of its first character, from 1. */
  readonly line: number;
}

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const NAME = /#?[\p{ID_Start}$_](?:[\p{ID_Continue}$\u200c\u200d]|\\u\{?[\da-fA-F]+\}?)*/uy;
const NUMBER = /\.?\d(?:[\w.]|(?<=[eE])[+-])*/y;
const STRING = /"(?:[^"\\\n]|\\[\s\S])*("|(?=\n)|$)|'(?:[^'\\\n]|\\[\s\S])*('|(?=\n)|$)/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
/** A piece of a template: up to its end, or up to the next `${`. */
const TEMPLATE_PIECE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(`|\$\{|$)/y;
/** Names behind which a slash starts a regular expression, not a division. */
const BEFORE_REGEX = new Set(
  'return typeof instanceof in of new delete void throw case do else yield await'.split(' '),
);

/**
 * Tokens of one source text, in order.
 *
 * Never throws: what is not understood becomes a mark of one character.
 */
export function tokenize(source: string): readonly Token[] {
  return new Tokenizer(source).run();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** Open braces; true where the brace was the `${` of a template. */
  readonly #braces: boolean[] = [];
  #position = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] {
    if (this.#source.startsWith('#!')) this.#take(/[^\n]*/y);
    while (this.#position < this.#source.length) this.#step();
    return this.#tokens;
  }

  #step(): void {
    if (this.#take(SPACE) !== undefined || this.#take(COMMENT) !== undefined) return;
    const line = this.#line;
    const word = this.#word();
    if (word === undefined) this.#mark(line);
    else this.#tokens.push({ ...word, line });
  }

  #word(): Omit<Token, 'line'> | undefined {
    const name = this.#take(NAME);
    if (name !== undefined) return { kind: 'name', text: name };
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: 'number', text: number };
    const string = this.#take(STRING);
    if (string !== undefined) return { kind: 'string', text: decodeEscapes(string.slice(1, -1)) };
    const regex = this.#regexMayStart() ? this.#take(REGEX) : undefined;
    return regex === undefined ? undefined : { kind: 'regex', text: regex };
  }

  #mark(line: number): void {
    const mark = this.#source[this.#position] ?? '';
    this.#position += 1;
    const endsInsert = mark === '}' && this.#braces.pop() === true;
    if (mark === '{') this.#braces.push(false);
    if (mark === '`' || endsInsert) this.#template(line, mark === '`');
    else this.#tokens.push({ kind: 'mark', text: mark, line });
  }

  /** Reads a piece of a template: all of it, or up to a `${`, or from a `}` on. */
  #template(line: number, isFirst: boolean): void {
    const piece = this.#take(TEMPLATE_PIECE) ?? '';
    if (piece.endsWith('${')) {
      this.#braces.push(true);
      this.#tokens.push({ kind: 'mark', text: '${', line });
    } else {
      const text = isFirst ? decodeEscapes(piece.slice(0, -1)) : '';
      this.#tokens.push({ kind: isFirst ? 'string' : 'template', text, line });
    }
  }

  #regexMayStart(): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined) return true;
    if (last.kind === 'name') return BEFORE_REGEX.has(last.text);
    return last.kind === 'mark' && !')]}'.includes(last.text);
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const text = pattern.exec(this.#source)?.[0];
    if (text === undefined || text === '') return undefined;
    this.#position += text.length;
    this.#line += text.split('\n').length - 1;
    return text;
  }
}

/** Undoes the escapes that could hide a module name. */
function decodeEscapes(text: string): string {
  return text
    .replace(/\\u\{([\da-fA-F]{1,6})\}/g, (_all, hex: string) => codePoint(hex))
    .replace(/\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2}))/g, (_all, long?: string, short?: string) =>
      codePoint(long ?? short ?? ''),
    )
    .replace(/\\(.)/g, '$1');
}

function codePoint(hex: string): string {
  const value = Number.parseInt(hex, 16);
  return value <= 0x10ffff ? String.fromCodePoint(value) : '';
}
