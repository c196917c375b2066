import * as AbiParameters from 'ox/AbiParameters';
import { describe, expect, it } from 'vitest';
import { functionsOf } from '../fixtures/solidity.ts';
import { decodeParameters } from './abi-decode.ts';
import type { AbiParameter } from './abi-types.ts';
import { bytesOfHex, concatBytes } from './bytes.ts';

const HIGH = 'f'.repeat(64);

/** Parameters of a function, as Solidity writes them. */
function parameters(list: string): readonly AbiParameter[] {
  const [read] = functionsOf(`function f(${list})`).values();
  if (read === undefined) throw new TypeError('no function');
  return read.inputs;
}

/** Words of calldata; hex, filled up with zeros in front. */
function words(...list: readonly string[]): Uint8Array {
  const bytes = bytesOfHex(`0x${list.map((word) => word.padStart(64, '0')).join('')}`);
  if (bytes === undefined) throw new TypeError('no hex');
  return bytes;
}

/** A word filled up with zeros behind. */
function left(hex: string): string {
  return hex.padEnd(64, '0');
}

function read(list: string, data: Uint8Array): ReturnType<typeof decodeParameters> {
  return decodeParameters(parameters(list), data);
}

/** One argument of so many bytes, all zero. */
function longBytes(length: number): Uint8Array {
  return concatBytes([words('20', length.toString(16)), new Uint8Array(length)]);
}

const LIST = ['20', '2', '7', '8'];
const BYTES = ['20', '3', left('abcdef')];
const TWO_LISTS = ['40', '80', '1', '7', '1', '8'];

describe('calldata is not decoded', () => {
  it.each<[what: string, types: string, data: Uint8Array]>([
    ['too short', 'uint256 a, uint256 b', words('1')],
    ['none at all', 'uint256 a', words()],
    ['too long', 'uint256 a', words('1', '2')],
    ['for no parameters', '', words('1')],
    ['a byte too long', 'uint256 a', concatBytes([words('1'), Uint8Array.of(0)])],
    ['a byte too short', 'uint256 a', words('1').subarray(1)],
    ['uint8 at 256', 'uint8 a', words('100')],
    ['uint160 at 2^160', 'uint160 a', words(`1${'0'.repeat(40)}`)],
    ['int8 at 128', 'int8 a', words('80')],
    ['int8 below -128', 'int8 a', words(`${'f'.repeat(62)}7f`)],
    ['int8 with a sign that stops half way', 'int8 a', words('ff')],
    ['an address with dirt in front', 'address a', words(`1${'0'.repeat(40)}`)],
    ['a bool of 2', 'bool a', words('2')],
    ['bytes4 with dirt behind', 'bytes4 a', words(left('a9059cbb01'))],
    ['bytes with dirt behind', 'bytes a', words('20', '3', left('abcdef01'))],
    ['bytes that are not padded', 'bytes a', words(...BYTES).subarray(0, 67)],
    ['bytes padded by a word too many', 'bytes a', words(...BYTES, '0')],
    ['bytes longer than the data', 'bytes a', words('20', '21', left('ab'))],
    ['bytes of any length at all', 'bytes a', words('20', HIGH, left('ab'))],
    ['a string that is no UTF-8', 'string a', words('20', '1', left('ff'))],
    ['a string with a lone surrogate', 'string a', words('20', '3', left('eda080'))],
    ['a string in too many bytes', 'string a', words('20', '2', left('c080'))],
    ['an offset past the end', 'bytes a', words('80', '3', left('abcdef'))],
    ['an offset beyond every number', 'bytes a', words(HIGH, '3', left('abcdef'))],
    ['an offset to itself', 'bytes a', words('0')],
    ['an offset back into the head', 'uint256 a, bytes b', words('0', '0')],
    ['an offset between words', 'bytes a', words('21', '3', left('abcdef'), '0')],
    ['a gap in front of a tail', 'bytes a', words('40', '0', '3', left('abcdef'))],
    ['tails in another order', 'uint8[] a, uint8[] b', words('80', '40', '1', '8', '1', '7')],
    ['a tail used twice', 'uint8[] a, uint8[] b', words('40', '40', '1', '7')],
    ['tails within each other', 'uint8[] a, uint8[] b', words('40', '60', '1', '1', '7')],
    ['a list longer than the data', 'uint256[] a', words('20', '3', '7', '8')],
    ['a list of any length at all', 'uint256[] a', words('20', HIGH)],
    ['a list of lists that is one list', 'uint256[][] a', words('20', '1', '0')],
    ['a list shorter than it says', 'uint256[] a', words('20', '1', '7', '8')],
    ['an array of 3 with 2', 'uint8[3] a', words('1', '2')],
    ['a tuple behind an offset it must not have', '(uint8 x) a', words('20', '1')],
    ['a tuple without the offset it must have', '(bytes x) a', words('20', '3', left('abcdef'))],
    ['more than a transaction holds', 'bytes a', longBytes(131_072 - 32)],
  ])('%s', (_what, types, data) => {
    expect(read(types, data).kind).toBe('undecodable');
  });
});

