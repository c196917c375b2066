/**
 * The forms in which a reader could see a text: as sent, without escapes, out of base64.
 *
 * Secrets pasted into a JSON string arrive escaped, sometimes twice; PEM files are often carried in
 * base64. Each form is no longer than the text it comes from (give or take the quotes), and their
 * number is bounded, so the work stays linear.
 *
 * @module
 */

import { InexactNumber, type JsonValue } from '@countersign/protocol';

/** Rounds of removing escapes, decoding included: JSON within JSON within JSON. */
const ESCAPE_ROUNDS = 3;
/** Shortest run of base64 that is decoded, in characters. */
const BASE64_MIN_CHARS = 40;
/** Characters decoded first; most runs show here that they are not text. */
const BASE64_PROBE_CHARS = 16;

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["'\\/bfnrt]))|%([0-9a-fA-F]{2})/g;
const LETTERS: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Lists the forms of a text, the text itself first.
 *
 * @param rawText - The text as it travels.
 * @param decoded - `rawText` parsed as JSON; `undefined` when it is not JSON. Without a backslash in
 *   the text every key and string of it stands in the text letter by letter, and is not repeated.
 */
export function readableForms(rawText: string, decoded: JsonValue | undefined): readonly string[] {
  const exact = decoded !== undefined && rawText.includes('\\');
  const unescaped = withoutEscapeRounds(
    exact ? textOf(decoded) : rawText,
    ESCAPE_ROUNDS - (exact ? 1 : 0),
  );
  const forms = exact ? [rawText, ...unescaped] : unescaped;
  // Base64 holds no escapes: what stands in the raw text stands in its decoded form.
  return [...forms, ...unescaped.map(textInBase64).filter((text) => text !== '')];
}

/** The text, then the text after each round of removing escapes that changes anything. */
function withoutEscapeRounds(text: string, rounds: number): readonly string[] {
  const forms = [text];
  let form = text;
  for (let round = 0; round < rounds; round += 1) {
    const next = withoutEscapes(form);
    if (next === form) break;
    forms.push(next);
    form = next;
  }
  return forms;
}

/** Every key and every string of a JSON value, quoted but not escaped, members as `"key":"value"`. */
export function textOf(value: JsonValue): string {
  const parts: string[] = [];
  collect(value, parts);
  return parts.join('');
}

function collect(value: JsonValue, parts: string[]): void {
  if (typeof value === 'string') parts.push('"', value, '"\n');
  else if (Array.isArray(value)) for (const item of value) collect(item, parts);
  else if (typeof value === 'object' && value !== null && !(value instanceof InexactNumber)) {
    for (const [key, member] of Object.entries(value)) {
      parts.push('"', key, '":');
      collect(member, parts);
    }
  }
}

/** Replaces JSON and JavaScript escapes and percent encoding, once. */
function withoutEscapes(text: string): string {
  if (!text.includes('\\') && !text.includes('%')) return text;
  return text.replace(ESCAPE, (_whole, unicode, byte, letter, percent) => {
    if (letter !== undefined) return LETTERS[letter] ?? letter;
    return String.fromCharCode(Number.parseInt(unicode ?? byte ?? percent, 16));
  });
}

/**
 * The runs of base64 (either alphabet) in a text that decode to printable ASCII, one per line.
 *
 * Addresses, felts and hashes are left alone: printable text in base64 starts with a letter up to
 * `f`, and is never hex throughout.
 */
function textInBase64(text: string): string {
  const lines: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (isBase64(text.charCodeAt(at))) continue;
    if (at - from >= BASE64_MIN_CHARS) lines.push(...decodedRun(text, from, at));
    from = at + 1;
  }
  if (text.length - from >= BASE64_MIN_CHARS) lines.push(...decodedRun(text, from, text.length));
  return lines.join('\n');
}

function decodedRun(text: string, from: number, to: number): readonly string[] {
  if (!/[A-Za-f]/.test(text.charAt(from))) return [];
  const probe = Buffer.from(text.slice(from, from + BASE64_PROBE_CHARS), 'base64');
  if (!isPrintable(probe)) return [];
  const run = text.slice(from, to);
  if (/^[0-9a-fA-F]+$/.test(run)) return [];
  const bytes = Buffer.from(run, 'base64');
  return isPrintable(bytes) ? [bytes.toString('latin1')] : [];
}

function isBase64(code: number): boolean {
  const letter = code | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return code < 0x80;
  return (code >= 0x2f && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x5f;
}

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d));
}
