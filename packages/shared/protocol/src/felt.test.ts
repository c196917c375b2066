import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CURVE_ORDER,
  FIELD_PRIME,
  isHex,
  isHexOrDecimal,
  joinU256,
  parseFelt,
  parseU64,
  parseU128,
  toHex,
} from './felt.ts';
import { refusalOf } from './fixtures/refusal.ts';

const NO_FELT: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a prefix alone', '0x'],
  ['an upper-case prefix', '0X1'],
  ['hex without its prefix', 'ff'],
  ['65 hex digits', `0x${'0'.repeat(65)}`],
  ['79 decimal digits', '0'.repeat(79)],
  ['a plus sign', '+1'],
  ['a minus sign', '-1'],
  ['a minus sign before hex', '-0x1'],
  ['a blank before', ' 1'],
  ['a blank after', '1 '],
  ['a line feed after', '1\n'],
  ['a line feed after hex', '0x1\n'],
  ['a blank inside', '0x1 0'],
  ['separators', '1_000'],
  ['a fraction', '1.0'],
  ['an exponent', '1e3'],
  ['a binary number', '0b11'],
  ['an octal number', '0o17'],
  ['digits of another script', '١٢٣'],
  ['full-width digits', '１２'],
  ['a letter past f', '0xg'],
];

describe('parseFelt', () => {
  it.each(NO_FELT)('refuses %s', (_name, text) => {
    const error = refusalOf(() => parseFelt(text, 'nonce'));
    expect(error.code).toBe('ERR_FELT_MALFORMED');
    expect(error.details.field).toBe('nonce');
    expect(isHexOrDecimal(text)).toBe(false);
    expect(isHex(text)).toBe(false);
  });

  it.each([
    ['0', 0n],
    ['0x0', 0n],
    ['007', 7n],
    ['0x0000ab', 0xabn],
    ['0xAb', 0xabn],
    [String(FIELD_PRIME - 1n), FIELD_PRIME - 1n],
    [toHex(FIELD_PRIME - 1n), FIELD_PRIME - 1n],
  ])('reads %s', (text, value) => {
    expect(parseFelt(text, 'nonce')).toBe(value);
  });

  it.each([
    ['the field prime', toHex(FIELD_PRIME)],
    ['the field prime in decimal', String(FIELD_PRIME)],
    ['one more', toHex(FIELD_PRIME + 1n)],
    ['64 digits of f', `0x${'f'.repeat(64)}`],
    ['78 digits of 9', '9'.repeat(78)],
  ])('refuses %s instead of reducing it', (_name, text) => {
    const error = refusalOf(() => parseFelt(text, 'nonce'));
    expect(error.code).toBe('ERR_FELT_OUT_OF_RANGE');
    expect(error.details.field).toBe('nonce');
  });

  it('reads back what toHex writes, in either case and spelling', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: FIELD_PRIME - 1n }), (felt) => {
        const hex = toHex(felt);
        expect(hex).toMatch(/^0x(0|[1-9a-f][0-9a-f]*)$/);
        expect(parseFelt(hex, 'x')).toBe(felt);
        expect(parseFelt(`0x${hex.slice(2).toUpperCase()}`, 'x')).toBe(felt);
        expect(parseFelt(String(felt), 'x')).toBe(felt);
      }),
    );
  });
});

describe('fixed widths', () => {
  it.each([
    ['parseU64', parseU64, 64n],
    ['parseU128', parseU128, 128n],
  ] as const)('%s ends where its type ends', (_name, parse, bits) => {
    const limit = 1n << bits;
    expect(parse(toHex(limit - 1n), 'x')).toBe(limit - 1n);
    expect(refusalOf(() => parse(toHex(limit), 'x')).code).toBe('ERR_FELT_OUT_OF_RANGE');
    expect(refusalOf(() => parse('-1', 'x')).code).toBe('ERR_FELT_MALFORMED');
  });

  it.each([
    ['the least', 0n, 0n, 0n],
    ['low only', 7n, 0n, 7n],
    ['high only', 0n, 1n, 1n << 128n],
    ['the greatest', (1n << 128n) - 1n, (1n << 128n) - 1n, (1n << 256n) - 1n],
    ['a low half that overflows', 1n << 128n, 0n, undefined],
    ['a high half that overflows', 0n, 1n << 128n, undefined],
    ['a negative low half', -1n, 0n, undefined],
    ['a negative high half', 0n, -1n, undefined],
  ])('joinU256: %s', (_name, low, high, amount) => {
    expect(joinU256(low, high)).toBe(amount);
  });
});

describe('constants', () => {
  it('are the ones of the Stark curve', () => {
    expect(String(FIELD_PRIME)).toBe(
      '3618502788666131213697322783095070105623107215331596699973092056135872020481',
    );
    expect(String(CURVE_ORDER)).toBe(
      '3618502788666131213697322783095070105526743751716087489154079457884512865583',
    );
  });
});
