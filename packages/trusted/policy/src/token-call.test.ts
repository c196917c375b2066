import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { deniedEntrypointName } from './denied-selectors.ts';
import {
  HARMLESS_ENTRYPOINTS,
  OPAQUE_TOKEN_ENTRYPOINTS,
  readTokenCall,
  TOKEN_LAYOUTS,
  type TokenAction,
} from './token-call.ts';

const selectorOf = (name: string): bigint => BigInt(hash.getSelectorFromName(name));
const read = (name: string, ...calldata: readonly bigint[]) =>
  readTokenCall(selectorOf(name), calldata);

const LAYOUT_NAMES = [...TOKEN_LAYOUTS].map(([selector, [name]]) => [name, selector] as const);
const OTHER_NAMES = [...HARMLESS_ENTRYPOINTS, ...OPAQUE_TOKEN_ENTRYPOINTS].map(
  ([selector, name]) => [name, selector] as const,
);

describe('the tables', () => {
  it.each([...LAYOUT_NAMES, ...OTHER_NAMES])(
    '%s has the selector of its name',
    (name, selector) => {
      expect(selector).toBe(selectorOf(name));
    },
  );

  it('do not overlap, with each other or with denied entrypoints', () => {
    const all = [...LAYOUT_NAMES, ...OTHER_NAMES].map(([, selector]) => selector);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((selector) => deniedEntrypointName(selector) !== undefined)).toEqual([]);
  });

  it('hold both spellings of what has two', () => {
    const known = new Set([...LAYOUT_NAMES, ...OTHER_NAMES].map(([name]) => name));
    const camel = (name: string): string =>
      name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    const single = new Set(['permit_and_transfer', 'approve_and_call']);
    const missing = [...known].filter((name) => !single.has(name) && !known.has(camel(name)));
    expect(missing).toEqual([]);
  });
});

describe('readTokenCall decodes', () => {
  const cases: readonly (readonly [string, readonly bigint[], TokenAction, bigint, bigint])[] = [
    ['transfer', [7n, 5n, 0n], 'transfer', 7n, 5n],
    ['transfer', [7n, 0n, 1n], 'transfer', 7n, 1n << 128n],
    ['transfer', [0n, 0n, 0n], 'transfer', 0n, 0n],
    ['transfer_from', [1n, 7n, 5n, 0n], 'transfer_from', 7n, 5n],
    ['transferFrom', [1n, 7n, 5n, 2n], 'transfer_from', 7n, (2n << 128n) + 5n],
    ['approve', [7n, 5n, 0n], 'approve', 7n, 5n],
    ['increase_allowance', [7n, 5n, 0n], 'increase_allowance', 7n, 5n],
    ['increaseAllowance', [7n, 5n, 0n], 'increase_allowance', 7n, 5n],
  ];

  it.each(cases)('%s %s', (name, calldata, action, recipient, amount) => {
    expect(read(name, ...calldata)).toEqual({
      kind: 'decoded',
      call: { action, recipient, amount },
    });
  });

  it('the greatest amount', () => {
    const half = (1n << 128n) - 1n;
    expect(read('transfer', 7n, half, half)).toMatchObject({ call: { amount: (1n << 256n) - 1n } });
  });
});

describe('readTokenCall does not guess', () => {
  it.each(LAYOUT_NAMES)('%s with a felt less or more', (_name, selector) => {
    const felts = TOKEN_LAYOUTS.get(selector)?.[1].felts ?? 0;
    for (const count of [0, 1, felts - 1, felts + 1, felts + 2]) {
      const calldata = Array.from({ length: count }, () => 1n);
      expect(readTokenCall(selector, calldata)).toEqual({ kind: 'undecodable' });
    }
  });

  it.each([
    ['low', [7n, 1n << 128n, 0n]],
    ['high', [7n, 0n, 1n << 128n]],
  ])('a %s half past 128 bits', (_name, calldata) => {
    expect(read('transfer', ...calldata)).toEqual({ kind: 'undecodable' });
  });

  it.each([...OPAQUE_TOKEN_ENTRYPOINTS])('selector %s (%s) is undecodable', (selector) => {
    expect(readTokenCall(selector, [1n, 2n, 0n])).toEqual({ kind: 'undecodable' });
  });

  it.each([...HARMLESS_ENTRYPOINTS])('selector %s (%s) is harmless', (selector) => {
    expect(readTokenCall(selector, [1n, 2n, 0n])).toEqual({ kind: 'harmless' });
  });

  it('an entrypoint nobody knows', () => {
    expect(read('multi_route_swap', 1n, 2n, 0n)).toEqual({ kind: 'unknown' });
    expect(readTokenCall(0n, [])).toEqual({ kind: 'unknown' });
  });
});
