import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEntryBundle, MAX_ENTRY_BYTES, parseEntryBundle } from './entry-bundle.ts';
import { refusal } from './fixtures/refusals.ts';
import { toHex } from './fixtures/vectors.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const cutOff = refusal('ERR_PROOF_MALFORMED', 'an entry bundle that is cut off');

describe('entry bundles', () => {
  it('puts two big-endian bytes of length before each entry', () => {
    const bundle = formatEntryBundle([bytes(1, 2, 3), bytes(), new Uint8Array(0x0102)]);
    expect(toHex(bundle.subarray(0, 9))).toBe('000301020300000102');
    expect(bundle).toHaveLength(9 + 0x0102);
  });

  it('reads what it wrote', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (list) => {
        expect(parseEntryBundle(formatEntryBundle(list))).toEqual(list);
      }),
      { numRuns: 50 },
    );
  });

  it('reads a bundle out of a larger buffer, as copies', () => {
    const larger = bytes(9, 0, 1, 7, 0, 1, 8, 9);
    const entries = parseEntryBundle(larger.subarray(1, 7));
    larger.fill(0);
    expect(entries).toEqual([bytes(7), bytes(8)]);
  });

  it('takes the longest entry and the fullest bundle', () => {
    const longest = new Uint8Array(MAX_ENTRY_BYTES).fill(7);
    expect(parseEntryBundle(formatEntryBundle([longest]))).toEqual([longest]);
    const full = Array.from({ length: 256 }, () => bytes());
    expect(parseEntryBundle(formatEntryBundle(full))).toHaveLength(256);
  });

  it('refuses to write none, 257, or one too long', () => {
    expect(() => formatEntryBundle([])).toThrow(RangeError);
    expect(() => formatEntryBundle(Array.from({ length: 257 }, () => bytes()))).toThrow(RangeError);
    expect(() => formatEntryBundle([new Uint8Array(MAX_ENTRY_BYTES + 1)])).toThrow(RangeError);
  });

  it.each([
    ['half a length', bytes(0)],
    ['a length and no entry', bytes(0, 1)],
    ['an entry cut off', bytes(0, 3, 1, 2)],
    ['half a length after an entry', bytes(0, 1, 7, 0)],
  ])('refuses %s', (_, bundle) => {
    expect(() => parseEntryBundle(bundle)).toThrow(cutOff);
  });

  it('refuses no entries and 257', () => {
    const none = 'an entry bundle without entries';
    const many = 'an entry bundle with more than 256 entries';
    expect(() => parseEntryBundle(bytes())).toThrow(refusal('ERR_PROOF_MALFORMED', none));
    expect(() => parseEntryBundle(new Uint8Array(514))).toThrow(
      refusal('ERR_PROOF_MALFORMED', many),
    );
  });
});
