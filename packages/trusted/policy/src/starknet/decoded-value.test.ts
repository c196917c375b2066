import { describe, expect, it } from 'vitest';
import type { DecodedValue } from './call-reading.ts';
import { agreedParameters } from './decoded-value.ts';

const number = (value: bigint): DecodedValue => ({ kind: 'number', value });
const address = (value: bigint): DecodedValue => ({ kind: 'address', value });
const text = (value: string): DecodedValue => ({ kind: 'text', value });
const list = (...items: readonly DecodedValue[]): DecodedValue => ({ kind: 'list', items });
const fields = (members: Readonly<Record<string, DecodedValue>>) =>
  new Map(Object.entries(members));
const struct = (members: Readonly<Record<string, DecodedValue>>): DecodedValue => ({
  kind: 'struct',
  fields: fields(members),
});

/** Names of what two readings of one parameter agree in. */
const agreed = (a: DecodedValue, b: DecodedValue): readonly string[] => [
  ...agreedParameters([fields({ x: a }), fields({ x: b })]).keys(),
];

describe('parameters that differ are not given', () => {
  it.each<[string, DecodedValue, DecodedValue]>([
    ['another number', number(1n), number(2n)],
    ['a number and an address', number(1n), address(1n)],
    ['another text', text('a'), text('b')],
    ['a number and a list', number(1n), list(number(1n))],
    ['a list and a number', list(number(1n)), number(1n)],
    ['a struct and a number', struct({ a: number(1n) }), number(1n)],
    ['a number and a struct', number(1n), struct({ a: number(1n) })],
    ['a list and a struct', list(), struct({})],
    ['a struct and a list', struct({}), list()],
    ['a longer list', list(number(1n)), list(number(1n), number(2n))],
    ['a shorter list', list(number(1n), number(2n)), list(number(1n))],
    ['an item', list(number(1n), number(2n)), list(number(1n), number(3n))],
    ['an inner item', list(list(number(1n))), list(list(number(2n)))],
    ['a member more', struct({ a: number(1n) }), struct({ a: number(1n), b: number(2n) })],
    ['a member less', struct({ a: number(1n), b: number(2n) }), struct({ a: number(1n) })],
    ['a member of another name', struct({ a: number(1n) }), struct({ b: number(1n) })],
    ['a member of another value', struct({ a: number(1n) }), struct({ a: number(2n) })],
    ['a member of an item', list(struct({ a: text('x') })), list(struct({ a: text('y') }))],
  ])('%s', (_name, a, b) => {
    expect(agreed(a, b)).toEqual([]);
  });
});

describe('parameters that are read alike are given', () => {
  it.each<[string, DecodedValue, DecodedValue]>([
    ['numbers', number(1n), number(1n)],
    ['empty lists', list(), list()],
    ['lists', list(number(1n), text('a')), list(number(1n), text('a'))],
    ['structs', struct({ a: number(1n) }), struct({ a: number(1n) })],
    [
      'structs with members in another order',
      struct({ a: number(1n), b: list(number(2n)) }),
      struct({ b: list(number(2n)), a: number(1n) }),
    ],
  ])('%s', (_name, a, b) => {
    expect(agreed(a, b)).toEqual(['x']);
  });

  it('by all readings, and with the names of the first', () => {
    const readings = [
      fields({ a: number(1n), b: number(2n), c: number(3n) }),
      fields({ a: number(1n), b: number(2n), d: number(3n) }),
      fields({ a: number(1n), b: number(9n), c: number(3n) }),
    ];
    expect(agreedParameters(readings)).toEqual(fields({ a: number(1n) }));
  });

  it('all of one reading, and nothing of none', () => {
    const only = fields({ a: number(1n) });
    expect(agreedParameters([only])).toEqual(only);
    expect(agreedParameters([])).toEqual(new Map());
  });
});
