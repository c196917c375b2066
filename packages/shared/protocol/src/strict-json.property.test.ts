import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBoundaryError } from './errors.ts';
import { InexactNumber, type JsonValue, parseStrictJson } from './strict-json.ts';

const REFUSAL = Symbol('refused');
/** Where this reader is stricter than JSON.parse, and may be. */
const STRICTER = /same key twice|lone surrogate|nested deeper/;

/** Any value, strings over all of Unicode, numbers of any size. */
const value = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 });
const blanks = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 });

/** The same document written another way: blanks anywhere, characters as escapes. */
const document = fc.tuple(value, blanks, fc.boolean()).map(([item, blank, escaped]) => {
  const text = JSON.stringify(item, undefined, blank) ?? 'null';
  return `${blank}${escaped ? escapeLetters(text) : text}${blank}`;
});

const strict = (text: string): JsonValue => parseStrictJson(Buffer.from(text, 'utf8'));

describe('parseStrictJson', () => {
  it('agrees with JSON.parse on valid documents without duplicate keys', () => {
    fc.assert(
      fc.property(document, (text) => {
        expect(ordinary(strict(text))).toEqual(ordinary(JSON.parse(text) as JsonValue));
      }),
      { numRuns: 1_000 },
    );
  });

  it('accepts nothing that JSON.parse refuses, and reads what it accepts alike', () => {
    const fragment = fc.constantFrom(
      ...'{}[],:"\\ \n0123456789.eE+-truefalsnu/u\u0000\u2028é'.split(''),
      '"a"',
      '"a":',
      '\\u00',
      '\\ud83d',
      'null',
      '1e5',
    );
    const soup = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(soup, damaged()), (text) => expectAgreement(text)),
      { numRuns: 5_000 },
    );
  });

  it('answers any bytes with a value or with one code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          parseStrictJson(bytes);
        } catch (error) {
          expect(isBoundaryError(error) && error.code).toBe('ERR_BODY_MALFORMED');
        }
      }),
    );
  });

  it('never rounds a number', () => {
    const digits = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n });
    fc.assert(
      fc.property(digits, (integer) => {
        const read = strict(String(integer));
        expect(read instanceof InexactNumber ? read.literal : String(read)).toBe(String(integer));
      }),
    );
  });
});

/** A valid document with a piece cut out, put in or repeated. */
function damaged(): fc.Arbitrary<string> {
  return fc
    .tuple(document, fc.nat(), fc.nat(8), fc.string({ maxLength: 2 }))
    .map(([text, place, length, insert]) => {
      const at = place % (text.length + 1);
      // Cutting a pair in half leaves what UTF-8 cannot carry.
      return (text.slice(0, at) + insert + text.slice(at + length)).toWellFormed();
    });
}

function expectAgreement(text: string): void {
  const ours = attempt(() => strict(text));
  const theirs = attempt(() => JSON.parse(text) as JsonValue);
  if (ours.value !== REFUSAL) {
    expect(theirs.value).not.toBe(REFUSAL);
    expect(ordinary(ours.value as JsonValue)).toEqual(ordinary(theirs.value as JsonValue));
  } else if (theirs.value !== REFUSAL) {
    expect(ours.reason).toMatch(STRICTER);
  }
}

function attempt(read: () => JsonValue): { value: JsonValue | typeof REFUSAL; reason: string } {
  try {
    return { value: read(), reason: '' };
  } catch (error) {
    const reason = isBoundaryError(error) ? String(error.details.reason) : '';
    return { value: REFUSAL, reason };
  }
}

/** Comparable form: ordinary objects, rounded numbers. */
function ordinary(item: JsonValue): unknown {
  if (item instanceof InexactNumber) return Number(item.literal);
  if (Array.isArray(item)) return item.map(ordinary);
  if (typeof item !== 'object' || item === null) return item;
  return new Map(Object.entries(item).map(([key, member]) => [key, ordinary(member)]));
}

/** Letters inside strings as \u escapes; words and numbers stay. */
function escapeLetters(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (string) =>
    string.replaceAll(/\\u[0-9a-f]{4}|\\.|[A-Za-z]/g, (part) =>
      part.length > 1 ? part : `\\u${part.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}
