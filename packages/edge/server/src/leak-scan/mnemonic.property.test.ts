import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BIP39_ENGLISH } from './bip39-english.ts';
import { hasMnemonic } from './mnemonic.ts';

const LIST = new Set(BIP39_ENGLISH);

/** The definition, word by word. */
function slowly(text: string): boolean {
  let row = 0;
  for (const [word] of text.matchAll(/[a-z]+/g)) {
    row = LIST.has(word) ? row + 1 : 0;
    if (row === 12) return true;
  }
  return false;
}

const short = BIP39_ENGLISH.filter((word) => word.length === 3);
const long = BIP39_ENGLISH.filter((word) => word.length === 8);
const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...short.slice(0, 20)) },
  { weight: 8, arbitrary: fc.constantFrom(...long.slice(0, 20)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('the', 'x', 'abandons', 'é', '0xdeadbeefcafe', 'aaaaaaaaaaaa'),
  },
);
const gap = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(' ', ',', '\n', '1.') },
  { weight: 1, arbitrary: fc.constantFrom('', ' '.repeat(50), '", "', ' 22) ') },
);

it('agrees with the definition', () => {
  let found = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(word, gap), { maxLength: 60, size: 'max' }), (pieces) => {
      const text = pieces.flat().join('');
      const expected = slowly(text);
      if (expected) found += 1;
      expect(hasMnemonic(text)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
  // both answers were really asked for
  expect(found).toBeGreaterThan(300);
  expect(found).toBeLessThan(2_700);
});

it('finds the shortest phrase at every offset in text that is full of other words', () => {
  const phrase = short.slice(0, 12).join(' ');
  for (let before = 0; before < 120; before += 1) {
    for (const filler of ['0x4', 'the ', '. ', 'art ']) {
      const text = `${filler.repeat(60).slice(0, before)} zz ${phrase} zz ${filler.repeat(40)}`;
      expect(hasMnemonic(text)).toBe(true);
    }
  }
});
