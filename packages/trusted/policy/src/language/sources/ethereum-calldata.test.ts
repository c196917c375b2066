import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../ethereum/bytes.ts';
import {
  callOf,
  compileField,
  fieldOf,
  READER,
  transactionOf,
  type Written,
} from '../../fixtures/ethereum.ts';
import { abiOf } from '../../fixtures/solidity.ts';
import type { FieldValue } from '../field-value.ts';
import type { EthereumTransaction, PolicyAction } from '../policy-intent.ts';
import { unitsOf } from '../policy-unit.ts';
import { ETHEREUM_CALLDATA } from './ethereum-calldata.ts';

const TRANSFER = 'function transfer(address to, uint256 amount)';
const SWAP =
  'function swap((address pool, int24[2] ticks, uint64[] fees)[] steps, bytes4 tag, bool exact)';
const SEND_TO = 'function send(address to)';
const SEND_BYTES = 'function send(bytes to, uint8 kind)';
const OTHER = 'function approve(address spender, uint256 amount)';
const FRIEND = '0x1719884eb866cb12b2287399b15f7db5e7d775ea';

const abi = [...abiOf(TRANSFER, SWAP, SEND_TO, SEND_BYTES)] as NonNullable<Written['abi']>;
const transfer = callOf(TRANSFER, FRIEND, 25n);
const swap = callOf(
  SWAP,
  [
    { pool: FRIEND, ticks: [-5, 7], fees: [1n, 2n] },
    { pool: `0x${'22'.repeat(20)}`, ticks: [0, 1], fees: [] },
  ],
  '0xa9059cbb',
  true,
);

const read = (field: string, action: PolicyAction): FieldValue =>
  fieldOf(ETHEREUM_CALLDATA, { field, abi }, action);

const withData = (data: Uint8Array): EthereumTransaction => transactionOf({ data });

describe('a condition is refused', () => {
  it.each<[what: string, written: Written, member: string]>([
    ['without an ABI', { field: 'transfer.amount' }, 'abi'],
    [
      'with an ABI that cannot be read',
      { field: 'transfer.amount', abi: [{ name: 'f', inputs: [{ type: 'felt' }] }] },
      'abi[0].inputs[0].type',
    ],
    ['about a function the ABI lacks', { field: 'transfers.amount', abi }, 'field'],
    ['about a function and no parameter', { field: 'transfer', abi }, 'field'],
    ['about a parameter the function lacks', { field: 'transfer.value', abi }, 'field'],
    ['about a parameter of another function', { field: 'transfer.steps', abi }, 'field'],
    ['about a member of a number', { field: 'transfer.amount.low', abi }, 'field'],
    ['about a whole struct', { field: 'swap.steps.0', abi }, 'field'],
    ['about a member the struct lacks', { field: 'swap.steps.owner', abi }, 'field'],
    ['about an item no array of two has', { field: 'swap.steps.ticks.2', abi }, 'field'],
    ['about an item by a number with zeros', { field: 'swap.steps.00.pool', abi }, 'field'],
    ['about a path that ends in a full stop', { field: 'transfer.amount.', abi }, 'field'],
    ['about another function name', { field: 'function_name', abi, value: 'tranfser' }, 'value'],
    ['about bytes in capitals', { field: 'swap.tag', abi, value: '0xA9059CBB' }, 'value'],
    ['about bytes of another length', { field: 'swap.tag', abi, value: '0xa9059c' }, 'value'],
    ['about bytes without 0x', { field: 'swap.tag', abi, value: 'a9059cbb' }, 'value'],
    [
      'about bytes that contain capitals',
      { field: 'swap.tag', abi, value: 'A9', operator: 'contains' },
      'value',
    ],
  ])('%s', (_what, written, field) => {
    expect(() => compileField(ETHEREUM_CALLDATA, written)).toThrow(
      expect.objectContaining({
        constructor: BoundaryError,
        code: 'ERR_POLICY_DOCUMENT_INVALID',
        details: expect.objectContaining({ field }),
      }),
    );
  });

  it.each<[what: string, written: Written]>([
    ['another function name', { field: 'function_name', abi, value: 'tranfser' }],
    ['bytes in capitals', { field: 'swap.tag', abi, value: '0xA9059CBB' }],
  ])('but not in the faithful profile: %s', (_what, written) => {
    expect(compileField(ETHEREUM_CALLDATA, written, 'faithful').kind).toBe('text');
  });
});

