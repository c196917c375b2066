import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  abiEnum,
  abiFunction,
  abiStruct,
  arrayOf,
  FELT,
  U8,
  U256,
} from '../fixtures/cairo.ts';
import { parseAbi } from './abi.ts';
import {
  ADDRESS as ADDRESS_TYPE,
  FELT as FELT_TYPE,
  listOf,
  U256 as U256_TYPE,
} from './abi-type.ts';

const using = (type: string) => abiFunction('f', { x: type });
const typeOf = (type: string, ...definitions: readonly unknown[]) =>
  parseAbi([...definitions, using(type)])[0]?.parameters[0]?.type;

function faultOf(abi: readonly unknown[]): unknown {
  try {
    parseAbi(abi);
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    return { code: error.code, field: error.details.field };
  }
  return 'accepted';
}

describe('parseAbi refuses', () => {
  const cases: readonly (readonly [string, string, ...unknown[]])[] = [
    ['an item that is no object', 'abi[0]', 'function'],
    ['an item that is null', 'abi[0]', null],
    ['an item that is a list', 'abi[0]', []],
    ['an item without a type', 'abi[0].type', { name: 'f' }],
    ['an unknown type of item', 'abi[0].type', { type: 'macro', name: 'f' }],
    ['a function without a name', 'abi[0].name', { type: 'function', inputs: [] }],
    ['a name that is no identifier', 'abi[0].name', abiFunction('a.b', {})],
    ['a name that is empty', 'abi[0].name', abiFunction('', {})],
    ['a function without inputs', 'abi[0].inputs', { type: 'function', name: 'f' }],
    ['inputs that are an object', 'abi[0].inputs', { type: 'function', name: 'f', inputs: {} }],
    ['an input that is text', 'abi[0].inputs[0]', { type: 'function', name: 'f', inputs: ['x'] }],
    [
      'an input without a type',
      'abi[0].inputs[0].type',
      { type: 'function', name: 'f', inputs: [{ name: 'x' }] },
    ],
    [
      'two inputs of one name',
      'abi[0].inputs',
      {
        type: 'function',
        name: 'f',
        inputs: [
          { name: 'x', type: FELT },
          { name: 'x', type: FELT },
        ],
      },
    ],
    ['an interface without items', 'abi[0].items', { type: 'interface', name: 'I' }],
    [
      'an interface with a struct',
      'abi[0].items[0].type',
      { type: 'interface', name: 'I', items: [abiStruct('S', {})] },
    ],
    ['a function declared twice', 'abi[1].name', using(FELT), using(FELT)],
    [
      'a function declared again in an interface',
      'abi[1].items[0].name',
      using(FELT),
      { type: 'interface', name: 'I', items: [using(U8)] },
    ],
    ['a type nobody defines', 'abi[0].inputs[0].type', using('my::Order')],
    ['a type that is not well-formed', 'abi[0].inputs[0].type', using('core::array::Array::<')],
    ['a type with something behind it', 'abi[0].inputs[0].type', using(`${FELT})`)],
    ['a tuple that does not end', 'abi[0].inputs[0].type', using(`(${FELT}`)],
    ['a tuple without a comma', 'abi[0].inputs[0].type', using('(felt felt)')],
    ['a fixed array without a count', 'abi[0].inputs[0].type', using(`[${FELT}]`)],
    ['a fixed array with a count in hex', 'abi[0].inputs[0].type', using(`[${FELT}; 0x2]`)],
    ['a fixed array longer than any request', 'abi[0].inputs[0].type', using(`[${FELT}; 2049]`)],
    ['a type name that is too long', 'abi[0].inputs[0].type', using(`${FELT}${' '.repeat(4_097)}`)],
    [
      'a type name nested too deep',
      'abi[0].inputs[0].type',
      using(`${'('.repeat(33)}felt${')'.repeat(33)}`),
    ],
    [
      'a list of two types',
      'abi[0].inputs[0].type',
      using(`core::array::Array::<${FELT}, ${FELT}>`),
    ],
    [
      'a NonZero of a list',
      'abi[0].inputs[0].type',
      using(`core::zeroable::NonZero::<${arrayOf(FELT)}>`),
    ],
    [
      'a bounded number past the field',
      'abi[0].inputs[0].type',
      using(`core::internal::bounded_int::BoundedInt::<0, ${'9'.repeat(76)}9>`),
    ],
    ['a pointer without its length', 'abi[0].inputs[0].type', using('felt*')],
    [
      'a pointer behind another length',
      'abi[0].inputs[1].type',
      abiFunction('f', { y_len: 'felt', x: 'felt*' }),
    ],
    ['a pointer within a tuple', 'abi[0].inputs[0].type', using('(felt*, felt)')],
    [
      'a struct that contains itself',
      'abi[0].members[0].type',
      abiStruct('S', { s: 'S' }),
      using('S'),
    ],
    [
      'structs that contain each other',
      'abi[1].members[0].type',
      abiStruct('A', { b: arrayOf('B') }),
      abiStruct('B', { a: 'A' }),
      using('A'),
    ],
    [
      'an enum that contains itself',
      'abi[0].variants[0].type',
      abiEnum('E', { Again: arrayOf('E') }),
      using('E'),
    ],
    [
      'a struct with members of one name',
      'abi[0].members',
      {
        type: 'struct',
        name: 'S',
        members: [
          { name: 'a', type: FELT },
          { name: 'a', type: FELT },
        ],
      },
      using('S'),
    ],
    ['a struct without members', 'abi[0].members', { type: 'struct', name: 'S' }],
    ['an enum without variants', 'abi[0].variants', { type: 'enum', name: 'E', members: [] }],
    [
      'a struct defined again, differently',
      'abi[1].name',
      abiStruct('S', { a: FELT }),
      abiStruct('S', { a: U8 }),
    ],
  ];

  it.each(cases)('%s', (_name, field, ...abi) => {
    expect(faultOf(abi)).toEqual({ code: 'ERR_CONFIG_INVALID', field });
  });

  it('structs nested deeper than 64 levels', () => {
    const chain = Array.from({ length: 70 }, (_, i) => abiStruct(`S${i}`, { next: `S${i + 1}` }));
    expect(faultOf([...chain, abiStruct('S70', {}), using('S0')])).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
    });
  });

  it('more items than any contract has', () => {
    expect(faultOf(Array.from({ length: 10_001 }, () => abiStruct('S', {})))).toMatchObject({
      field: 'abi',
    });
  });

  it('and shows what it found, shortened', () => {
    expect(() => parseAbi([using('y'.repeat(1_000))])).toThrow(
      expect.objectContaining({
        details: {
          field: 'abi[0].inputs[0].type',
          found: 'y'.repeat(120),
          expected: 'a type that the ABI defines',
        },
      }),
    );
  });
});

