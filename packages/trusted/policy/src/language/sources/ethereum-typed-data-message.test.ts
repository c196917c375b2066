import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { compileField, fieldOf, typedDataOf, type Written } from '../../fixtures/ethereum.ts';
import {
  AGENT,
  AGENT_TYPES,
  DOMAIN_FIELDS,
  WITHDRAW,
  WITHDRAW_TYPES,
  WITHDRAWAL,
} from '../../fixtures/hyperliquid-messages.ts';
import type { FieldValue } from '../field-value.ts';
import type { PolicyAction, TypedDataAction } from '../policy-intent.ts';
import { ETHEREUM_TYPED_DATA_MESSAGE } from './ethereum-typed-data-message.ts';

const ORDER_TYPES = {
  EIP712Domain: DOMAIN_FIELDS,
  Order: [
    { name: 'maker', type: 'address' },
    { name: 'legs', type: 'Leg[]' },
    { name: 'flags', type: 'bool[2]' },
    { name: 'data', type: 'bytes' },
  ],
  Leg: [
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'int128' },
  ],
};
const MAKER = '0x1719884EB866cb12b2287399b15f7db5e7d775ea';
const ORDER: TypedDataAction = {
  ...AGENT,
  types: ORDER_TYPES,
  primaryType: 'Order',
  message: {
    maker: MAKER,
    legs: [
      { token: MAKER, amount: '-7' },
      { token: `0x${'22'.repeat(20)}`, amount: '0x10' },
    ],
    flags: [true, false],
    data: '0xABcd',
  },
};

type Types = NonNullable<Written['typed_data']>['types'];

const writable = (types: TypedDataAction['types']): Types =>
  Object.fromEntries(Object.entries(types).map(([name, fields]) => [name, [...fields]]));

const about = (types: TypedDataAction['types'], primaryType: string, field: string): Written => ({
  field,
  typed_data: { types: writable(types), primary_type: primaryType },
});

const agent = about(AGENT_TYPES, 'Agent', 'source');
const read = (written: Written, action: PolicyAction): FieldValue =>
  fieldOf(ETHEREUM_TYPED_DATA_MESSAGE, written, action);

describe('a condition is refused', () => {
  const bool = [{ name: 'x', type: 'bool' }];

  it.each<[what: string, written: Written, member: string]>([
    ['without types', { field: 'source' }, 'typed_data'],
    [
      'whose primary type its types lack',
      about(AGENT_TYPES, 'Agents', 'source'),
      'typed_data.primary_type',
    ],
    [
      'whose primary type is a method',
      about(AGENT_TYPES, 'toString', 'source'),
      'typed_data.primary_type',
    ],
    ['about a field the struct lacks', about(AGENT_TYPES, 'Agent', 'sauce'), 'field'],
    ['about a member of text', about(AGENT_TYPES, 'Agent', 'source.length'), 'field'],
    ['about a whole struct', about(ORDER_TYPES, 'Order', 'legs'), 'field'],
    ['about an item no array of two has', about(ORDER_TYPES, 'Order', 'flags.2'), 'field'],
    ['about a path that ends in a full stop', about(AGENT_TYPES, 'Agent', 'source.'), 'field'],
    [
      'with a type nobody declares',
      about({ M: [{ name: 'x', type: 'Nobody[2]' }] }, 'M', 'x'),
      'typed_data.types.M[0].type',
    ],
    [
      'with such a type in a struct nobody uses',
      about({ M: bool, Other: [{ name: 'y', type: 'felt' }] }, 'M', 'x'),
      'typed_data.types.Other[0].type',
    ],
    [
      'with a field declared twice',
      about({ M: [...bool, ...bool] }, 'M', 'x'),
      'typed_data.types.M[1].name',
    ],
    [
      'about bytes in capitals',
      { ...about(AGENT_TYPES, 'Agent', 'connectionId'), value: `0x${'AD'.repeat(32)}` },
      'value',
    ],
  ])('%s', (_what, written, field) => {
    expect(() => compileField(ETHEREUM_TYPED_DATA_MESSAGE, written)).toThrow(
      expect.objectContaining({
        constructor: BoundaryError,
        code: 'ERR_POLICY_DOCUMENT_INVALID',
        details: expect.objectContaining({ field }),
      }),
    );
  });
});

