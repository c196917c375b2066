import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyJson } from '../language/policy-intent.ts';
import type { DecodedValue } from '../starknet/call-reading.ts';
import { readTypedData } from './typed-data-reading.ts';
import type { TypedDataTypes } from './typed-data-types.ts';

const ADDRESS = '0x1719884EB866cb12b2287399b15f7db5e7d775ea';

/** Reads one member of a message. */
function read(type: string, value: PolicyJson, types: TypedDataTypes = {}): DecodedValue | string {
  const all = { ...types, M: [{ name: 'x', type }] };
  const reading = readTypedData(all, 'M', { x: value });
  if (reading.kind === 'undecodable') return reading.kind;
  const member = reading.value.kind === 'struct' ? reading.value.fields.get('x') : undefined;
  return member ?? 'missing';
}

const PAIR = {
  Pair: [
    { name: 'a', type: 'bool' },
    { name: 'b', type: 'string' },
  ],
};
const TREE = { Tree: [{ name: 'children', type: 'Tree[]' }] };
const ENDLESS = { Endless: [{ name: 'next', type: 'Endless' }] };
const TWICE = {
  Twice: [
    { name: 'a', type: 'bool' },
    { name: 'a', type: 'bool' },
  ],
};

describe('a message is not read', () => {
  it.each<[what: string, type: string, value: PolicyJson, types?: TypedDataTypes]>([
    ['a number with a fraction', 'uint256', '1.0'],
    ['a number with an exponent', 'uint256', '1e3'],
    ['a number with zeros in front', 'uint256', '007'],
    ['a number with a plus', 'uint256', '+7'],
    ['a number with a blank', 'uint256', ' 7'],
    ['no number', 'uint256', ''],
    ['0x without digits', 'uint256', '0x'],
    ['hex with a capital X', 'uint256', '0X7'],
    ['a negative uint', 'uint256', '-1'],
    ['a negative zero', 'int256', '-0'],
    ['negative hex', 'int256', '-0x1'],
    ['uint8 at 256', 'uint8', '256'],
    ['uint64 at 2^64 in hex', 'uint64', '0x10000000000000000'],
    ['int8 at 128', 'int8', '128'],
    ['int8 at -129', 'int8', '-129'],
    ['int8 at 128 in hex', 'int8', '0x80'],
    ['a boolean for a number', 'uint256', true],
    ['null for a number', 'uint256', null],
    ['a list for a number', 'uint256', ['1']],
    ['text for a boolean', 'bool', 'true'],
    ['a number for a boolean', 'bool', '1'],
    ['a boolean for text', 'string', true],
    ['a short address', 'address', ADDRESS.slice(0, -1)],
    ['a long address', 'address', `${ADDRESS}0`],
    ['an address without 0x', 'address', ADDRESS.slice(2)],
    ['an address in decimal', 'address', '7'],
    ['bytes4 of 3', 'bytes4', '0xa9059c'],
    ['bytes4 of 5', 'bytes4', '0xa9059cbb00'],
    ['bytes of half a byte', 'bytes', '0xabc'],
    ['bytes without 0x', 'bytes', 'abcd'],
    ['a list that is text', 'uint8[]', '1'],
    ['a list that is an object', 'uint8[]', { 0: '1' }],
    ['a list of one wrong item', 'uint8[]', ['1', '256']],
    ['an array of 2 with 3', 'uint8[2]', ['1', '2', '3']],
    ['a struct that is null', 'Pair', null, PAIR],
    ['a struct that is a list', 'Pair', [true, 'b'], PAIR],
    ['a struct with a member missing', 'Pair', { a: true }, PAIR],
    ['a struct whose member is inherited', 'Pair', Object.create({ a: true, b: 'b' }), PAIR],
    ['a struct with a field declared twice', 'Twice', { a: true }, TWICE],
    ['a struct without end', 'Endless', { next: { next: {} } }, ENDLESS],
    ['a type nobody declares', 'Nobody', {}],
    ['a type with the name of a method', 'toString', {}],
    ['a list of a type nobody declares', 'Nobody[]', [{}]],
    ['an array of 0', 'uint8[0]', []],
  ])('%s', (_what, type, value, types) => {
    expect(read(type, value, types)).toBe('undecodable');
  });

  it('when it is nested without an end in sight', () => {
    let tree: PolicyJson = { children: [] };
    for (let level = 0; level < 100_000; level += 1) tree = { children: [tree] };
    expect(readTypedData(TREE, 'Tree', tree).kind).toBe('undecodable');
  });

  it('when it is no object', () => {
    expect(readTypedData(PAIR, 'Pair', 'Pair').kind).toBe('undecodable');
  });

  it('and nothing throws, whatever it is', () => {
    const { json } = fc.letrec<{ json: PolicyJson }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, true, '0x1', '-5', ADDRESS),
        fc.string(),
        fc.array(tie('json')),
        fc.dictionary(fc.constantFrom('a', 'b', 'children', 'next', '__proto__'), tie('json')),
      ),
    }));
    const types = { ...PAIR, ...TREE, ...ENDLESS, ...TWICE };
    const names = fc.constantFrom(...Object.keys(types), 'uint8', 'address[2]', 'Tree[][]', '[]');
    fc.assert(
      fc.property(names, json, (name, value) => {
        expect(['decoded', 'undecodable']).toContain(readTypedData(types, name, value).kind);
      }),
    );
  });
});

describe('a message is read', () => {
  it.each<[type: string, value: PolicyJson, read: DecodedValue, types?: TypedDataTypes]>([
    ['uint256', '0', { kind: 'number', value: 0n }],
    ['uint', '7', { kind: 'number', value: 7n }],
    ['uint64', '1768384169086', { kind: 'number', value: 1768384169086n }],
    ['uint8', '0xfF', { kind: 'number', value: 255n }],
    ['uint8', '0x007', { kind: 'number', value: 7n }],
    ['uint256', `0x${'f'.repeat(64)}`, { kind: 'number', value: 2n ** 256n - 1n }],
    ['int8', '-128', { kind: 'number', value: -128n }],
    ['bool', false, { kind: 'boolean', value: false }],
    ['string', 'Mainnet', { kind: 'text', value: 'Mainnet' }],
    ['string', '', { kind: 'text', value: '' }],
    ['address', ADDRESS, { kind: 'address', value: BigInt(ADDRESS) }],
    ['bytes32', `0x${'Ab'.repeat(32)}`, { kind: 'text', value: `0x${'ab'.repeat(32)}` }],
    ['bytes', '0x', { kind: 'text', value: '0x' }],
    ['bool[]', [], { kind: 'list', items: [] }],
    [
      'uint8[2][]',
      [['1', '2']],
      {
        kind: 'list',
        items: [
          {
            kind: 'list',
            items: [
              { kind: 'number', value: 1n },
              { kind: 'number', value: 2n },
            ],
          },
        ],
      },
    ],
    [
      'Pair',
      { b: 'b', a: true, more: '1' },
      {
        kind: 'struct',
        fields: new Map<string, DecodedValue>([
          ['a', { kind: 'boolean', value: true }],
          ['b', { kind: 'text', value: 'b' }],
        ]),
      },
      PAIR,
    ],
    [
      'Tree',
      { children: [] },
      { kind: 'struct', fields: new Map([['children', { kind: 'list', items: [] }]]) },
      TREE,
    ],
  ])('%s %j', (type, value, expected, types) => {
    expect(read(type, value, types)).toEqual(expected);
  });
});