describe('the same data without the flaw', () => {
  it.each<[what: string, types: string, data: Uint8Array, values: unknown]>([
    ['nothing', '', words(), []],
    ['uint8', 'uint8 a', words('ff'), [['a', { kind: 'number', value: 255n }]]],
    ['uint256', 'uint256 a', words(HIGH), [['a', { kind: 'number', value: 2n ** 256n - 1n }]]],
    ['int8', 'int8 a', words(`${'f'.repeat(62)}80`), [['a', { kind: 'number', value: -128n }]]],
    ['int256', 'int256 a', words(HIGH), [['a', { kind: 'number', value: -1n }]]],
    [
      'address',
      'address a',
      words('f'.repeat(40)),
      [['a', { kind: 'address', value: 2n ** 160n - 1n }]],
    ],
    ['bool', 'bool a', words('1'), [['a', { kind: 'boolean', value: true }]]],
    ['bytes4', 'bytes4 a', words(left('A9059CBB')), [['a', { kind: 'text', value: '0xa9059cbb' }]]],
    ['bytes', 'bytes a', words(...BYTES), [['a', { kind: 'text', value: '0xabcdef' }]]],
    [
      'as much as a transaction holds',
      'bytes a',
      longBytes(131_072 - 64),
      [['a', { kind: 'text', value: `0x${'00'.repeat(131_072 - 64)}` }]],
    ],
    ['no bytes', 'bytes a', words('20', '0'), [['a', { kind: 'text', value: '0x' }]]],
    ['string', 'string a', words('20', '2', left('c3a4')), [['a', { kind: 'text', value: 'ä' }]]],
    [
      'a string that begins with a byte order mark',
      'string a',
      words('20', '3', left('efbbbf')),
      [['a', { kind: 'text', value: '\uFEFF' }]],
    ],
    [
      'list',
      'uint8[] a',
      words(...LIST),
      [
        [
          'a',
          {
            kind: 'list',
            items: [
              { kind: 'number', value: 7n },
              { kind: 'number', value: 8n },
            ],
          },
        ],
      ],
    ],
    [
      'two lists',
      'uint8[] a, uint8[] b',
      words(...TWO_LISTS),
      [
        ['a', { kind: 'list', items: [{ kind: 'number', value: 7n }] }],
        ['b', { kind: 'list', items: [{ kind: 'number', value: 8n }] }],
      ],
    ],
    [
      'tuple',
      '(bytes x, bool y) a',
      words('20', '40', '1', '3', left('abcdef')),
      [
        [
          'a',
          {
            kind: 'struct',
            fields: new Map<string, unknown>([
              ['x', { kind: 'text', value: '0xabcdef' }],
              ['y', { kind: 'boolean', value: true }],
            ]),
          },
        ],
      ],
    ],
  ])('%s', (_what, types, data, values) => {
    const reading = read(types, data);
    expect(reading.kind === 'decoded' && [...reading.values]).toEqual(values);
  });
});

describe('hostile data ends soon', () => {
  /** Lists within lists, every offset leading to the same place: 2^levels items if one follows them. */
  function bomb(levels: number): Uint8Array {
    const level = ['2', '40', '40'];
    return words('20', ...Array.from({ length: levels }, () => level).flat(), '0');
  }

  it.each<[what: string, types: string, data: Uint8Array]>([
    ['offsets that double the work at each level', `uint256${'[]'.repeat(15)} a`, bomb(15)],
    ['a list within itself', `uint256${'[]'.repeat(15)} a`, words('20', '1', '0')],
    ['a long list that leads to one long list', 'uint256[][] a', sameTail(2_000)],
    ['a list of all the bytes, again and again', 'bytes[] a', sameTail(2_000)],
  ])('%s', (_what, types, data) => {
    const startedMs = performance.now();
    expect(read(types, data).kind).toBe('undecodable');
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  /** A list of `count` items that are one and the same list of `count` items. */
  function sameTail(count: number): Uint8Array {
    const size = count.toString(16);
    const offset = (32 * count).toString(16);
    const offsets = Array.from({ length: count }, () => offset);
    return words('20', size, ...offsets, size, ...offsets.map(() => '1'));
  }

  it('and so does a long list of honest data', () => {
    const items = Array.from({ length: 4_000 }, (_, index) => BigInt(index));
    const encoded = AbiParameters.encode(AbiParameters.from('uint256[] a'), [items]);
    const reading = read('uint256[] a', bytesOfHex(encoded) ?? words());
    expect(reading.kind).toBe('decoded');
  });
});
