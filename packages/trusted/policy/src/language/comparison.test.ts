import { POLICY_OPERATORS, type PolicyOperator } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { parsePolicyNumber, UNLIMITED_AMOUNT } from './amounts.ts';
import {
  compileComparison,
  ERROR,
  FALSE,
  OPERATORS_OF,
  type ScalarValue,
  TRUE,
} from './comparison.ts';
import { parseOperand } from './operand.ts';

const number = (value: bigint): ScalarValue => ({ kind: 'number', value });
const address = (value: bigint): ScalarValue => ({ kind: 'address', value });
const text = (value: string): ScalarValue => ({ kind: 'text', value });
const boolean = (value: boolean): ScalarValue => ({ kind: 'boolean', value });

const operand = (written: string, countsFromMs = 0) =>
  parseOperand({ text: written, countsFromMs, member: 'value' }, undefined);

const compare = (value: ScalarValue, operator: PolicyOperator, ...written: readonly string[]) =>
  compileComparison(
    operator,
    written.map((item) => operand(item)),
  )(value, 0);

const SAMPLES = {
  number: number(5n),
  address: address(5n),
  text: text('5'),
  boolean: boolean(true),
};

describe('an operator that means nothing for a kind', () => {
  const meaningless = Object.entries(SAMPLES).flatMap(([kind, value]) =>
    POLICY_OPERATORS.filter((name) => !OPERATORS_OF[value.kind].includes(name)).map(
      (name) => [name, kind, value] as const,
    ),
  );

  it.each(meaningless)('%s of %s is an error', (name, _kind, value) => {
    expect(compare(value, name, '5')).toBe(ERROR);
  });
});

describe('a value of the policy that has another form', () => {
  it.each([
    ['number', number(5n), 'eq', 'five'],
    ['number', number(5n), 'eq', '5.0'],
    ['number', number(5n), 'eq', ' 5'],
    ['number', number(5n), 'eq', '5e0'],
    ['number', number(5n), 'eq', '+5'],
    ['number', number(5n), 'eq', ''],
    ['number', number(5n), 'lt', 'ten'],
    ['number', number(5n), 'lt', '1'.repeat(79)],
    ['address', address(5n), 'eq', 'vitalik.eth'],
    ['boolean', boolean(true), 'eq', 'True'],
    ['number', number(5n), 'in', 'five'],
    ['boolean', boolean(true), 'in_condition_set', 'yes'],
  ] as const)('%s: error', (_kind, value, name, written) => {
    expect(compare(value, name, written)).toBe(ERROR);
  });

  it('is no error in a list where the value is found', () => {
    expect(compare(number(5n), 'in', 'five', '5')).toBe(TRUE);
    expect(compare(number(6n), 'in', 'five', '5')).toBe(ERROR);
  });

  it('is an error when there are two of one, or none', () => {
    expect(compare(number(5n), 'eq', '5', '5')).toBe(ERROR);
    expect(compare(number(5n), 'eq')).toBe(ERROR);
  });
});

describe('does not hold', () => {
  it.each([
    [number(5n), 'eq', ['6']],
    [number(5n), 'gt', ['5']],
    [number(5n), 'gte', ['6']],
    [number(5n), 'lt', ['5']],
    [number(5n), 'lte', ['4']],
    [number(-5n), 'gt', ['0']],
    [number(5n), 'in', ['4', '6']],
    [number(5n), 'in', []],
    [number(UNLIMITED_AMOUNT), 'lte', ['9'.repeat(78)]],
    [address(5n), 'eq', ['0x6']],
    [text('abc'), 'eq', ['Abc']],
    [text('abc'), 'eq', ['abc ']],
    [text('abc'), 'in', ['ABC']],
    [text('abc'), 'contains', ['d']],
    [text('abc'), 'starts_with', ['b']],
    [text('abc'), 'ends_with', ['b']],
    [text('5'), 'eq', ['0x5']],
    [boolean(true), 'eq', ['false']],
  ] as const)('%o %s %o', (value, name, written) => {
    expect(compare(value, name, ...written)).toBe(FALSE);
  });
});

describe('holds', () => {
  it.each([
    [number(5n), 'eq', ['5']],
    [number(5n), 'eq', ['0x5']],
    [number(5n), 'eq', ['005']],
    [number(-5n), 'lt', ['-4']],
    [number(5n), 'gt', ['4']],
    [number(5n), 'gte', ['5']],
    [number(5n), 'lt', ['6']],
    [number(5n), 'lte', ['5']],
    [number(5n), 'in', ['4', '0x05']],
    [number(1n << 250n), 'eq', [`0x4${'0'.repeat(62)}`]],
    [number(UNLIMITED_AMOUNT), 'gt', ['9'.repeat(78)]],
    [address(0xabcn), 'eq', ['0xABC']],
    [address(0xabcn), 'in', ['0x1', '0x0aBc']],
    [text('abc'), 'in', ['x', 'abc']],
    [text('abc'), 'contains', ['b']],
    [text('abc'), 'starts_with', ['ab']],
    [text('abc'), 'ends_with', ['bc']],
    [text('__proto__'), 'in', ['__proto__']],
    [boolean(false), 'eq', ['false']],
    [boolean(false), 'in', ['true', 'false']],
  ] as const)('%o %s %o', (value, name, written) => {
    expect(compare(value, name, ...written)).toBe(TRUE);
  });
});

describe('an item of a condition set', () => {
  const inSet = compileComparison('in_condition_set', [
    operand('0x1'),
    operand('0x2', 1_000),
    operand('0x02', 500),
  ]);

  it.each([
    ['counts from the beginning', 1n, 0, TRUE],
    ['does not count before its time', 2n, 499, FALSE],
    ['counts from its time, the earlier of two', 2n, 500, TRUE],
    ['that is none never counts', 3n, 9_999, FALSE],
  ] as const)('%s', (_name, value, nowMs, outcome) => {
    expect(inSet(address(value), nowMs)).toBe(outcome);
  });
});

describe('parsePolicyNumber', () => {
  it.each(['', '0x', '0X1', '-0x1', '--1', '1_000', '１', `0x${'f'.repeat(65)}`, '1\n'])(
    'refuses %o',
    (written) => {
      expect(parsePolicyNumber(written)).toBeUndefined();
    },
  );
});
