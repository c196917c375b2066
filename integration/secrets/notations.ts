/**
 * The notations a secret can show up in.
 *
 * @module
 */

import { inspect } from 'node:util';

/** A planted secret: text, or a number such as a private key. */
export interface Planted {
  readonly name: string;
  readonly value: string | bigint;
}

/** One text to look for. */
interface Notation {
  readonly name: string;
  readonly text: string;
}

/** Shorter texts stand everywhere by chance: such a secret cannot be looked for. */
const LEAST_CHARS = 12;

/** Names of the secrets in `evidence`, each with the notation it was found in. */
export function findSecrets(evidence: string | Uint8Array, secrets: readonly Planted[]): string[] {
  const bytes = Buffer.from(evidence);
  // Latin-1 keeps every byte, whatever the file is; UTF-8 shows texts as they were written.
  const texts = [bytes.toString('utf8'), bytes.toString('latin1'), bytes.toString('utf16le')];
  // A long list is printed in lines and columns.
  const lower = texts.map((text) => text.toLowerCase().replaceAll(/\s+/g, ' '));
  return secrets.flatMap(({ name, value }) =>
    notationsOf(value)
      .filter(({ text }) => lower.some((candidate) => candidate.includes(text.toLowerCase())))
      .map((notation) => `${name} (${notation.name})`),
  );
}

/**
 * Case is ignored where texts are looked for, so each notation stands here once.
 *
 * @throws Error when the secret is too short to be looked for.
 */
export function notationsOf(value: string | bigint): readonly Notation[] {
  const found = typeof value === 'bigint' ? ofNumber(value) : ofText(value);
  if (found.some(({ text }) => text.length < LEAST_CHARS))
    throw new Error('the secret is too short');
  return [...new Map(found.map((notation) => [notation.text, notation])).values()];
}

function ofNumber(value: bigint): readonly Notation[] {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(64, '0'), 'hex');
  // Found with 0x, with leading zeros and without, because it is looked for inside.
  return [
    { name: 'hex', text: hex },
    { name: 'decimal', text: value.toString(10) },
    ...ofBytes(bytes),
    ...ofBytes(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')),
    ...base64Of(Buffer.from(`0x${hex}`), 'base64 of the hex text'),
    ...base64Of(Buffer.from(hex), 'base64 of the hex digits'),
  ];
}

function ofText(value: string): readonly Notation[] {
  const bytes = Buffer.from(value, 'utf8');
  return [
    { name: 'raw', text: value },
    { name: 'JSON', text: escaped(value) },
    { name: 'inspected', text: inspect(value).slice(1, -1) },
    { name: 'JSON in JSON', text: escaped(escaped(value)) },
    { name: 'JSON, ASCII only', text: asciiEscaped(value) },
    { name: 'URL', text: encodeURIComponent(value) },
    { name: 'URL twice', text: encodeURIComponent(encodeURIComponent(value)) },
    { name: 'form', text: new URLSearchParams({ v: value }).toString().slice(2) },
    { name: 'userinfo of a URL', text: userinfo(value) },
    { name: 'hex', text: bytes.toString('hex') },
    ...ofBytes(bytes),
  ];
}

function ofBytes(bytes: Buffer): readonly Notation[] {
  const pairs = bytes.toString('hex').match(/../g) ?? [];
  return [
    { name: 'inspected bytes', text: pairs.slice(0, 48).join(' ') },
    { name: 'hex with colons', text: pairs.join(':') },
    { name: 'list of bytes', text: bytes.join(',') },
    { name: 'list of bytes, spaced', text: bytes.join(', ') },
    ...base64Of(bytes, 'base64'),
  ];
}

/** Base64 and base64url, at each of the three places a text can begin in a group. */
function base64Of(bytes: Buffer, name: string): readonly Notation[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    // Characters that also hold bits of the neighbours are left out.
    const from = shift === 0 ? 0 : shift + 1;
    const to = Math.floor((shifted.length * 8) / 6);
    return (['base64', 'base64url'] as const).map((kind) => ({
      name: `${name}, ${kind} +${shift}`,
      text: shifted.toString(kind).slice(from, to),
    }));
  });
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiEscaped(text: string): string {
  return escaped(text).replaceAll(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function userinfo(text: string): string {
  const url = new URL('http://host');
  url.password = text;
  return url.password;
}
