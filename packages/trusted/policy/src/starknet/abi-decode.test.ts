import { FIELD_PRIME } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  abiEnum,
  abiFunction,
  abiStruct,
  arrayOf,
  BYTE_ARRAY,
  FELT,
  U8,
  U128,
  U256,
} from '../fixtures/cairo.ts';
import { parseAbi } from './abi.ts';
import { decodeCalldata } from './abi-decode.ts';

const DEFINITIONS = [
  abiStruct('Order', { token: ADDRESS, amount: U256 }),
  abiEnum('Side', { Buy: '()', Sell: U8 }),
  abiEnum('Never', {}),
];
const I8 = 'core::integer::i8';
const BOOL = 'core::bool';
const U512 = 'core::integer::u512';
const BYTES31 = 'core::bytes_31::bytes31';
const CLASS_HASH = 'core::starknet::class_hash::ClassHash';
const ETH = 'core::starknet::eth_address::EthAddress';
const NONZERO = `core::zeroable::NonZero::<${U256}>`;
const OPTION = `core::option::Option::<${U8}>`;

function decode(inputs: Readonly<Record<string, string>>, ...felts: readonly bigint[]) {
  const [parsed] = parseAbi([...DEFINITIONS, abiFunction('f', inputs)]);
  return decodeCalldata(parsed?.parameters ?? [], felts);
}

/** 31 bytes, and one with the letter a. */
const FULL_WORD = BigInt(`0x${'61'.repeat(31)}`);

describe('decodeCalldata refuses, and names the parameter', () => {
  const cases: readonly (readonly [string, string, readonly bigint[]])[] = [
    ['no felt', FELT, []],
    ['a felt more', FELT, [1n, 2n]],
    ['a felt at P', FELT, [FIELD_PRIME]],
    ['a felt below 0', FELT, [-1n]],
    ['a u8 of 256', U8, [256n]],
    ['a u128 of 2^128', U128, [1n << 128n]],
    ['a u256 with one half', U256, [1n]],
    ['a u256 with low at 2^128', U256, [1n << 128n, 0n]],
    ['a u256 with high at 2^128', U256, [0n, 1n << 128n]],
    ['a u512 with its last part at 2^128', U512, [0n, 0n, 0n, 1n << 128n]],
    ['a u512 with three parts', U512, [0n, 0n, 0n]],
    ['an i8 of 128', I8, [128n]],
    ['an i8 of -129', I8, [FIELD_PRIME - 129n]],
    ['an i8 as a byte', I8, [255n]],
    ['a bool of 2', BOOL, [2n]],
    ['an address at 2^251', ADDRESS, [1n << 251n]],
    ['a class hash at 2^251', CLASS_HASH, [1n << 251n]],
    ['an Ethereum address at 2^160', ETH, [1n << 160n]],
    ['bytes31 at 2^248', BYTES31, [1n << 248n]],
    ['a NonZero of zero', NONZERO, [0n, 0n]],
    ['a variant past the last', 'Side', [2n]],
    ['a variant without its payload', 'Side', [1n]],
    ['a variant with a payload it has not', 'Side', [0n, 1n]],
    ['a variant of an enum without any', 'Never', [0n]],
    ['a variant of 2^64', 'Side', [1n << 64n]],
    ['an option that is neither', OPTION, [2n, 1n]],
    ['a struct that ends early', 'Order', [1n, 2n]],
    ['a list without its length', arrayOf(FELT), []],
    ['a list longer than the rest', arrayOf(FELT), [3n, 1n, 2n]],
    ['a list shorter than the rest', arrayOf(FELT), [1n, 1n, 2n]],
    ['a list of 2^64', arrayOf(FELT), [1n << 64n]],
    ['a list of P - 1', arrayOf(FELT), [FIELD_PRIME - 1n]],
    ['a list whose items need more felts', arrayOf(U256), [2n, 1n, 2n, 3n]],
    ['a list of two nothings', arrayOf('()'), [2n]],
    ['a list of 2^64 nothings', arrayOf('()'), [1n << 64n]],
    ['lists of 2^64 nothings within a list', arrayOf(arrayOf('()')), [1n, 1n << 64n]],
    ['a fixed array that ends early', `[${FELT}; 3]`, [1n, 2n]],
    ['a fixed array of nothings with a felt', '[(); 2048]', [1n]],
    ['a text without anything', BYTE_ARRAY, []],
    ['a text without its rest', BYTE_ARRAY, [0n]],
    ['a text without the length of its rest', BYTE_ARRAY, [0n, 0n]],
    ['a text with a rest of 31 bytes', BYTE_ARRAY, [0n, FULL_WORD, 31n]],
    ['a text with a rest of 2^64 bytes', BYTE_ARRAY, [0n, 0n, 1n << 64n]],
    ['a text with a rest longer than it says', BYTE_ARRAY, [0n, 0x6161n, 1n]],
    ['a text with a rest of no length', BYTE_ARRAY, [0n, 1n, 0n]],
    ['a text with more words than felts', BYTE_ARRAY, [3n, 0n, 0n]],
    ['a text of 2^64 words', BYTE_ARRAY, [1n << 64n, 0n, 0n]],
    ['a text with a word of 32 bytes', BYTE_ARRAY, [1n, 1n << 248n, 0n, 0n]],
    ['a text that is not UTF-8', BYTE_ARRAY, [0n, 0xffn, 1n]],
    ['a text with half a letter', BYTE_ARRAY, [0n, 0xc3n, 1n]],
  ];

  it.each(cases)('%s', (_name, type, felts) => {
    expect(decode({ first: FELT, value: type }, 7n, ...felts)).toEqual({
      ok: false,
      reason: expect.stringContaining('`value'),
    });
  });

  it('a felt where no parameter is', () => {
    expect(decode({}, 1n)).toMatchObject({ ok: false });
  });

  it('the path within a parameter', () => {
    expect(decode({ orders: arrayOf('Order') }, 2n, 1n, 2n, 0n, 1n, 2n, 1n << 128n)).toEqual({
      ok: false,
      reason: `parameter \`orders[1].amount\`: 0x1${'0'.repeat(32)} is no 128-bit part of a u256`,
    });
  });
});

