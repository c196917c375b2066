/**
 * Kinds of parameters, told from the types at load, and found in a call.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  abiEnum,
  abiFunction,
  abiStruct,
  arrayOf,
  BYTE_ARRAY,
  CAIRO_PRIMITIVES,
  FELT,
  U8,
  U256,
} from '../../fixtures/cairo.ts';
import { calls, policy, rule, when } from '../../fixtures/language.ts';
import { seenValue } from '../condition.ts';
import { framesOf } from '../judge-rules.ts';
import type { PolicyIntent } from '../policy-intent.ts';

const SELECTOR = CAIRO_PRIMITIVES.selectorOf('f');
const I128 = 'core::integer::i128';
const BOOL = 'core::bool';
const NON_ZERO = 'core::zeroable::NonZero::<core::felt252>';

const compile = (
  type: string,
  condition: ReturnType<typeof when>,
  more: readonly unknown[] = [],
  other?: string,
) => {
  const abis = [type, ...(other === undefined ? [] : [other])].map((one, i) => ({
    targets: [`0x${i + 1}`],
    abi: [abiFunction('f', { a: one }), ...more] as never,
  }));
  return policy([rule({ conditions: [condition] })], { abis });
};

function seen(compiled: ReturnType<typeof policy>, intent: PolicyIntent) {
  const [frame] = framesOf(compiled, intent);
  const [first] = compiled.program.rulesByMethod.values().next().value ?? [];
  const [condition] = first?.conditions ?? [];
  return frame === undefined || condition === undefined ? undefined : seenValue(condition, frame);
}

const call = (...calldata: readonly bigint[]) => calls({ to: 1n, selector: SELECTOR, calldata });

describe('a parameter', () => {
  it.each([
    ['a felt', FELT, 'lt', '5', [4n], { kind: 'number', value: 4n }],
    ['a small integer', U8, 'gte', '5', [4n], { kind: 'number', value: 4n }],
    ['a wide integer', U256, 'lt', '5', [0n, 1n], { kind: 'number', value: 1n << 128n }],
    ['a signed integer', I128, 'lt', '-5', [4n], { kind: 'number', value: 4n }],
    ['an address', ADDRESS, 'eq', '0x5', [4n], { kind: 'address', value: 4n }],
    ['true or false', BOOL, 'eq', 'true', [1n], { kind: 'boolean', value: true }],
    ['text', BYTE_ARRAY, 'contains', 'a', [0n, 0x61n, 1n], { kind: 'text', value: 'a' }],
    ['what is never zero', NON_ZERO, 'lt', '5', [4n], { kind: 'number', value: 4n }],
  ] as const)('that is %s', (_name, type, operator, value, calldata, expected) => {
    const compiled = compile(type, when('f.a', operator, value));
    expect(seen(compiled, call(...calldata))).toEqual(expected);
  });

  it.each([
    ['an order of addresses', ADDRESS, 'lt', '0x5'],
    ['an order of true and false', BOOL, 'lt', 'true'],
    ['an order of text', BYTE_ARRAY, 'lt', '5'],
    ['part of a number', U256, 'contains', '5'],
    ['part of a signed number', I128, 'contains', '5'],
    ['a word for true or false', BOOL, 'eq', 'yes'],
  ] as const)('refuses %s', (_name, type, operator, value) => {
    expect(() => compile(type, when('f.a', operator, value))).toThrow(
      expect.objectContaining({ code: 'ERR_POLICY_DOCUMENT_INVALID' }),
    );
  });

  it('of two kinds at two contracts may be compared as either', () => {
    const either = when('f.a', 'eq', 'a');
    expect(() => compile(FELT, either)).toThrow();
    expect(seen(compile(FELT, either, [], BYTE_ARRAY), call(4n))).toMatchObject({ kind: 'number' });
    expect(() => compile(FELT, either, [], U256)).toThrow();
  });
});

describe('a path to nothing that is compared', () => {
  const point = abiStruct('my::Point', { x: FELT });
  const shape = abiEnum('my::Shape', { Dot: FELT, Text: BYTE_ARRAY, None: '()' });

  it.each([
    ['a struct', 'my::Point', 'f.a'],
    ['a member of a number', FELT, 'f.a.low'],
    ['a member the struct lacks', 'my::Point', 'f.a.y'],
    ['a member of a member', 'my::Point', 'f.a.x.low'],
    ['an enum', 'my::Shape', 'f.a'],
    ['a part of a variant', 'my::Shape', 'f.a.variant.x'],
    ['a part of an enum that is none', 'my::Shape', 'f.a.payload'],
    ['a place with zeros', arrayOf(FELT), 'f.a.00'],
  ])('%s is refused', (_name, type, path) => {
    expect(() => compile(type, when(path, 'eq', '5'), [point, shape])).toThrow(
      expect.objectContaining({ code: 'ERR_POLICY_DOCUMENT_INVALID' }),
    );
  });

  it.each([
    ['f.a.variant', 'eq', 'Dot', { kind: 'text', value: 'Dot' }],
    ['f.a.value', 'eq', '5', { kind: 'number', value: 9n }],
  ] as const)('but %s is none', (path, operator, value, expected) => {
    const compiled = compile('my::Shape', when(path, operator, value), [shape]);
    expect(seen(compiled, call(0n, 9n))).toEqual(expected);
  });
});

describe('a parameter of a call that no ABI of the contract knows', () => {
  it('is an error', () => {
    const compiled = compile(FELT, when('f.a', 'eq', '5'));
    const elsewhere = calls({ to: 9n, selector: SELECTOR, calldata: [5n] });
    expect(seen(compiled, elsewhere)).toMatchObject({ kind: 'unreadable' });
    expect(seen(compiled, call())).toMatchObject({ kind: 'unreadable' });
    expect(seen(compiled, calls({ to: 1n, selector: 7n, calldata: [5n] }))).toMatchObject({
      kind: 'inapplicable',
    });
  });
});
