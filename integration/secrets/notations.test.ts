import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findSecrets, notationsOf } from './notations.ts';

const KEY = 0x0005ec4e7a1b2c3d4e5f60718293a4b5c6d7e8f9010213243546576879808182n;
const TEXT = 'pä"ss\\word/with+every=thing & 100% {x}';
const SECRETS = [
  { name: 'key', value: KEY },
  { name: 'text', value: TEXT },
];
const KEY_BYTES = Buffer.from(KEY.toString(16).padStart(64, '0'), 'hex');

const PLACES: Readonly<Record<string, string | Uint8Array>> = {
  'as it is': TEXT,
  'in JSON': JSON.stringify({ a: [TEXT] }),
  'in JSON in JSON': JSON.stringify({ a: JSON.stringify({ b: TEXT }) }),
  'in ASCII JSON': '"p\\u00e4\\"ss\\\\word/with+every=thing & 100% {x}"',
  'in a query': `/path?x=${encodeURIComponent(TEXT)}&y=1`,
  'in a form': new URLSearchParams({ x: TEXT }).toString(),
  'in a URL': Object.assign(new URL('redis://host'), { password: TEXT }).href,
  'in base64': Buffer.from(TEXT).toString('base64'),
  'in base64url, in the middle': Buffer.from(`a${TEXT}b`).toString('base64url'),
  'in base64 of a header': Buffer.from(`user:${TEXT}`).toString('base64'),
  'in hex': Buffer.from(TEXT).toString('hex').toUpperCase(),
  'in UTF-16': Buffer.from(TEXT, 'utf16le'),
  'between bytes': Buffer.concat([Buffer.alloc(9, 0xff), Buffer.from(TEXT), Buffer.alloc(9)]),
  inspected: inspect(Buffer.from(TEXT)),
  'in an object': inspect({ a: { b: TEXT } }),
};

const KEY_PLACES: Readonly<Record<string, string | Uint8Array>> = {
  'as hex': `0x${KEY.toString(16)}`,
  'as upper-case hex without prefix': KEY.toString(16).toUpperCase(),
  'with leading zeros': `0x${KEY.toString(16).padStart(64, '0')}`,
  'in decimal': `${KEY}`,
  'as a BigInt': inspect({ key: KEY }),
  'in base64': KEY_BYTES.toString('base64'),
  'in base64 of its hex': Buffer.from(`key=0x${KEY.toString(16)}`).toString('base64'),
  'as a list': JSON.stringify([...KEY_BYTES]),
  'as an array': inspect(new Uint8Array(KEY_BYTES)),
  inspected: inspect(KEY_BYTES),
  'with colons': KEY_BYTES.toString('hex').match(/../g)?.join(':') ?? '',
};

describe('a secret text', () => {
  it.each(Object.entries(PLACES))('is found %s', (_, evidence) => {
    expect(findSecrets(evidence, SECRETS)).toContainEqual(expect.stringMatching(/^text/));
  });
});

describe('a secret number', () => {
  it.each(Object.entries(KEY_PLACES))('is found %s', (_, evidence) => {
    expect(findSecrets(evidence, SECRETS)).toContainEqual(expect.stringMatching(/^key/));
  });
});

it('finds nothing where nothing is', () => {
  const evidence = `${(KEY + 1n).toString(16)} ${TEXT.slice(0, 11)} {"ok":true}`;
  expect(findSecrets(evidence, SECRETS)).toEqual([]);
  expect(() => notationsOf('short')).toThrow();
});