describe('decodeCalldata does not work for ever', () => {
  it('on structs that double at every level and hold nothing', () => {
    const doubling = Array.from({ length: 40 }, (_, i) =>
      abiStruct(`D${i}`, { a: `D${i + 1}`, b: `D${i + 1}` }),
    );
    const [parsed] = parseAbi([...doubling, abiStruct('D40', {}), abiFunction('f', { x: 'D0' })]);
    expect(decodeCalldata(parsed?.parameters ?? [], [])).toMatchObject({ ok: false });
  });

  it('on lists of nothing within the longest request', () => {
    const [parsed] = parseAbi([abiFunction('f', { x: arrayOf(arrayOf('[(); 2048]')) })]);
    const felts = [2_000n, ...Array.from({ length: 2_047 }, () => 47n)];
    expect(decodeCalldata(parsed?.parameters ?? [], felts)).toEqual({
      ok: false,
      reason: expect.stringContaining('more values than a call has'),
    });
  });

  it('on types stacked deeper than the stack', () => {
    const stacked = Array.from({ length: 5_000 }, (_, i) =>
      abiStruct(`S${i}`, i === 0 ? {} : { inner: `S${i - 1}` }),
    );
    const functions = stacked.map(({ name }) => abiFunction(`f_${name}`, { x: name }));
    const parsed = parseAbi([...stacked, ...functions]);
    const felts = Array<bigint>(2_048).fill(0n);
    expect(decodeCalldata(parsed.at(-1)?.parameters ?? [], felts)).toEqual({
      ok: false,
      reason: expect.stringContaining('nested deeper'),
    });
  });
});

