import { BoundaryError } from '@countersign/protocol';
import * as OxFunction from 'ox/AbiFunction';
import { describe, expect, it } from 'vitest';
import { functionsOf, keccak256, refuse } from '../fixtures/solidity.ts';
import { parseAbi } from './abi-function.ts';

interface Parameter {
  readonly name?: string;
  readonly type: string;
  readonly components?: readonly Parameter[] | undefined;
}

const AMOUNT: Parameter = { name: 'amount', type: 'uint256' };

/** A function of one parameter. */
function taking(type: string, components?: readonly Parameter[]): unknown {
  return { type: 'function', name: 'f', inputs: [{ name: 'x', type, components }] };
}

function nested(levels: number): Parameter {
  if (levels === 0) return AMOUNT;
  return { name: 'x', type: 'tuple', components: [nested(levels - 1)] };
}

describe('an ABI is refused', () => {
  it.each<[what: string, items: readonly unknown[]]>([
    ['an item that is text', ['transfer']],
    ['an item that is null', [null]],
    ['a list of items within the list', [[taking('bool')]]],
    ['inputs that are no list', [{ name: 'f', inputs: {} }]],
    ['an input that is text', [{ name: 'f', inputs: ['bool'] }]],
    ['an input without a type', [{ name: 'f', inputs: [{ name: 'x' }] }]],
    ['a name that is a number', [{ name: 'f', inputs: [{ name: 1, type: 'bool' }] }]],
    ['a function without a name', [{ type: 'function', inputs: [] }]],
    ['a function with a dot in its name', [{ type: 'function', name: 'a.b', inputs: [] }]],
    [
      'a parameter with a dot in its name',
      [{ name: 'f', inputs: [{ name: 'a.b', type: 'bool' }] }],
    ],
    ['a parameter that is a number', [{ name: 'f', inputs: [{ name: '1', type: 'bool' }] }]],
    ['a parameter twice', [{ name: 'f', inputs: [AMOUNT, AMOUNT] }]],
    ['a type nobody knows', [taking('felt252')]],
    ['a type with a blank', [taking('uint256 ')]],
    ['an integer of 12 bits', [taking('uint12')]],
    ['an integer of 264 bits', [taking('int264')]],
    ['an integer of 0 bits', [taking('uint0')]],
    ['an integer of 08 bits', [taking('uint08')]],
    ['33 bytes', [taking('bytes33')]],
    ['0 bytes', [taking('bytes0')]],
    ['a fixed point number', [taking('fixed128x18')]],
    ['a pointer to a function', [taking('function')]],
    ['an array of nothing', [taking('uint256[0]')]],
    ['an array of a length with a sign', [taking('uint256[-1]')]],
    ['brackets without an item', [taking('[]')]],
    ['an array longer than calldata', [taking('uint256[4097]')]],
    ['arrays that are together longer than calldata', [taking('uint8[64][65]')]],
    ['a tuple of nothing', [taking('tuple', [])]],
    ['a tuple without components', [taking('tuple')]],
    ['a tuple as a name', [taking('(uint256,bool)')]],
    ['tuples nested too deep', [{ name: 'f', inputs: [nested(20)] }]],
    ['arrays nested too deep', [taking(`uint256${'[]'.repeat(20)}`)]],
    [
      'two functions of one signature and other names',
      [
        { name: 'f', inputs: [{ name: 'to', type: 'address' }] },
        { name: 'f', inputs: [{ name: 'from', type: 'address' }] },
      ],
    ],
    [
      // Both hash to 0x42966c68.
      'two functions of one selector',
      [
        { name: 'burn', inputs: [{ name: 'value', type: 'uint256' }] },
        {
          name: 'collate_propagate_storage',
          inputs: [{ name: 'a', type: 'bytes16' }],
        },
      ],
    ],
  ])('%s', (_what, items) => {
    expect(() => parseAbi(items, keccak256, refuse)).toThrow(
      expect.objectContaining({ constructor: BoundaryError, code: 'ERR_POLICY_DOCUMENT_INVALID' }),
    );
  });
});

describe('functions of an ABI', () => {
  it('are found by their selectors', () => {
    const functions = functionsOf(
      'function transfer(address to, uint256 amount)',
      'function swap((address pool, int24[2] ticks, bytes data)[] steps, uint160 limit)',
      'function stop()',
    );
    expect([...functions.values()].map(({ selector, signature }) => [selector, signature])).toEqual(
      [
        ['0xa9059cbb', 'transfer(address,uint256)'],
        [
          OxFunction.getSelector('function swap((address,int24[2],bytes)[],uint160)'),
          'swap((address,int24[2],bytes)[],uint160)',
        ],
        [OxFunction.getSelector('function stop()'), 'stop()'],
      ],
    );
  });

  it('may share a name', () => {
    const functions = functionsOf('function f(uint256 a)', 'function f(uint256 a, bytes b)');
    expect([...functions.values()].map(({ name }) => name)).toEqual(['f', 'f']);
  });

  it('may be repeated', () => {
    const item = taking('uint256');
    expect(parseAbi([item, item], keccak256, refuse).size).toBe(1);
  });

  it('are the default, and everything else is passed over', () => {
    const items = [
      { name: 'f' },
      { type: 'event', name: 'F', inputs: [{ type: 'no type' }] },
      { type: 'constructor', inputs: [] },
      { type: 'receive' },
    ];
    expect(
      [...parseAbi(items, keccak256, refuse).values()].map(({ signature }) => signature),
    ).toEqual(['f()']);
  });

  it('spell out short names of types', () => {
    expect([
      ...parseAbi([taking('uint'), taking('int[]')], keccak256, refuse).values(),
    ]).toMatchObject([{ signature: 'f(uint256)' }, { signature: 'f(int256[])' }]);
  });

  it('name parameters without a name by their index', () => {
    const [read] = parseAbi(
      [{ name: 'f', inputs: [{ type: 'bool' }, { name: '', type: 'bool' }] }],
      keccak256,
      refuse,
    ).values();
    expect(read?.inputs.map(({ name }) => name)).toEqual(['0', '1']);
  });
});