describe('other types under the same primary type are doubtful', () => {
  const { Agent: agentFields, EIP712Domain: domainFields } = AGENT_TYPES;

  it.each<[what: string, types: TypedDataAction['types']]>([
    ['without the struct of the domain', { Agent: agentFields }],
    ['with a struct nobody uses', { ...AGENT_TYPES, Nobody: agentFields }],
    ['with fields in another order', { ...AGENT_TYPES, Agent: agentFields.toReversed() }],
    ['with the first field less', { ...AGENT_TYPES, Agent: agentFields.slice(1) }],
    ['with the last field less', { ...AGENT_TYPES, Agent: agentFields.slice(0, -1) }],
    ['with one field more', { ...AGENT_TYPES, Agent: [...agentFields, ...domainFields] }],
    [
      'with another type',
      { ...AGENT_TYPES, Agent: agentFields.map((f) => ({ ...f, type: 'string' })) },
    ],
    [
      'with another name',
      { ...AGENT_TYPES, Agent: agentFields.map((f) => ({ ...f, name: `_${f.name}` })) },
    ],
    [
      'with the domain in another order',
      { ...AGENT_TYPES, EIP712Domain: domainFields.toReversed() },
    ],
    ['with a shorter domain', { ...AGENT_TYPES, EIP712Domain: domainFields.slice(1) }],
    ['without its own struct', { EIP712Domain: domainFields, toString: agentFields }],
  ])('%s', (_what, types) => {
    expect(read(agent, typedDataOf({ ...AGENT, types }))).toEqual(
      expect.objectContaining({ kind: 'inapplicable', doubtful: true }),
    );
  });
});

describe('another sort of request is inapplicable, without a doubt', () => {
  it.each<[what: string, action: PolicyAction]>([
    ['a message', { kind: 'message', content: new Uint8Array() }],
    ['another primary type', WITHDRAWAL],
    [
      'another primary type of the same types',
      typedDataOf({ ...AGENT, primaryType: 'EIP712Domain' }),
    ],
  ])('%s', (_what, action) => {
    expect(read(agent, action)).toEqual({ kind: 'inapplicable', reason: expect.any(String) });
  });
});

describe('a message that does not have its types is unreadable', () => {
  it.each<[what: string, message: TypedDataAction['message']]>([
    ['without the field', { connectionId: AGENT.message.connectionId ?? '' }],
    ['with null for the field', { ...AGENT.message, source: null }],
    ['with another field malformed', { ...AGENT.message, connectionId: '0xad' }],
  ])('%s', (_what, message) => {
    expect(read(agent, typedDataOf({ ...AGENT, message })).kind).toBe('unreadable');
  });

  it('and so is one whose primary type passes for another one', () => {
    const primaryType = 'Order(address maker,Leg[] legs)Leg';
    const types = { ...ORDER_TYPES, [primaryType]: ORDER_TYPES.Leg };
    const action = typedDataOf({ ...ORDER, types, primaryType });
    expect(read(about(ORDER_TYPES, 'Order', 'maker'), action).kind).toBe('unreadable');
  });
});

describe('a field is', () => {
  const maker = { kind: 'address', value: BigInt(MAKER) } as const;
  const other = { kind: 'address', value: BigInt(`0x${'22'.repeat(20)}`) } as const;

  it.each<[field: string, value: FieldValue]>([
    ['maker', maker],
    ['data', { kind: 'text', value: '0xabcd' }],
    ['flags.1', { kind: 'boolean', value: false }],
    ['legs.0.amount', { kind: 'number', value: -7n }],
    ['legs.token', { kind: 'list', items: [maker, other] }],
    [
      'flags',
      {
        kind: 'list',
        items: [
          { kind: 'boolean', value: true },
          { kind: 'boolean', value: false },
        ],
      },
    ],
  ])('%s', (field, value) => {
    expect(read(about(ORDER_TYPES, 'Order', field), ORDER)).toEqual(value);
  });

  it('text where Hyperliquid declares text, amounts too', () => {
    const amount = about(WITHDRAW_TYPES, WITHDRAW, 'amount');
    expect(read(amount, WITHDRAWAL)).toEqual({ kind: 'text', value: '1' });
    expect(compileField(ETHEREUM_TYPED_DATA_MESSAGE, amount).kind).toBe('text');
  });

  it('not in an item the list does not have', () => {
    expect(read(about(ORDER_TYPES, 'Order', 'legs.2.token'), ORDER).kind).toBe('inapplicable');
  });

  it('of the kind its type has', () => {
    const kinds = ['maker', 'legs.amount', 'flags', 'data'].map(
      (field) => compileField(ETHEREUM_TYPED_DATA_MESSAGE, about(ORDER_TYPES, 'Order', field)).kind,
    );
    expect(kinds).toEqual(['address', 'number', 'boolean', 'text']);
  });
});
