import type { PolicyOperator } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { compileField, type Written } from '../../fixtures/ethereum.ts';
import { abiOf } from '../../fixtures/solidity.ts';
import { ETHEREUM_CALLDATA } from './ethereum-calldata.ts';

const abi = abiOf(
  'function f(bytes4 tag, bytes data, uint256 amount)',
  'function g(bytes2 tag)',
  'function g(bytes3 tag, uint256 amount)',
  'function h(bytes tag)',
  'function h(uint256 tag)',
) as NonNullable<Written['abi']>;

const compile = (field: string, operator: PolicyOperator, value: string | string[]) =>
  compileField(ETHEREUM_CALLDATA, { field, abi, operator, value });

function expectedBy(field: string, operator: PolicyOperator, value: string | string[]): unknown {
  try {
    compile(field, operator, value);
    return 'taken';
  } catch (error) {
    expect(error).toMatchObject({
      code: 'ERR_POLICY_DOCUMENT_INVALID',
      details: { field: 'value' },
    });
    return (error as { details: { expected: string } }).details.expected;
  }
}

const FOUR = '0x and 8 lower-case hex digits';
const ANY = '0x and an even number of lower-case hex digits';
const PART = 'lower-case hex digits';

describe('values for bytes', () => {
  it.each<[string, PolicyOperator, string | string[], string]>([
    ['f.tag', 'eq', '0xA9059CBB', FOUR],
    ['f.tag', 'eq', 'a9059cbb', FOUR],
    ['f.tag', 'eq', '0xa9059c', FOUR],
    ['f.tag', 'eq', '0xa9059cbb00', FOUR],
    ['f.tag', 'eq', ' 0xa9059cbb', FOUR],
    ['f.tag', 'in', ['0xa9059cbb', '0xa9'], FOUR],
    ['f.data', 'eq', '0x123', ANY],
    ['f.data', 'eq', '12', ANY],
    ['f.data', 'eq', '0x12 ', ANY],
    ['f.data', 'contains', 'A9', PART],
    ['f.data', 'contains', '0x', PART],
    ['f.data', 'contains', 'a9!', PART],
    ['f.data', 'starts_with', ' 0xa9', PART],
    ['g.tag', 'eq', '0x12', '0x and 4 or 6 lower-case hex digits'],
  ])('%s %s %j is refused', (field, operator, value, expected) => {
    expect(expectedBy(field, operator, value)).toBe(expected);
  });

  it.each<[string, PolicyOperator, string | string[]]>([
    ['f.tag', 'eq', '0xa9059cbb'],
    ['f.tag', 'in', ['0xa9059cbb', '0x00000000']],
    ['f.tag', 'starts_with', '0xa9'],
    ['f.tag', 'ends_with', 'bb'],
    ['f.tag', 'contains', '9'],
    ['f.data', 'eq', '0x'],
    ['f.data', 'eq', '0x1234'],
    ['g.tag', 'eq', '0x1234'],
    ['g.tag', 'eq', '0x123456'],
    // An overload has no bytes there, so anything may be meant.
    ['h.tag', 'eq', 'FF'],
    ['f.amount', 'eq', '5'],
  ])('%s %s %j is taken', (field, operator, value) => {
    expect(expectedBy(field, operator, value)).toBe('taken');
  });

  it('are not looked at in the faithful profile', () => {
    const written = { field: 'f.tag', abi, operator: 'eq' as const, value: 'FF' };
    expect(compileField(ETHEREUM_CALLDATA, written, 'faithful').kind).toBe('text');
  });
});

describe('a field two overloads have', () => {
  it('is of one kind, or of any', () => {
    expect(compile('g.tag', 'eq', '0x1234').kind).toBe('text');
    expect(compile('h.tag', 'eq', '5').kind).toBe('any');
  });
});

describe('a field the ABI lacks is refused with those it has', () => {
  const expectedFor = (field: string) => {
    try {
      compile(field, 'eq', '5');
    } catch (error) {
      return (error as { details: { field: string; expected: string } }).details;
    }
    return undefined;
  };

  it.each([
    ['f.amount.low', 'f.amount, which has no members'],
    ['f.price', ''],
    ['k.amount', ''],
  ])('%s', (field, expected) => {
    expect(expectedFor(field)).toMatchObject({ field: 'field', expected });
  });
});
