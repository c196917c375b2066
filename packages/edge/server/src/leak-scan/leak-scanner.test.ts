import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseStrictJson } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { LEAK_SAMPLES } from './leak-samples.ts';
import { createLeakScanner, LEAK_PATTERN_IDS } from './leak-scanner.ts';

const SENTENCES_SHA256 = 'a2ae05d72058b4b417bdd97eadac0acb7c2364ce1518626371d28cd89ddc4dc1';
const SENTENCES_FILE = new URL(
  '../../../../../vectors/leak-scan/ordinary-sentences.json',
  import.meta.url,
);

const scanner = createLeakScanner();
const scanText = (text: string): readonly string[] => scanner.scan(text, undefined);
const scanJson = (text: string): readonly string[] =>
  scanner.scan(text, parseStrictJson(Buffer.from(text)));

/** Every letter as a `\u` escape. */
const escapeAll = (text: string): string =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const inReason = (reason: string): string => JSON.stringify({ context: { reason } });

describe('secrets in plain text', () => {
  it.each(LEAK_SAMPLES)('finds $name', ({ text, ids }) => {
    expect(scanText(text)).toEqual(ids);
  });

  it('has a sample for every id', () => {
    const seen = new Set(LEAK_SAMPLES.flatMap(({ ids }) => ids));
    expect(LEAK_PATTERN_IDS.filter((id) => !seen.has(id))).toEqual([]);
  });
});

describe('secrets in disguise', () => {
  it.each(LEAK_SAMPLES)('finds $name as a JSON string', ({ text, ids }) => {
    expect(scanJson(inReason(text))).toEqual(expect.arrayContaining([...ids]));
  });

  it.each(LEAK_SAMPLES)('finds $name with every letter escaped', ({ text, ids }) => {
    const body = `{"context":{"reason":"${escapeAll(text)}"}}`;
    expect(scanJson(body)).toEqual(ids);
    expect(scanText(body), 'also when the body is not parsed').toEqual(ids);
  });

  it.each(LEAK_SAMPLES)('finds $name as a key', ({ text, ids }) => {
    expect(scanJson(JSON.stringify({ [text]: 1 }))).toEqual(expect.arrayContaining([...ids]));
  });

  it.each(LEAK_SAMPLES)('finds $name in JSON within JSON within JSON', ({ text, ids }) => {
    const inner = JSON.stringify({ log: escapeAll(text) }).replaceAll('\\\\u', '\\u');
    expect(scanJson(inReason(inReason(inner)))).toEqual(expect.arrayContaining([...ids]));
  });

  it.each(LEAK_SAMPLES)('finds $name percent-encoded', ({ text, ids }) => {
    expect(scanText(`https://x.example/?q=${encodeURIComponent(text)}`)).toEqual(
      expect.arrayContaining([...ids]),
    );
  });

  it.each(LEAK_SAMPLES)('finds $name in base64', ({ text, ids }) => {
    const long = `some words in front of it\n${text}`;
    expect(scanText(Buffer.from(long).toString('base64'))).toEqual(
      expect.arrayContaining([...ids]),
    );
    expect(scanJson(inReason(Buffer.from(long).toString('base64url')))).toEqual(
      expect.arrayContaining([...ids]),
    );
  });

  it('reads a key and its value across an escape', () => {
    expect(scanJson('{"private\\u005fkey":"0x12"}')).toEqual([
      'json.private_key',
      'hex.private_key',
    ]);
  });

  it('finds a phrase given as an array', () => {
    const phrase = LEAK_SAMPLES.find(({ name }) => name === 'a phrase')?.text.split(' ');
    expect(scanJson(JSON.stringify({ words: phrase }))).toEqual(['mnemonic.bip39']);
  });

  it('finds base64 behind an escape within an escape', () => {
    const base64 = Buffer.from(`private key: ${'a1b2c3d4'.repeat(8)}`).toString('base64');
    expect(scanJson(inReason(JSON.stringify(`file:\n${base64}`)))).toEqual(['hex.private_key']);
  });

  it('finds a PEM file whose line ends are escaped', () => {
    const text = LEAK_SAMPLES.find(({ name }) => name === 'a PEM file')?.text ?? '';
    expect(scanText(text.replaceAll('\n', '\\n'))).toEqual(['pem.private_key', 'der.private_key']);
  });
});

describe('what is reported', () => {
  it('is every kind, once, in table order', () => {
    const everything = [...LEAK_SAMPLES, ...LEAK_SAMPLES]
      .map(({ text }) => text)
      .reverse()
      .join('\n');
    expect(scanText(everything)).toEqual(LEAK_PATTERN_IDS);
  });

  it('is nothing for nothing', () => {
    expect(scanText('')).toEqual([]);
    expect(scanJson('{}')).toEqual([]);
    expect(scanJson('[1.5,true,null,"",12345678901234567890]')).toEqual([]);
  });
});

describe('ordinary sentences', () => {
  const file = readFileSync(SENTENCES_FILE);
  const sentences: readonly string[] = JSON.parse(file.toString('utf8'));

  it('are the ones the false positive rate is stated for', () => {
    expect(createHash('sha256').update(file).digest('hex')).toBe(SENTENCES_SHA256);
    expect(sentences.length).toBe(211);
  });

  it('raise no finding, each alone and all together', () => {
    expect(sentences.filter((sentence) => scanText(sentence).length > 0)).toEqual([]);
    expect(sentences.filter((sentence) => scanJson(inReason(sentence)).length > 0)).toEqual([]);
    expect(scanText(sentences.join('\n'))).toEqual([]);
    expect(scanJson(JSON.stringify(sentences))).toEqual([]);
  });
});

describe('near misses', () => {
  it.each([
    ['a name that only contains a variable', 'MY_STARKNET_PRIVATE_KEYS'],
    ['a public PEM file', ['-----', 'BEGIN PUBLIC KEY', '-----'].join('')],
    ['a certificate', ['-----', 'BEGIN CERTIFICATE', '-----'].join('')],
    ['a public key', `"sessionPublicKey":"0x${'3924af0c'.repeat(8)}"`],
    ['a hash of a key', `private key hash: 0x${'3924af0c'.repeat(8)}`],
    ['an account of a key', `private key of 0x${'3924af0c'.repeat(8)}`],
    ['a seed word next to an address', `seed liquidity 0x${'3924af0c'.repeat(8)}`],
    ['a message hash', `"messageHash":"0x${'3924af0c'.repeat(8)}"`],
    ['a path of a key file', 'secret_key: /run/secrets/signer-2024-production-key'],
    ['a setting without a value', 'api_key: none, password: not required'],
    ['a kebab-case name', 'task-runner-for-the-weekly-rebalancing-of-all-vaults'],
    ['two words of a token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0'],
    ['a URL with a port', 'https://rpc.example.org:8443/v0_8?key=none'],
    ['a clock time', '12:AA and 1234567890:AA'],
  ])('passes over %s', (_name, text) => {
    expect(scanText(text)).toEqual([]);
  });
});
