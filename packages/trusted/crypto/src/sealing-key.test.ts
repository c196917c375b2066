import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { CHEAP, PASSPHRASE, refusalOf } from '../test/keystore-fixture.ts';
import {
  createSealingKey,
  deriveSealingKey,
  INTERACTIVE_COST,
  type KdfParameters,
  parseKdf,
  toKdfHeader,
} from './sealing-key.ts';

const HEADER = { name: 'scrypt', N: 131_072, r: 8, p: 1, salt: '00'.repeat(32) };

describe('parameters', () => {
  it('accepts the usual cost', () => {
    expect(toKdfHeader(parseKdf(HEADER, 'kdf'))).toEqual(HEADER);
    expect(INTERACTIVE_COST).toEqual({ N: 131_072, r: 8, p: 1 });
  });

  it.each([
    ['a cost of 1 TiB', { N: 2 ** 30, r: 8 }, 'kdf.N'],
    ['N above the bound', { N: 2 ** 21, r: 1 }, 'kdf.N'],
    ['N below the bound', { N: 512 }, 'kdf.N'],
    ['N that is no power of two', { N: 131_071 }, 'kdf.N'],
    ['N of zero', { N: 0 }, 'kdf.N'],
    ['a negative N', { N: -1024 }, 'kdf.N'],
    ['a fractional N', { N: 1024.5 }, 'kdf.N'],
    ['N as text', { N: '131072' }, 'kdf.N'],
    ['r above the bound', { r: 33 }, 'kdf.r'],
    ['r of zero', { r: 0 }, 'kdf.r'],
    ['p above the bound', { p: 17 }, 'kdf.p'],
    ['p of zero', { p: 0 }, 'kdf.p'],
    ['512 MiB of memory from values that are each in range', { N: 2 ** 19, r: 8 }, 'kdf'],
    ['eight times the usual time', { p: 8 }, 'kdf'],
    ['another function', { name: 'argon2id' }, 'kdf.name'],
    ['a short salt', { salt: '00'.repeat(31) }, 'kdf.salt'],
    ['a long salt', { salt: '00'.repeat(33) }, 'kdf.salt'],
    ['an upper-case salt', { salt: 'AA'.repeat(32) }, 'kdf.salt'],
    ['an unknown field', { pepper: 1 }, 'kdf'],
  ])('refuses %s', (_, change, field) => {
    const error = refusalOf(() => parseKdf({ ...HEADER, ...change }, 'kdf'));
    expect(error).toMatchObject({ code: 'ERR_KEYSTORE_MALFORMED', details: { field } });
  });

  it('names a missing field', () => {
    const { salt: _, ...rest } = HEADER;
    expect(refusalOf(() => parseKdf(rest, 'kdf')).details.field).toBe('kdf.salt');
  });

  it('bounds parameters that did not come from a file, too', () => {
    const kdf: KdfParameters = { name: 'scrypt', N: 2 ** 30, r: 8, p: 1, salt: new Uint8Array(32) };
    expect(refusalOf(() => deriveSealingKey(PASSPHRASE, kdf)).details.field).toBe('kdf.N');
  });
});

describe('derivation', () => {
  it('agrees with RFC 7914, section 12', () => {
    const kdf: KdfParameters = {
      name: 'scrypt',
      N: 1024,
      r: 8,
      p: 16,
      salt: Buffer.from('NaCl'),
    };
    const { key } = deriveSealingKey(new Secret('password'), kdf);
    expect(Buffer.from(key.reveal()).toString('hex')).toBe(
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162',
    );
  });

  it('draws a new salt each time', () => {
    const [one, two] = [1, 2].map(() => createSealingKey(PASSPHRASE, { cost: CHEAP }));
    expect(one?.kdf.salt).toHaveLength(32);
    expect(one?.kdf.salt).not.toEqual(two?.kdf.salt);
    expect(one?.key.reveal()).not.toEqual(two?.key.reveal());
  });

  it('reads composed and decomposed letters alike', () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'].map((text) =>
      createSealingKey(new Secret(text), { cost: CHEAP, randomBytes: (n) => new Uint8Array(n) }),
    );
    expect(composed?.key.reveal()).toEqual(decomposed?.key.reveal());
  });

  it.each([
    ['an empty passphrase', ''],
    ['a passphrase of 1025 characters', 'x'.repeat(1025)],
    ['a lone surrogate', 'a\ud800'],
  ])('refuses %s', (_, text) => {
    const error = refusalOf(() => createSealingKey(new Secret(text), { cost: CHEAP }));
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      details: { field: 'passphrase' },
    });
  });

  it('refuses a source of randomness that gives too little', () => {
    const randomBytes = (): Uint8Array => new Uint8Array(31);
    const error = refusalOf(() => createSealingKey(PASSPHRASE, { cost: CHEAP, randomBytes }));
    expect(error.code).toBe('ERR_INTERNAL');
  });
});
