import { describe, expect, it } from 'vitest';
import type { DecodedValue } from '../starknet/call-reading.ts';
import { isPlace, valueAt } from './value-path.ts';

const number = (value: bigint): DecodedValue => ({ kind: 'number', value });
const list = (...items: readonly DecodedValue[]): DecodedValue => ({ kind: 'list', items });
const struct = (fields: Readonly<Record<string, DecodedValue>>): DecodedValue => ({
  kind: 'struct',
  fields: new Map(Object.entries(fields)),
});

const step = (pool: bigint) => struct({ pool: number(pool) });
const none = struct({ variant: { kind: 'text', value: 'None' } });
const VALUE = struct({
  amount: number(7n),
  steps: list(step(1n), step(2n)),
  grid: list(list(number(1n)), list(number(2n), number(3n))),
  maybe: none,
});

describe('a path that leads nowhere', () => {
  it.each([
    ['to a name that is not there', 'price', 'unreadable', 'no price among amount, steps'],
    ['into a number', 'amount.low', 'unreadable', 'nothing to find under low'],
    ['to a struct', 'maybe', 'unreadable', 'compared by its members'],
    ['to no member at all', '', 'unreadable', 'no  among'],
    ['behind the last item', 'steps.2.pool', 'inapplicable', 'shorter'],
    ['to the payload of a variant without one', 'maybe.value', 'inapplicable', 'no value'],
    ['to a name of a variant', 'maybe.other', 'unreadable', 'no other among variant'],
    ['to a value of what is no enum', 'value', 'unreadable', 'no value among'],
  ])('%s', (_name, path, kind, reason) => {
    const found = valueAt(VALUE, path.split('.'));
    expect(found).toMatchObject({ kind, reason: expect.stringContaining(reason) });
    expect(found).not.toHaveProperty('doubtful');
  });
});

describe('a path', () => {
  const numbers = (...items: readonly bigint[]) => list(...items.map(number));

  it.each([
    ['to a member', 'amount', number(7n)],
    ['to a place', 'steps.1.pool', number(2n)],
    ['to every item', 'steps.pool', numbers(1n, 2n)],
    ['to lists of lists', 'grid', list(numbers(1n), numbers(2n, 3n))],
    ['to a place of a place', 'grid.1.0', number(2n)],
    ['to one list', 'grid.1', numbers(2n, 3n)],
    ['to a variant', 'maybe.variant', { kind: 'text', value: 'None' }],
  ])('%s', (_name, path, expected) => {
    expect(valueAt(VALUE, path.split('.'))).toEqual(expected);
  });

  it('of no steps is the value', () => {
    expect(valueAt(number(7n), [])).toEqual(number(7n));
  });
});

describe('a place', () => {
  it.each(['0', '1', '10', '999999'])('is %s', (step) => {
    expect(isPlace(step)).toBe(true);
  });

  it.each([undefined, '', '00', '01', '1000000', '-1', '1.0', ' 1', '1 ', 'a', '0x1', '1a', 'a1'])(
    'is not %s',
    (step) => {
      expect(isPlace(step)).toBe(false);
    },
  );
});