describe('calldata that is not the canonical encoding is unreadable', () => {
  const { data } = transfer;
  const dirty = data.slice();
  dirty[4] = 1;

  it.each<[what: string, field: string, action: PolicyAction]>([
    ['a byte too long', 'transfer.amount', withData(concatBytes([data, Uint8Array.of(0)]))],
    ['a word too long', 'transfer.amount', withData(concatBytes([data, new Uint8Array(32)]))],
    ['a byte too short', 'transfer.amount', withData(data.subarray(0, -1))],
    ['the selector alone', 'transfer.amount', withData(data.subarray(0, 4))],
    ['an address with dirt in front', 'transfer.amount', withData(dirty)],
    ['for the name of its function as well', 'function_name', withData(dirty)],
    ['too short for a selector', 'transfer.amount', withData(data.subarray(0, 3))],
    ['too short for a selector, by name', 'function_name', withData(data.subarray(0, 1))],
  ])('%s', (_what, field, action) => {
    expect(read(field, action).kind).toBe('unreadable');
  });
});

describe('another sort of request is inapplicable', () => {
  it.each<[what: string, field: string, action: PolicyAction]>([
    ['a message', 'transfer.amount', { kind: 'message', content: new Uint8Array() }],
    ['a transaction without data', 'transfer.amount', transactionOf()],
    ['a transaction without data, by name', 'function_name', transactionOf()],
    ['a contract creation', 'transfer.amount', { ...withoutReceiver(transfer) }],
    ['another function', 'transfer.amount', swap],
    ['a function the ABI lacks', 'function_name', callOf(OTHER, FRIEND, 1n)],
    ['an overload without the parameter', 'send.kind', callOf(SEND_TO, FRIEND)],
    ['a list that is shorter', 'swap.steps.2.pool', swap],
  ])('%s', (_what, field, action) => {
    const value = read(field, action);
    expect(value.kind === 'inapplicable' && value.doubtful).toBe(undefined);
  });

  it('even when calldata of another function is no encoding of anything', () => {
    const garbage = withData(concatBytes([swap.data, Uint8Array.of(1)]));
    expect(read('transfer.amount', garbage).kind).toBe('inapplicable');
  });
});

describe('a field is', () => {
  const pool = BigInt(FRIEND);
  const second = BigInt(`0x${'22'.repeat(20)}`);

  it.each<[field: string, action: PolicyAction, value: FieldValue]>([
    ['function_name', transfer, { kind: 'text', value: 'transfer' }],
    ['function_name', callOf(SEND_BYTES, '0x01', 2), { kind: 'text', value: 'send' }],
    ['transfer.to', transfer, { kind: 'address', value: pool }],
    ['transfer.amount', transfer, { kind: 'number', value: 25n }],
    ['swap.tag', swap, { kind: 'text', value: '0xa9059cbb' }],
    ['swap.exact', swap, { kind: 'boolean', value: true }],
    ['swap.steps.0.pool', swap, { kind: 'address', value: pool }],
    ['swap.steps.1.ticks.0', swap, { kind: 'number', value: 0n }],
    [
      'swap.steps.pool',
      swap,
      list({ kind: 'address', value: pool }, { kind: 'address', value: second }),
    ],
    [
      'swap.steps.ticks.0',
      swap,
      list({ kind: 'number', value: -5n }, { kind: 'number', value: 0n }),
    ],
    [
      'swap.steps.fees',
      swap,
      list(list({ kind: 'number', value: 1n }, { kind: 'number', value: 2n }), list()),
    ],
    ['send.to', callOf(SEND_TO, FRIEND), { kind: 'address', value: pool }],
    ['send.to', callOf(SEND_BYTES, '0xABcd', 2), { kind: 'text', value: '0xabcd' }],
    ['send.kind', callOf(SEND_BYTES, '0x', 2), { kind: 'number', value: 2n }],
  ])('%s', (field, action, value) => {
    expect(read(field, action)).toEqual(value);
  });

  it.each([
    ['function_name', 'text'],
    ['transfer.to', 'address'],
    ['swap.steps.ticks', 'number'],
    ['swap.exact', 'boolean'],
    ['send.to', 'any'],
  ])('%s of kind %s', (field, kind) => {
    expect(compileField(ETHEREUM_CALLDATA, { field, abi }).kind).toBe(kind);
  });
});

describe('conditions about one call', () => {
  const [unit] = unitsOf(
    { method: 'eth_test', clientId: 'bot', keyId: 'a', nowMs: 0, action: transfer },
    READER,
  );
  const resolve = (signature: string, field: string) => {
    const written = { field, abi: abiOf(signature) as NonNullable<Written['abi']> };
    return unit && compileField(ETHEREUM_CALLDATA, written).resolve(unit);
  };

  it('may name its parameters differently', () => {
    const amount = { kind: 'number', value: 25n };
    expect(resolve(TRANSFER, 'transfer.amount')).toEqual(amount);
    const other = 'function transfer(address recipient, uint256 wad)';
    expect(resolve(other, 'transfer.wad')).toEqual(amount);
    expect(resolve(TRANSFER, 'transfer.amount')).toEqual(amount);
  });
});

function list(...items: readonly FieldValue[]): FieldValue {
  return { kind: 'list', items };
}

function withoutReceiver({ to: _to, ...rest }: EthereumTransaction): EthereumTransaction {
  return rest;
}
