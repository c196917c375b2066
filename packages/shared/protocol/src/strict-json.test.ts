import { describe, expect, it } from 'vitest';
import type { BoundaryError } from './errors.ts';
import { refusalOf } from './fixtures/refusal.ts';
import { LIMITS } from './limits.ts';
import { InexactNumber, type JsonValue, parseStrictJson } from './strict-json.ts';

const parse = (text: string): JsonValue => parseStrictJson(Buffer.from(text, 'utf8'));
const refusal = (text: string): BoundaryError => refusalOf(() => parse(text));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('parseStrictJson refuses what other readers forgive', () => {
  const leniencies: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['blanks only', ' \n\t\r'],
    ['a comment after a value', '{} // note'],
    ['a comment inside', '{/* note */}'],
    ['a comma after the last member', '{"a":1,}'],
    ['a comma after the last item', '[1,]'],
    ['a comma and nothing', '[,]'],
    ['two commas', '[1,,2]'],
    ['a key without quotes', '{a:1}'],
    ['a key in single quotes', "{'a':1}"],
    ['a key that is a number', '{1:1}'],
    ['a key without a value', '{"a"}'],
    ['a colon without a value', '{"a":}'],
    ['an equals sign for the colon', '{"a"=1}'],
    ['members without a comma', '{"a":1 "b":2}'],
    ['a string in single quotes', "'a'"],
    ['a string without an end', '"a'],
    ['a string that ends in a backslash', '"a\\'],
    ['a raw line feed in a string', '"a\nb"'],
    ['a raw tab in a string', '"a\tb"'],
    ['a raw null byte in a string', '"a\u0000b"'],
    ['the last control character in a string', '"a\u001fb"'],
    ['an escape that does not exist', '"\\x41"'],
    ['an escaped single quote', '"\\\'"'],
    ['an escape named like a method', '"\\constructor"'],
    ['three hex digits', '"\\u004"'],
    ['hex digits with a sign', '"\\u+041"'],
    ['hex digits with a blank', '"\\u 041"'],
    ['a code point in braces', '"\\u{41}"'],
    ['a plus sign', '+1'],
    ['a leading zero', '01'],
    ['a negative leading zero', '-01'],
    ['a number that ends in a full stop', '1.'],
    ['a number that starts with a full stop', '.5'],
    ['an exponent without digits', '1e'],
    ['a hex number', '0x10'],
    ['a number with separators', '1_000'],
    ['a minus sign alone', '-'],
    ['a bigint literal', '1n'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['minus Infinity', '-Infinity'],
    ['undefined', 'undefined'],
    ['True', 'True'],
    ['half of a word', 'tru'],
    ['a word and more', 'truee'],
    ['two values', '1 2'],
    ['two objects', '{}{}'],
    ['a bracket too many', '[]]'],
    ['a bracket too few', '[[]'],
    ['a wrong bracket', '[}'],
    ['a form feed for a blank', '[\f]'],
    ['a no-break space for a blank', '[\u00a0]'],
    ['a line separator for a blank', '[\u2028]'],
    ['a byte order mark', '\ufeff{}'],
    ['a byte order mark inside', '[\ufeff1]'],
  ];

  it.each(leniencies)('%s', (_name, text) => {
    expect(refusal(text).code).toBe('ERR_BODY_MALFORMED');
  });

  it.each([
    ['side by side', '{"a":1,"a":1}'],
    ['apart', '{"a":1,"b":2,"a":3}'],
    ['spelled differently', '{"a":1,"\\u0061":2}'],
    ['in an object inside', '[{"x":{"a":1,"a":2}}]'],
    ['empty', '{"":1,"":2}'],
    ['__proto__', '{"__proto__":1,"__proto__":2}'],
  ])('a key twice, %s', (_name, text) => {
    expect(refusal(text).details.reason).toBe('an object has the same key twice');
  });

  it.each([
    ['a high half', '"\\ud83d"'],
    ['a low half', '"\\ude00"'],
    ['the halves swapped', '"\\ude00\\ud83d"'],
    ['a half in a key', '{"\\ud83d":1}'],
  ])('a lone surrogate: %s', (_name, text) => {
    expect(refusal(text).details.reason).toBe('a lone surrogate in a string');
  });

  it.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a code point past the last', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ['a sequence cut short', [0x22, 0xe2, 0x82, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('bytes that are not UTF-8: %s', (_name, bytes) => {
    const error = refusalOf(() => parseStrictJson(Uint8Array.from(bytes)));
    expect(error.code).toBe('ERR_BODY_MALFORMED');
    expect(error.details.reason).toBe('not valid UTF-8');
  });

  it('one level of nesting more than the limit', () => {
    expect(() => parse(nested(LIMITS.jsonDepth))).not.toThrow();
    expect(refusal(nested(LIMITS.jsonDepth + 1)).details.reason).toContain('nested deeper');
    expect(refusal('{"a":'.repeat(LIMITS.jsonDepth + 1)).details.reason).toContain('nested deeper');
  });

  it('a hundred thousand levels without running out of stack', () => {
    expect(refusal('['.repeat(100_000)).code).toBe('ERR_BODY_MALFORMED');
  });

  it('naming the place, in characters', () => {
    expect(refusal('{"a":1,}').details.offset).toBe(7);
    expect(refusal('["é",x]').details.offset).toBe(5);
  });

  it('without repeating what stood there', () => {
    const error = refusal('{"a": hunter2}');
    expect(JSON.stringify([error.message, error.details])).not.toContain('hunter2');
  });
});

describe('parseStrictJson reads', () => {
  it('every kind of value', () => {
    const text = ' { "a" : [ null , true , false , -7 , "x" ] , "b" : { } , "c":[]} \r\n';
    expect(plain(parse(text))).toEqual(JSON.parse(text));
  });

  it('every escape', () => {
    const text = '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\uD83d\\uDE00"';
    expect(parse(text)).toBe('"\\/\b\f\n\r\tAé😀');
  });

  it('a whole document from the middle of a larger buffer', () => {
    expect(parseStrictJson(Buffer.from('xx[1]xx').subarray(2, 5))).toEqual([1]);
  });

  it('__proto__ and constructor as ordinary keys of an object without a prototype', () => {
    const value = parse('{"__proto__":{"isAdmin":true},"constructor":1}') as object;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect('isAdmin' in value).toBe(false);
    expect('toString' in value).toBe(false);
  });
});

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['-1', -1],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('%s is exact', (text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    '9007199254740992',
    '9007199254740993',
    '-9007199254740992',
    '1.0',
    '1.5',
    '1e3',
    '1E-2',
    '-0',
    '-0.0',
    '1e999',
    '123456789012345678901234567890',
  ])('%s keeps its digits', (text) => {
    const value = parse(text);
    expect(value).toBeInstanceOf(InexactNumber);
    expect((value as InexactNumber).literal).toBe(text);
  });
});

/** The value with ordinary objects, for comparison. */
function plain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