describe('decodeCalldata reads', () => {
  const number = (value: bigint) => ({ kind: 'number', value });
  const cases: readonly (readonly [string, string, readonly bigint[], unknown])[] = [
    ['the greatest felt', FELT, [FIELD_PRIME - 1n], number(FIELD_PRIME - 1n)],
    ['the greatest u256', U256, [(1n << 128n) - 1n, (1n << 128n) - 1n], number((1n << 256n) - 1n)],
    ['a u512, least significant first', U512, [1n, 0n, 0n, 2n], number((2n << 384n) + 1n)],
    ['the least i8', I8, [FIELD_PRIME - 128n], number(-128n)],
    ['the greatest i8', I8, [127n], number(127n)],
    ['-1', I8, [FIELD_PRIME - 1n], number(-1n)],
    ['true', BOOL, [1n], { kind: 'boolean', value: true }],
    [
      'the greatest address',
      ADDRESS,
      [(1n << 251n) - 1n],
      { kind: 'address', value: (1n << 251n) - 1n },
    ],
    [
      'an Ethereum address',
      ETH,
      [(1n << 160n) - 1n],
      { kind: 'address', value: (1n << 160n) - 1n },
    ],
    ['a NonZero', NONZERO, [0n, 1n], number(1n << 128n)],
    ['an empty text', BYTE_ARRAY, [0n, 0n, 0n], { kind: 'text', value: '' }],
    [
      'a text of 31 bytes',
      BYTE_ARRAY,
      [1n, FULL_WORD, 0n, 0n],
      { kind: 'text', value: 'a'.repeat(31) },
    ],
    ['a text with zeros in front', BYTE_ARRAY, [0n, 0x61n, 3n], { kind: 'text', value: '\0\0a' }],
    [
      'a text with a byte order mark',
      BYTE_ARRAY,
      [0n, 0xefbbbf61n, 4n],
      { kind: 'text', value: '\ufeffa' },
    ],
    ['an empty list', arrayOf(FELT), [0n], { kind: 'list', items: [] }],
    ['a fixed array', `[${U8}; 2]`, [1n, 2n], { kind: 'list', items: [number(1n), number(2n)] }],
    [
      'a tuple',
      `(${U8}, ${BOOL})`,
      [5n, 0n],
      {
        kind: 'struct',
        fields: new Map<string, unknown>([
          ['0', number(5n)],
          ['1', { kind: 'boolean', value: false }],
        ]),
      },
    ],
    [
      'a struct',
      'Order',
      [9n, 5n, 0n],
      {
        kind: 'struct',
        fields: new Map<string, unknown>([
          ['token', { kind: 'address', value: 9n }],
          ['amount', number(5n)],
        ]),
      },
    ],
    [
      'a variant without payload',
      'Side',
      [0n],
      {
        kind: 'struct',
        fields: new Map([['variant', { kind: 'text', value: 'Buy' }]]),
      },
    ],
    [
      'a variant with payload',
      'Side',
      [1n, 3n],
      {
        kind: 'struct',
        fields: new Map<string, unknown>([
          ['variant', { kind: 'text', value: 'Sell' }],
          ['value', number(3n)],
        ]),
      },
    ],
    [
      'None',
      OPTION,
      [1n],
      { kind: 'struct', fields: new Map([['variant', { kind: 'text', value: 'None' }]]) },
    ],
  ];

  it.each(cases)('%s', (_name, type, felts, value) => {
    expect(decode({ x: type }, ...felts)).toEqual({
      ok: true,
      parameters: new Map([['x', value]]),
    });
  });

  it('arrays of Cairo 0', () => {
    expect(decode({ xs_len: 'felt', xs: 'felt*' }, 2n, 8n, 9n)).toEqual({
      ok: true,
      parameters: new Map([['xs', { kind: 'list', items: [number(8n), number(9n)] }]]),
    });
  });
});
