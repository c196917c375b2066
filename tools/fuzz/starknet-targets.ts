/**
 * ABIs of Starknet contracts, and calldata read by them.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util';
import { isBoundaryError } from '../../packages/shared/protocol/src/index.ts';
import { type Target, target } from './target.ts';

type AbiFunction = import('../../packages/trusted/policy/src/starknet/abi-type.ts').AbiFunction;

const FELT = 'core::felt252';
const U256 = 'core::integer::u256';
const ARRAY = 'core::array::Array::<';
const OPTION = 'core::option::Option::<';

/** One function with every kind of type. */
const RICH_ABI = [
  {
    type: 'struct',
    name: 'my::Order',
    members: fields({ token: FELT, amount: U256, note: 'core::byte_array::ByteArray' }),
  },
  {
    type: 'enum',
    name: 'my::Side',
    variants: fields({ Buy: '()', Sell: 'core::integer::i8', Swap: 'my::Order' }),
  },
  {
    type: 'interface',
    name: 'I',
    items: [
      method('orders', { sides: `${ARRAY}my::Side>`, orders: `${ARRAY}my::Order>` }),
      method('mixed', {
        a: `(core::bool, ${U256})`,
        b: '[core::integer::u8; 3]',
        c: `${OPTION}${FELT}>`,
      }),
      method('nested', {
        a: `${ARRAY}${ARRAY}${ARRAY}()>>>`,
        b: 'core::zeroable::NonZero::<core::integer::u64>',
      }),
    ],
  },
];
/** Cairo 0. */
const OLD_ABI = [
  { type: 'struct', name: 'Point', members: fields({ x: 'felt', y: 'felt' }), size: 2 },
  method('draw', { points_len: 'felt', points: 'Point*', at: '(x : felt, y : felt)' }),
];
const ABI_TOKENS = [
  '"type":"function"',
  '"type":"struct"',
  '"type":"enum"',
  '"name":"',
  '"inputs":[',
  '"members":[',
  '"variants":[',
  '"items":[',
  'core::array::Array::<',
  'core::option::Option::<',
  'core::result::Result::<',
  'core::zeroable::NonZero::<',
  'core::integer::u256',
  'core::felt252',
  'my::Order',
  'felt*',
  '_len',
  '()',
  '[',
  '; 2]',
  ', ',
  '@',
  '>',
];

/** An ABI is refused by its error, and what an accepted one reads, it reads of no other calldata. */
export async function starknetAbi(): Promise<Target> {
  const { parseAbi } = await import('../../packages/trusted/policy/src/starknet/abi.ts');
  const exact = await exactness();
  const samples = [[], [0n], [1n, 0n, 0n], [1n, 2n, 0n, 0n, 0n], Array<bigint>(12).fill(0n)];
  return target(
    'starknet-abi',
    [JSON.stringify(RICH_ABI), JSON.stringify(OLD_ABI)],
    ABI_TOKENS,
    (input) => {
      const abi: unknown = JSON.parse(input.toString('utf8'));
      if (!Array.isArray(abi)) return undefined;
      for (const parsed of parseAbi(abi)) {
        if (!samples.every((felts) => exact(parsed, felts))) return `guesses in ${parsed.name}`;
      }
      return undefined;
    },
    (error) => isBoundaryError(error) || error instanceof SyntaxError,
  );
}

