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
const MNEMONIC_WORDS = 12;

const SHORTEST_WORD = 3;
const LONGEST_WORD = 8;
/** How far the last word of the shortest phrase starts behind the first, at least. */
const REACH = (MNEMONIC_WORDS - 1) * (SHORTEST_WORD + 1);
const WORDS: ReadonlySet<string> = new Set(BIP39_ENGLISH);

/**
 * Answers whether `lowerText` holds {@link MNEMONIC_WORDS} list words in a row.
 *
 * Everything but the letters a-z separates words: blanks, line ends, commas, quotes, brackets,
 * numbering such as `1.` or `2)`. Any other word between two list words ends the row.
 *
 * A row that starts at `at` or later has a word that starts {@link REACH} characters on or later. When
 * the first such word is not of the list, no row contains it, and the search goes on behind it: most
 * of a request full of numbers is never looked at.
 *
 * @param lowerText - Lower-case text of any length. Time grows linearly with it.
 */
export function hasMnemonic(lowerText: string): boolean {
  let at = 0; // INVARIANT: no row begins before `at` and ends behind it
  while (at < lowerText.length) {
    const probe = wordStart(lowerText, at + REACH);
    const end = wordEnd(lowerText, probe);
    if (isListWord(lowerText, probe, end)) {
      const row = readRow(lowerText, at);
      if (row.words === MNEMONIC_WORDS) return true;
      at = row.end;
    } else {
      at = end;
    }
  }
  return false;
}

/** Counts list words from `at` on, up to a whole phrase or to the end of the first other word. */
function readRow(text: string, at: number): { readonly words: number; readonly end: number } {
  let words = 0;
  let end = at;
  while (words < MNEMONIC_WORDS && end < text.length) {
    const start = wordStart(text, end);
    end = wordEnd(text, start);
    if (!isListWord(text, start, end)) break;
    words += 1;
  }
  return { words, end };
}

/** Where the first word starts that starts at `from` or later; the length of the text if none does. */
function wordStart(text: string, from: number): number {
  let at = from;
  if (at > 0 && at < text.length && isLetter(text.charCodeAt(at - 1))) at = wordEnd(text, at);
  while (at < text.length && !isLetter(text.charCodeAt(at))) at += 1;
  return Math.min(at, text.length);
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isLetter(text.charCodeAt(at))) at += 1;
  return at;
}

function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

function isListWord(text: string, from: number, to: number): boolean {
  const length = to - from;
  return length >= SHORTEST_WORD && length <= LONGEST_WORD && WORDS.has(text.slice(from, to));
}
