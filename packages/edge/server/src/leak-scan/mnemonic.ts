/**
 * Recognises BIP-39 English recovery phrases in running text.
 *
 * A phrase is twelve or more list words in a row (12, 15, 18, 21 and 24 are the lengths in use).
 * The checksum is deliberately not asked for: a phrase with one word mistyped, or the first half of
 * a longer one, still gives most of a wallet away. English prose does not reach twelve in a row,
 * because the list holds no articles and hardly a preposition.
 *
 * @module
 * @see https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
 */

import { BIP39_ENGLISH } from './bip39-english.ts';

/** List words in a row that make a phrase: the shortest length of the standard. */
export const MNEMONIC_WORDS = 12;

const SHORTEST_WORD = 3;
const LONGEST_WORD = 8;
const WORDS: ReadonlySet<string> = new Set(BIP39_ENGLISH);
/** Which three letters begin a word; spares most pieces of hex the look-up. */
const BEGINNINGS = new Uint8Array(1 << 15);
for (const word of WORDS) BEGINNINGS[beginning(word, 0)] = 1;

/**
 * Answers whether `lowerText` holds {@link MNEMONIC_WORDS} list words in a row.
 *
 * Everything but the letters a-z separates words: blanks, line ends, commas, quotes, brackets,
 * numbering such as `1.` or `2)`. Any other word between two list words ends the row.
 *
 * @param lowerText - Lower-case text of any length. Each character is looked at once.
 */
export function hasMnemonic(lowerText: string): boolean {
  let row = 0;
  let from = -1;
  for (let at = 0; at < lowerText.length; at += 1) {
    if (isLetter(lowerText.charCodeAt(at))) {
      if (from < 0) from = at;
    } else if (from >= 0) {
      row = isListWord(lowerText, from, at) ? row + 1 : 0;
      if (row === MNEMONIC_WORDS) return true;
      from = -1;
    }
  }
  const last = from >= 0 && isListWord(lowerText, from, lowerText.length);
  return last && row + 1 === MNEMONIC_WORDS;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isListWord(text: string, from: number, to: number): boolean {
  const length = to - from;
  if (length < SHORTEST_WORD || length > LONGEST_WORD) return false;
  return BEGINNINGS[beginning(text, from)] === 1 && WORDS.has(text.slice(from, to));
}

/** The first three letters as a number below 2^15. */
function beginning(text: string, from: number): number {
  const first = text.charCodeAt(from) & 31;
  const second = text.charCodeAt(from + 1) & 31;
  return (first << 10) | (second << 5) | (text.charCodeAt(from + 2) & 31);
}