/** No calldata makes the reader throw, and no two calldata read alike. */
export async function starknetCalldata(): Promise<Target> {
  const { parseAbi } = await import('../../packages/trusted/policy/src/starknet/abi.ts');
  const { createCallReader } = await import(
    '../../packages/trusted/policy/src/starknet/call-reader.ts'
  );
  const { BUILTIN_FUNCTIONS } = await import(
    '../../packages/trusted/policy/src/starknet/builtin-abis/builtin-abis.ts'
  );
  const { selectorOf } = await import('../../packages/trusted/crypto/src/selector.ts');
  const exact = await exactness();
  const primitives = { selectorOf, keccak256: (bytes: Uint8Array) => bytes };
  const reader = createCallReader({ abis: [{ targets: [1n], abi: RICH_ABI }], primitives });
  const functions = [...parseAbi(RICH_ABI), ...BUILTIN_FUNCTIONS.map(({ abi }) => abi)];
  const selectors = functions.map(({ name }) => selectorOf(name));
  return target(
    'starknet-calldata',
    seedsFor(functions.length),
    [
      ...Array.from({ length: 8 }, (_, i) => String.fromCharCode(i)),
      '\xfa',
      '\xfb',
      '\xfc',
      '\xfd',
    ],
    (input) => {
      const index = (input[0] ?? 0) % functions.length;
      const [chosen, selector] = [functions[index], selectors[index]];
      const calldata = feltsFrom(input.subarray(1), selectors);
      if (chosen === undefined || selector === undefined) return undefined;
      if (!exact(chosen, calldata)) return `guesses in ${chosen.name}`;
      const readings = [1n, 2n].map((to) => reader.read({ to, selector, calldata }));
      return readings.some(
        (reading) => reading.kind === 'decoded' && !reading.effects.every(isSound),
      )
        ? 'an effect that is none'
        : undefined;
    },
  );
}

/**
 * Answers whether no other calldata reads like this one: neither with a felt more or less, nor with
 * another felt at any place. The felt-by-felt round trip is a property test of the policy package.
 */
async function exactness(): Promise<(abi: AbiFunction, calldata: readonly bigint[]) => boolean> {
  const { decodeCalldata } = await import(
    '../../packages/trusted/policy/src/starknet/abi-decode.ts'
  );
  return ({ parameters }, calldata) => {
    const decoded = decodeCalldata(parameters, calldata);
    if (!decoded.ok) return decoded.reason.length > 0;
    const others = calldata.flatMap((felt, index) => [
      calldata.toSpliced(index, 1),
      calldata.with(index, felt === 0n ? 1n : felt - 1n),
    ]);
    return [...others, [...calldata, 0n]].every((other) => {
      const reading = decodeCalldata(parameters, other);
      return !reading.ok || !isDeepStrictEqual(reading.parameters, decoded.parameters);
    });
  };
}

function isSound({
  amount,
  token,
  recipient,
}: {
  amount: bigint | 'unlimited';
  token: bigint;
  recipient: bigint | undefined;
}): boolean {
  return (amount === 'unlimited' || amount >= 0n) && token >= 0n && (recipient ?? 0n) >= 0n;
}

/** One byte a felt; a few of them stand for felts that matter. */
function feltsFrom(bytes: Buffer, selectors: readonly bigint[]): readonly bigint[] {
  const prime = (1n << 251n) + 17n * (1n << 192n) + 1n;
  const special = new Map([
    [0xfa, 1n << 128n],
    [0xfb, prime - 1n],
    [0xfc, (1n << 64n) - 1n],
    [0xfd, -1n],
    [0xfe, prime],
  ]);
  const isSelector = (byte: number): boolean => byte >= 0x80 && byte < 0xfa;
  return [...bytes].map(
    (byte) =>
      special.get(byte) ??
      (isSelector(byte) ? selectors[(byte - 0x80) % selectors.length] : undefined) ??
      BigInt(byte),
  );
}

/** Every function with a few felts; the fuzzer finds the rest. */
function seedsFor(functions: number): readonly Uint8Array[] {
  const all = Array.from({ length: functions }, (_, index) => index);
  return all.flatMap((index) => [
    Uint8Array.of(index, 1, 2, 0),
    Uint8Array.of(index, 1, 2, 3, 0, 2, 0, 0),
  ]);
}

function method(name: string, inputs: Readonly<Record<string, string>>) {
  return {
    type: 'function',
    name,
    inputs: fields(inputs),
    outputs: [],
    state_mutability: 'external',
  };
}

function fields(types: Readonly<Record<string, string>>) {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
