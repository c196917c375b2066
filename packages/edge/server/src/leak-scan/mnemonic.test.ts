import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BIP39_ENGLISH, BIP39_ENGLISH_SHA256 } from './bip39-english.ts';
import { hasMnemonic } from './mnemonic.ts';

const PHRASE = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const WORDS = PHRASE.split(' ');

describe('the word list', () => {
  it('is the published one', () => {
    const published = BIP39_ENGLISH.map((word) => `${word}\n`).join('');
    expect(createHash('sha256').update(published).digest('hex')).toBe(BIP39_ENGLISH_SHA256);
    expect(new Set(BIP39_ENGLISH).size).toBe(2048);
  });
});

describe('hasMnemonic', () => {
  it.each([
    ['blanks', PHRASE],
    ['several blanks and tabs', WORDS.join(' \t  ')],
    ['line ends', WORDS.join('\r\n')],
    ['commas', WORDS.join(', ')],
    ['numbering with full stops', WORDS.map((word, i) => `${i + 1}. ${word}`).join('\n')],
    ['numbering without a blank', WORDS.map((word, i) => `${i + 1}.${word}`).join(' ')],
    ['numbering with brackets', WORDS.map((word, i) => `${i + 1}) ${word}`).join(' ')],
    ['a JSON array', JSON.stringify(WORDS)],
    ['an object with numbers as keys', JSON.stringify({ ...WORDS })],
    ['dashes', WORDS.join('-')],
    ['text around it', `my phrase is: ${PHRASE}. keep it safe`],
    ['text glued to neither end', `"${PHRASE}"`],
    ['a row after a broken row', `${WORDS.slice(0, 11).join(' ')} xyz ${PHRASE}`],
  ])('finds twelve words separated by %s', (_name, text) => {
    expect(hasMnemonic(text)).toBe(true);
  });

  it.each([12, 15, 18, 21, 24])('finds the first %i words of the list', (count) => {
    expect(hasMnemonic(BIP39_ENGLISH.slice(0, count).join(' '))).toBe(true);
  });

  it('finds words of every length and every beginning', () => {
    for (let from = 0; from + 12 <= BIP39_ENGLISH.length; from += 12) {
      expect(hasMnemonic(BIP39_ENGLISH.slice(from, from + 12).join(' '))).toBe(true);
    }
    expect(hasMnemonic(BIP39_ENGLISH.slice(-12).join(' '))).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['eleven words', WORDS.slice(0, 11).join(' ')],
    [
      'twelve words, one not of the list',
      [...WORDS.slice(0, 6), 'the', ...WORDS.slice(6)].join(' '),
    ],
    ['twelve words, one misspelt', PHRASE.replace('sausage', 'sausages')],
    ['twelve words glued together', WORDS.join('')],
    ['hex', 'add0fee1bad2ace3dad4cab5bed6fad7ebb8'.repeat(4)],
  ])('passes over %s', (_name, text) => {
    expect(hasMnemonic(text)).toBe(false);
  });
});
