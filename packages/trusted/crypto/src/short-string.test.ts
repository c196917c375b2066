import fc from 'fast-check';
import { shortString } from 'starknet';
import { describe, expect, it } from 'vitest';
import { decodeShortString, encodeShortString } from './short-string.ts';

const INVALID = expect.objectContaining({ code: 'ERR_REQUEST_INVALID' });

describe('short strings', () => {
  it.each([
    ['', 0n],
    ['A', 0x41n],
    ['SN_MAIN', 0x534e5f4d41494en],
    ['SN_SEPOLIA', 0x534e5f5345504f4c4941n],
    ['ANY_CALLER', 0x414e595f43414c4c4552n],
    ['StarkNet Message', 0x537461726b4e6574204d657373616765n],
    ['Session.transaction', 0x53657373696f6e2e7472616e73616374696f6en],
    ['Account.execute_from_outside', 0x4163636f756e742e657865637574655f66726f6d5f6f757473696465n],
  ])('%s is %i', (text, value) => {
    expect(encodeShortString(text)).toBe(value);
    expect(decodeShortString(value)).toBe(text);
  });

  it('takes 31 characters and refuses 32', () => {
    const text = '~'.repeat(31);
    expect(decodeShortString(encodeShortString(text))).toBe(text);
    expect(() => encodeShortString(`${text}~`)).toThrow(INVALID);
    expect(() => decodeShortString(1n << 248n)).toThrow(INVALID);
  });

  it.each(['\0', 'a\n', '\x7f', 'é', '😀', 'a\0b'])('refuses to encode %j', (text) => {
    expect(() => encodeShortString(text)).toThrow(INVALID);
  });

  it.each([-1n, 0x1fn, 0x4100n, 0x7fn, 0xffn, 1n << 256n])('refuses to decode %i', (value) => {
    expect(() => decodeShortString(value)).toThrow(INVALID);
  });

  it('names the field and not the text', () => {
    expect(() => encodeShortString('pass\nword', 'chainId')).toThrow(
      expect.objectContaining({
        details: { field: 'chainId', expected: 'at most 31 printable ASCII characters' },
      }),
    );
  });

  it('agrees with starknet.js and comes back', () => {
    const texts = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 31 });
    fc.assert(
      fc.property(texts, (text) => {
        const value = encodeShortString(text);
        expect(decodeShortString(value)).toBe(text);
        expect(value).toBe(BigInt(shortString.encodeShortString(text)));
      }),
    );
  });
});
