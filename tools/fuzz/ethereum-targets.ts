/**
 * Solidity ABIs, calldata read by them, and typed data.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util';
import { BoundaryError, isBoundaryError } from '../../packages/shared/protocol/src/index.ts';
import { type Target, target } from './target.ts';

type Called = import('../../packages/trusted/policy/src/ethereum/abi-function.ts').AbiFunction;
type Types =
  import('../../packages/trusted/policy/src/ethereum/typed-data-types.ts').TypedDataTypes;
type Json = import('../../packages/trusted/policy/src/language/policy-intent.ts').PolicyJson;

const STEP = parameter('steps', 'tuple[]', [
  parameter('pool', 'address'),
  parameter('ticks', 'int24[2]'),
  parameter('path', 'bytes'),
]);
/** Functions with every kind of type. */
const RICH_ABI = [
  method('swap', [STEP, parameter('tag', 'bytes4'), parameter('exact', 'bool')]),
  method('lists', [parameter('a', 'uint8[][]'), parameter('b', 'string[2]')]),
  method('texts', [parameter('a', 'string'), parameter('b', 'bytes'), parameter('c', 'uint256')]),
  method('deep', [parameter('a', 'uint256[][][][]')]),
];
const ABI_TOKENS = [
  '"type":"function"',
  '"type":"tuple[2][]"',
  '"name":"',
  '"inputs":[',
  '"components":[',
  'uint256',
  'int8',
  'bytes32',
  'address',
  'string',
  '[]',
  '[3]',
];
const MESSAGE = JSON.stringify({
  type: 'Order',
  types: {
    Order: [
      { name: 'maker', type: 'address' },
      { name: 'legs', type: 'Leg[]' },
      { name: 'note', type: 'string' },
    ],
    Leg: [
      { name: 'amount', type: 'int128' },
      { name: 'data', type: 'bytes4' },
      { name: 'open', type: 'bool' },
    ],
  },
  message: {
    maker: `0x${'17'.repeat(20)}`,
    legs: [{ amount: '-7', data: '0xa9059cbb', open: true }],
    note: 'a',
  },
});
const MESSAGE_TOKENS = ['"name":"', '"type":"', 'Leg[2]', 'uint8', '0x', '-', 'Order', '[]', '{}'];

const refuse = (member: string): BoundaryError =>
  new BoundaryError('ERR_POLICY_DOCUMENT_INVALID', { details: { field: member } });
/** Not a hash, but different for different text, as far as selectors of short ABIs go. */
const shortHash = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.of(bytes.length, ...bytes.subarray(0, 3));

/** An ABI is refused by its error, and what an accepted one reads is exactly what was there. */
export async function solidityAbi(): Promise<Target> {
  const { parseAbi } = await import('../../packages/trusted/policy/src/ethereum/abi-function.ts');
  const exact = await roundTrip();
  const samples = [[], [0], [1, 0, 0], [1, 1, 0, 0], Array<number>(12).fill(0)].map(wordsFrom);
  return target(
    'solidity-abi',
    [JSON.stringify(RICH_ABI)],
    ABI_TOKENS,
    (input) => {
      const abi: unknown = JSON.parse(input.toString('utf8'));
      if (!Array.isArray(abi)) return undefined;
      for (const parsed of parseAbi(abi, shortHash, refuse).values()) {
        if (!samples.every((data) => exact(parsed, data))) return `guesses in ${parsed.name}`;
      }
      return undefined;
    },
    (error) => isBoundaryError(error) || error instanceof SyntaxError,
  );
}

/** No calldata makes the decoder throw, and what it reads is exactly what was there. */
export async function ethereumCalldata(): Promise<Target> {
  const { parseAbi } = await import('../../packages/trusted/policy/src/ethereum/abi-function.ts');
  const functions = [...parseAbi(RICH_ABI, shortHash, refuse).values()];
  const exact = await roundTrip();
  const index = functions.map((_, at) => at);
  return target(
    'ethereum-calldata',
    index.flatMap((at) => [
      Uint8Array.of(at, 0x81, 0x82, 1, 1, 0),
      Uint8Array.of(at, 0x81, 1, 0x81, 1, 0x81, 0),
      Uint8Array.of(at, 0x83, 0x84, 7, 1, 0xf0, 0),
    ]),
    ['\x80', '\x81', '\x82', '\x83', '\x84', '\xf0', '\xff', '\x00', '\x01'],
    (input) => {
      const chosen = functions[(input[0] ?? 0) % functions.length];
      if (chosen === undefined) return undefined;
      const data = wordsFrom(input.subarray(1));
      return exact(chosen, data) ? undefined : `guesses in ${chosen.name}`;
    },
  );
}

/** No message makes the reader throw, whatever its types. */
export async function typedData(): Promise<Target> {
  const { readTypedData } = await import(
    '../../packages/trusted/policy/src/ethereum/typed-data-reading.ts'
  );
  return target(
    'typed-data',
    [MESSAGE],
    MESSAGE_TOKENS,
    (input) => {
      const { type, types, message } = request(input);
      if (typeof type !== 'string' || !isTypes(types) || message === undefined) return undefined;
      const reading = readTypedData(types, type, message);
      if (reading.kind === 'decoded') return undefined;
      return reading.reason === '' ? 'no reason' : undefined;
    },
    (error) => error instanceof SyntaxError,
  );
}

/** Answers whether calldata, where it can be decoded, is encoded again byte by byte. */
async function roundTrip(): Promise<(called: Called, data: Uint8Array) => boolean> {
  const { decodeParameters } = await import(
    '../../packages/trusted/policy/src/ethereum/abi-decode.ts'
  );
  const { encodeParameters } = await import(
    '../../packages/trusted/policy/src/ethereum/abi-encode.ts'
  );
  return ({ inputs }, data) => {
    const decoded = decodeParameters(inputs, data);
    if (decoded.kind === 'undecodable') return decoded.reason.length > 0;
    return isDeepStrictEqual(encodeParameters(inputs, decoded.values), data);
  };
}

/** One word a byte: small numbers, offsets from 0x80 on, and a few that matter. */
function wordsFrom(bytes: Iterable<number>): Uint8Array {
  const words = [...bytes].map((byte) => {
    const word = new Uint8Array(32).fill(byte === 0xff ? 0xff : 0);
    if (byte === 0xf0) word[0] = 0x61;
    else if (byte < 0x80) word[31] = byte;
    else if (byte < 0xf0) word.set([((byte - 0x80) * 32) >> 8, ((byte - 0x80) * 32) & 0xff], 30);
    return word;
  });
  return new Uint8Array(Buffer.concat(words));
}

/** Any JSON, numbers as text. */
function request(input: Buffer): Readonly<Record<string, Json | undefined>> {
  const value: Json = JSON.parse(input.toString('utf8'), (_key, each) =>
    typeof each === 'number' ? String(each) : each,
  );
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
}

function isTypes(value: unknown): value is Types {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((list) => Array.isArray(list) && list.every(isField));
}

function isField(value: unknown): boolean {
  const { name, type } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof type === 'string';
}

function parameter(name: string, type: string, components?: readonly unknown[]) {
  return { name, type, ...(components === undefined ? {} : { components }) };
}

function method(name: string, inputs: readonly unknown[]) {
  return { type: 'function', name, inputs, outputs: [], stateMutability: 'nonpayable' };
}
