import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalJson } from './canonical-json.ts';

/** Characters as UTF-16 code units, so that this file stays readable. */
const units = (...codes: number[]): string => String.fromCharCode(...codes);

describe('strings of RFC 8785', () => {
  it('are escaped as in section 3.2.2.2 and its example', () => {
    // "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/" of section 3.2.2
    const text = `${units(0x20ac)}$${units(0x0f, 0x0a)}A'${units(0x42, 0x22, 0x5c)}\\"/`;
    expect(canonicalJson(text)).toBe(`"${units(0x20ac)}$\\u000f\\nA'B\\"\\\\\\\\\\"/"`);
  });

  it.each([
    [0x08, '\\b'],
    [0x09, '\\t'],
    [0x0a, '\\n'],
    [0x0c, '\\f'],
    [0x0d, '\\r'],
    [0x22, '\\"'],
    [0x5c, '\\\\'],
    [0x00, '\\u0000'],
    [0x1f, '\\u001f'],
    [0x2f, '/'],
    [0x7f, units(0x7f)],
    [0x2028, units(0x2028)],
    [0xfeff, units(0xfeff)],
  ])('code unit %i', (code, written) => {
    expect(canonicalJson(units(code))).toBe(`"${written}"`);
  });

  it('are not normalised', () => {
    expect(canonicalJson(units(0x41, 0x30a))).toBe(`"${units(0x41, 0x30a)}"`);
  });

  it('must be well formed', () => {
    expect(() => canonicalJson(units(0xd800))).toThrow(TypeError);
    expect(() => canonicalJson({ [units(0xdc00)]: 1 })).toThrow(TypeError);
  });
});

describe('members', () => {
  it('are sorted by UTF-16 code units, as the example of section 3.2.3 is', () => {
    const names: readonly (readonly [string, string])[] = [
      [units(0x20ac), 'Euro Sign'],
      ['\r', 'Carriage Return'],
      [units(0xfb33), 'Hebrew Letter Dalet With Dagesh'],
      ['1', 'One'],
      [units(0xd83d, 0xde00), 'Emoji: Grinning Face'],
      [units(0x80), 'Control'],
      [units(0xf6), 'Latin Small Letter O With Diaeresis'],
    ];
    const written = JSON.parse(canonicalJson(Object.fromEntries(names))) as object;
    const order = [...canonicalJson(Object.fromEntries(names)).matchAll(/:"([^"]+)"/g)];
    expect(order.map((match) => match[1])).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
    expect(written).toEqual(Object.fromEntries(names));
  });

  it('are left out when undefined, and null stays', () => {
    expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
  });

  it('stand without blanks, at every level', () => {
    expect(canonicalJson({ b: [1, { d: true, c: [] }], a: {} })).toBe(
      '{"a":{},"b":[1,{"c":[],"d":true}]}',
    );
  });
});

describe('numbers', () => {
  it.each([0, -1, 42, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('%d', (value) => {
    expect(canonicalJson(value)).toBe(String(value));
  });

  it('minus zero is zero', () => {
    expect(canonicalJson(-0)).toBe('0');
  });

  it.each([0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});

describe('canonicalJson', () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
  );
  const value = fc.letrec<{ any: CanonicalValue }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(
        fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
        tie('any'),
        { maxKeys: 4 },
      ),
    ),
  })).any;

  it('loses nothing, and writes what it reads back the same way', () => {
    fc.assert(
      fc.property(value, (item) => {
        const text = canonicalJson(item);
        const back = JSON.parse(text) as CanonicalValue;
        expect(canonicalJson(back)).toBe(text);
        expect(back).toEqual(structuredClone(item));
      }),
    );
  });

  it('does not depend on the order members were written in', () => {
    const members = fc.uniqueArray(fc.tuple(fc.string(), fc.integer()), {
      selector: ([key]) => key,
    });
    fc.assert(
      fc.property(members, (list) => {
        const forward = canonicalJson(Object.fromEntries(list));
        expect(canonicalJson(Object.fromEntries(list.toReversed()))).toBe(forward);
      }),
    );
  });
});
