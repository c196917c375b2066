import { describe, expect, it } from 'vitest';
import {
  ADDRESS,
  abiFunction,
  arrayOf,
  BYTE_ARRAY,
  CAIRO_PRIMITIVES,
  FELT,
  U256,
} from '../fixtures/cairo.ts';
import { createCallReader } from './call-reader.ts';
import { describeCall, formatUnits } from './describe-call.ts';

const { selectorOf } = CAIRO_PRIMITIVES;
const STRK = 0x70c3n;
const OTHER = 0x70c4n;
const TOKENS = new Map([[STRK, { symbol: 'STRK', decimals: 18 }]]);

const reader = createCallReader({
  abis: [
    {
      targets: [OTHER],
      abi: [
        abiFunction('swap', {
          amount: U256,
          to: ADDRESS,
          exact: 'core::bool',
          path: arrayOf(FELT),
          pair: '(felt, felt)',
        }),
        abiFunction('say', { words: BYTE_ARRAY }, 'view'),
        abiFunction(
          'long',
          Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`p${i}`, FELT])),
          'view',
        ),
      ],
    },
  ],
  primitives: CAIRO_PRIMITIVES,
});

function words(to: bigint, name: string, ...calldata: readonly bigint[]): string {
  const call = { to, selector: selectorOf(name), calldata };
  return describeCall(call, reader.read(call), TOKENS);
}

const text = (bytes: string) => [0n, BigInt(`0x${bytes}`), BigInt(bytes.length / 2)] as const;

describe('describeCall says', () => {
  it.each([
    [
      'transfer of 1.5 STRK (1500000000000000000 base units) to 0xb0b',
      STRK,
      'transfer',
      [0xb0bn, 1_500_000_000_000_000_000n, 0n],
    ],
    ['approve of 5 base units of 0x70c4 to 0xb0b', OTHER, 'approve', [0xb0bn, 5n, 0n]],
    ['burn of 0.000000000000000001 STRK (1 base unit)', STRK, 'burn', [1n, 0n]],
    [
      'set_approval_for_all of any amount of 0x70c4 to 0xb0b',
      OTHER,
      'set_approval_for_all',
      [0xb0bn, 1n],
    ],
    [
      'set_approval_for_all on 0x70c4: operator 0xb0b, approved false',
      OTHER,
      'set_approval_for_all',
      [0xb0bn, 0n],
    ],
    [
      'safe_transfer_from on 0x70c4: transfer of any amount of 0x70c4 to 0xb0b; transfer of 2 base units of 0x70c4 to 0xb0b',
      OTHER,
      'safe_transfer_from',
      [1n, 0xb0bn, 9n, 0n, 2n, 0n, 0n],
    ],
    [
      '__execute__ on 0xacc0: transfer of 2 STRK (2000000000000000000 base units) to 0xb0b',
      0xacc0n,
      '__execute__',
      [1n, STRK, selectorOf('transfer'), 3n, 0xb0bn, 2_000_000_000_000_000_000n, 0n],
    ],
    ['total_supply on 0x70c3', STRK, 'total_supply', []],
    [
      'swap on 0x70c4: amount 5, to 0xb0b, exact true, path [2 items], pair {0 1} (what it moves is not known)',
      OTHER,
      'swap',
      [5n, 0n, 0xb0bn, 1n, 2n, 7n, 8n, 1n, 2n],
    ],
    [
      'long on 0x70c4: p0 1, p1 1, p2 1, p3 1, p4 1, p5 1, p6 1, p7 1, 2 more',
      OTHER,
      'long',
      Array<bigint>(10).fill(1n),
    ],
    [
      'transfer on 0x70c3, not readable: parameter `amount`: the calldata ends where u256 was expected',
      STRK,
      'transfer',
      [1n, 2n],
    ],
    [
      `0x${selectorOf('nobody_knows').toString(16)} on 0x70c3 with 1 felt`,
      STRK,
      'nobody_knows',
      [1n],
    ],
    ['say on 0x70c4: words "hi"', OTHER, 'say', text('6869')],
  ])('%s', (expected, to, name, calldata) => {
    expect(words(to, name, ...calldata)).toBe(expected);
  });

  it.each([
    ['a new line', '0a', '\\u{a}'],
    ['an escape', '1b5b314a', '\\u{1b}[1J'],
    ['a change of direction', 'e280ae', '\\u{202e}'],
    ['a blank that is none', 'c2a0', '\\u{a0}'],
    ['a quotation mark', '22', '\\u{22}'],
    ['a backslash', '5c', '\\u{5c}'],
  ])('%s in a visible way', (_name, bytes, shown) => {
    expect(words(OTHER, 'say', ...text(bytes))).toBe(`say on 0x70c4: words "${shown}"`);
  });

  it('the start of a long text', () => {
    const full = BigInt(`0x${'61'.repeat(31)}`);
    expect(words(OTHER, 'say', 3n, full, full, full, 0n, 0n)).toBe(
      `say on 0x70c4: words "${'a'.repeat(80)}…"`,
    );
  });
});

describe('formatUnits', () => {
  it.each([
    [0n, 18, '0'],
    [1n, 0, '1'],
    [1_500n, 3, '1.5'],
    [1_000n, 3, '1'],
    [1n, 3, '0.001'],
    [10n ** 60n, 18, `1${'0'.repeat(42)}`],
    [12_345n, 2, '123.45'],
    [100n, 0, '100'],
  ])('%s with %s decimals is %s', (amount, decimals, shown) => {
    expect(formatUnits(amount, decimals)).toBe(shown);
  });
});
