import { describe, expect, it } from 'vitest';
import type { DecodedValue } from './call-reading.ts';
import { carriedCalls } from './carried-calls.ts';

const number = (value: bigint): DecodedValue => ({ kind: 'number', value });
const address = (value: bigint): DecodedValue => ({ kind: 'address', value });
const list = (...items: readonly DecodedValue[]): DecodedValue => ({ kind: 'list', items });
const struct = (members: Readonly<Record<string, DecodedValue>>): DecodedValue => ({
  kind: 'struct',
  fields: new Map(Object.entries(members)),
});
const call = (change: Readonly<Record<string, DecodedValue>> = {}) =>
  struct({ to: address(1n), selector: number(2n), calldata: list(number(3n)), ...change });
const carried = (calls: DecodedValue, path: readonly string[] = ['outer', 'calls']) =>
  carriedCalls(path, new Map([['outer', struct({ calls })]]));

describe('calls in parameters', () => {
  it('are read in order', () => {
    const second = call({ to: address(9n), calldata: list() });
    expect(carried(list(call(), second))).toEqual([
      { to: 1n, selector: 2n, calldata: [3n] },
      { to: 9n, selector: 2n, calldata: [] },
    ]);
  });

  it('are none where the list is empty', () => {
    expect(carried(list())).toEqual([]);
  });
});

describe('what is no call is left out', () => {
  it.each<[string, DecodedValue]>([
    ['a number', number(1n)],
    ['a receiver that is no address', call({ to: number(1n) })],
    ['a selector that is no number', call({ selector: address(2n) })],
    ['calldata that is no list', call({ calldata: number(3n) })],
    ['no receiver', struct({ selector: number(2n), calldata: list() })],
    ['no selector', struct({ to: address(1n), calldata: list() })],
    ['no calldata', struct({ to: address(1n), selector: number(2n) })],
  ])('%s', (_name, item) => {
    expect(carried(list(call(), item))).toHaveLength(1);
  });

  it.each<[string, readonly string[]]>([
    ['a path to nothing', ['outer', 'none']],
    ['a path through nothing', ['none', 'calls']],
    ['a path through a list', ['outer', 'calls', '0']],
    ['a path to a struct', ['outer']],
  ])('%s', (_name, path) => {
    expect(carried(list(call()), path)).toEqual([]);
  });
});