describe('parseAbi reads', () => {
  it('functions of interfaces too, and passes over what no call brings calldata for', () => {
    const abi = [
      { type: 'impl', name: 'Impl', interface_name: 'I' },
      { type: 'interface', name: 'I', items: [abiFunction('a', {}), abiFunction('b', {}, 'view')] },
      { type: 'constructor', name: 'constructor', inputs: [{ name: 'x', type: 'not::Defined' }] },
      { type: 'event', name: 'E', kind: 'struct', members: [] },
      { type: 'l1_handler', name: 'h', inputs: [] },
      abiFunction('c', {}),
    ];
    expect(parseAbi(abi)).toEqual([
      { name: 'a', parameters: [], isView: false },
      { name: 'b', parameters: [], isView: true },
      { name: 'c', parameters: [], isView: false },
    ]);
  });

  it('arrays of Cairo 0 as one parameter', () => {
    const abi = [abiFunction('f', { xs_len: 'felt', xs: 'Uint256*', y_len: 'felt' })];
    expect(parseAbi(abi)[0]?.parameters).toEqual([
      { name: 'xs', type: listOf(U256_TYPE) },
      { name: 'y_len', type: FELT_TYPE },
    ]);
  });

  it.each([
    [
      'a tuple',
      `(${FELT}, ${ADDRESS})`,
      {
        kind: 'struct',
        members: [
          { name: '0', type: FELT_TYPE },
          { name: '1', type: ADDRESS_TYPE },
        ],
      },
    ],
    ['a tuple of one', `(${FELT},)`, { kind: 'struct', members: [{ name: '0', type: FELT_TYPE }] }],
    [
      'a tuple with names',
      '(x : felt, y : felt)',
      {
        kind: 'struct',
        members: [
          { name: 'x', type: FELT_TYPE },
          { name: 'y', type: FELT_TYPE },
        ],
      },
    ],
    ['nothing', '()', { kind: 'struct', members: [] }],
    ['a fixed array', `[${U256}; 3]`, { kind: 'repeat', item: U256_TYPE, count: 3 }],
    ['a snapshot', `@${arrayOf(FELT)}`, listOf(FELT_TYPE)],
    ['a list of lists', arrayOf(`core::array::Span::<${FELT}>`), listOf(listOf(FELT_TYPE))],
    [
      'a bounded number',
      'core::internal::bounded_int::BoundedInt::<0, 30>',
      { kind: 'number', name: 'number up to 30', below: 31n },
    ],
    [
      'an option',
      `core::option::Option::<${FELT}>`,
      {
        kind: 'enum',
        variants: [
          { name: 'Some', type: FELT_TYPE },
          { name: 'None', type: { kind: 'struct', members: [] } },
        ],
      },
    ],
    [
      'a result',
      `core::result::Result::<${FELT}, ${U256}>`,
      {
        kind: 'enum',
        variants: [
          { name: 'Ok', type: FELT_TYPE },
          { name: 'Err', type: U256_TYPE },
        ],
      },
    ],
  ])('%s', (_name, text, type) => {
    expect(typeOf(text)).toEqual(type);
  });

  it('its own generic types, by their whole name', () => {
    const name = `my::Pair::<${FELT}, ${U256}>`;
    expect(typeOf(name, abiStruct(name, { a: FELT, b: U256 }))).toEqual({
      kind: 'struct',
      members: [
        { name: 'a', type: FELT_TYPE },
        { name: 'b', type: U256_TYPE },
      ],
    });
  });

  it('names of the core library as what they are, whatever the ABI says', () => {
    expect(typeOf(U256, abiStruct(U256, { low: FELT, high: FELT }))).toEqual(U256_TYPE);
  });

  it('a definition that is not used, although it is not understood', () => {
    expect(parseAbi([abiStruct('S', { a: 'nobody::Knows' }), using(FELT)])).toHaveLength(1);
  });
});
