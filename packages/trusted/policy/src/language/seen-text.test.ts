import { describe, expect, it } from 'vitest';
import { CAIRO_PRIMITIVES } from '../fixtures/cairo.ts';
import { calls, intentOf, transfer } from '../fixtures/language.ts';
import { FRIEND, SWAP, TOKEN, TRANSFER } from '../fixtures/shop.ts';
import { createCallReader } from '../starknet/call-reader.ts';
import { UNLIMITED_AMOUNT } from './amounts.ts';
import type { FieldValue } from './field-value.ts';
import type { PolicyIntent } from './policy-intent.ts';
import { unitsOf } from './policy-unit.ts';
import { callText, groupsText, listText, plainText, valueText } from './seen-text.ts';

describe('plain text', () => {
  it.each([
    ['', ''],
    [' ~', ' ~'],
    ['a\u001b[2Jb\n\u202e\u007fü', 'a?[2Jb????'],
    ['x'.repeat(120), 'x'.repeat(120)],
    ['x'.repeat(121), `${'x'.repeat(120)}…`],
  ])('%j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });
});

describe('a value as text', () => {
  const values: readonly (readonly [FieldValue, string])[] = [
    [{ kind: 'number', value: -5n }, '-5'],
    [{ kind: 'number', value: (1n << 200n) - 1n }, String((1n << 200n) - 1n)],
    [{ kind: 'number', value: 1n << 200n }, `0x1${'0'.repeat(50)}`],
    [{ kind: 'number', value: UNLIMITED_AMOUNT }, 'unlimited'],
    [{ kind: 'address', value: 0xabcn }, '0xabc'],
    [{ kind: 'text', value: 'a\n' }, '"a?"'],
    [{ kind: 'boolean', value: false }, 'false'],
    [{ kind: 'list', items: [] }, '[]'],
    [{ kind: 'list', items: [{ kind: 'number', value: 1n }] }, '[1]'],
    [{ kind: 'inapplicable', reason: 'r' }, 'nothing'],
    [{ kind: 'unreadable', reason: 'r' }, 'unreadable'],
  ];

  it.each(values)('%o', (value, text) => {
    expect(valueText(value)).toBe(text);
  });

  it('shows eight items of a list', () => {
    const eight = ['1', '2', '3', '4', '5', '6', '7', '8'];
    expect(listText(eight)).toBe('[1, 2, 3, 4, 5, 6, 7, 8]');
    expect(listText([...eight, '9', '10'])).toBe('[1, 2, 3, 4, 5, 6, 7, 8, and 2 more]');
  });
});

it('groups as text', () => {
  expect(groupsText([])).toBe('');
  expect(
    groupsText([
      ['token', '0x70c3'],
      ['recipient', null],
      ['client', 'a\n'],
    ]),
  ).toBe('token 0x70c3, recipient none, client a?');
});

describe('a unit as text', () => {
  const reader = createCallReader({ abis: [], primitives: CAIRO_PRIMITIVES });
  const textOf = (intent: PolicyIntent) => unitsOf(intent, reader).map(callText);

  it('of calls', () => {
    const unknown = { to: TOKEN, selector: SWAP, calldata: [] };
    const short = { to: TOKEN, selector: TRANSFER, calldata: [FRIEND] };
    expect(textOf(calls(transfer(1n), unknown, short))).toEqual([
      'call 0: transfer on 0x70c3',
      'call 1: selector 0x5a9 on 0x70c3',
      expect.stringMatching(/^call 2: transfer on 0x70c3, undecodable: .*amount/),
    ]);
  });

  it('of other actions', () => {
    const typed = { kind: 'typed_data', types: {}, primaryType: '', domain: {}, message: {} };
    expect(textOf(intentOf(typed as never))).toEqual(['typed data']);
    expect(textOf(intentOf({ kind: 'ethereum_7702_authorization', contract: 1n }))).toEqual([
      'ethereum 7702 authorization',
    ]);
  });
});
