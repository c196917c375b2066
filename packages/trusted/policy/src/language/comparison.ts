/**
 * Operators: what they compare, and with what outcome.
 *
 * Numbers and addresses compare as numbers whatever their notation, text character by character. What
 * an operator cannot compare is an error, never a guess: `lt` has nothing to say about text.
 *
 * @module
 */

import type { PolicyOperator } from '@countersign/protocol';
import type { ScalarKind } from './field-source.ts';
import type { FieldValue } from './field-value.ts';
import type { Operand } from './operand.ts';

/** Outcome of a condition; numbers, because decisions are made of thousands of them. */
export const FALSE = 0;
export const TRUE = 1;
export const ERROR = 2;
export type Outcome = typeof FALSE | typeof TRUE | typeof ERROR;

/** A value that is one thing, and there. */
export type ScalarValue = Extract<FieldValue, { readonly value: unknown }>;

/** Compares one value with the operands it was made for. */
export type Comparison = (value: ScalarValue, nowMs: number) => Outcome;

const EQUALITY: readonly PolicyOperator[] = ['eq', 'in', 'in_condition_set'];

/** Operators that mean something for a kind of value. */
export const OPERATORS_OF: Readonly<Record<ScalarKind, readonly PolicyOperator[]>> = {
  number: ['eq', 'gt', 'gte', 'lt', 'lte', 'in', 'in_condition_set'],
  address: EQUALITY,
  boolean: EQUALITY,
  text: [...EQUALITY, 'contains', 'starts_with', 'ends_with'],
};

const always =
  (outcome: Outcome): Comparison =>
  () =>
    outcome;

const outcomeOf = (holds: boolean): Outcome => (holds ? TRUE : FALSE);

/**
 * Makes the comparison of one condition.
 *
 * @param operands - One for every operator but `in` and `in_condition_set`; any other number of them
 *   compares to an error.
 */
export function compileComparison(
  operator: PolicyOperator,
  operands: readonly Operand[],
): Comparison {
  if (operator === 'in' || operator === 'in_condition_set') return membership(operands);
  const [operand] = operands;
  if (operand === undefined || operands.length > 1) return always(ERROR);
  switch (operator) {
    case 'eq':
      return equality(operand);
    case 'gt':
      return order(operand, (a, b) => a > b);
    case 'gte':
      return order(operand, (a, b) => a >= b);
    case 'lt':
      return order(operand, (a, b) => a < b);
    case 'lte':
      return order(operand, (a, b) => a <= b);
    case 'contains':
      return textual((text) => text.includes(operand.text));
    case 'starts_with':
      return textual((text) => text.startsWith(operand.text));
    case 'ends_with':
      return textual((text) => text.endsWith(operand.text));
  }
}

function equality({ text, number, boolean }: Operand): Comparison {
  return (value) => {
    const expected = value.kind === 'text' ? text : value.kind === 'boolean' ? boolean : number;
    return expected === undefined ? ERROR : outcomeOf(value.value === expected);
  };
}

function order({ number }: Operand, holds: (a: bigint, b: bigint) => boolean): Comparison {
  if (number === undefined) return always(ERROR);
  return (value) => (value.kind === 'number' ? outcomeOf(holds(value.value, number)) : ERROR);
}

function textual(holds: (text: string) => boolean): Comparison {
  return (value) => (value.kind === 'text' ? outcomeOf(holds(value.value)) : ERROR);
}

/** Values and when each of them begins to count. */
interface Members<T> {
  readonly countsFromMs: ReadonlyMap<T, number>;
  /** Whether every operand can be one of these. */
  readonly complete: boolean;
}

function membership(operands: readonly Operand[]): Comparison {
  const texts = membersOf(operands, (operand) => operand.text);
  const numbers = membersOf(operands, (operand) => operand.number);
  const booleans = membersOf(operands, (operand) => operand.boolean);
  return (value, nowMs) => {
    if (value.kind === 'text') return isMember(texts, value.value, nowMs);
    if (value.kind === 'boolean') return isMember(booleans, value.value, nowMs);
    return isMember(numbers, value.value, nowMs);
  };
}

function membersOf<T>(
  operands: readonly Operand[],
  pick: (operand: Operand) => T | undefined,
): Members<T> {
  const countsFromMs = new Map<T, number>();
  for (const operand of operands) {
    const value = pick(operand);
    if (value === undefined) continue;
    // Written twice, an item counts from the earlier time.
    const other = countsFromMs.get(value) ?? Number.POSITIVE_INFINITY;
    countsFromMs.set(value, Math.min(other, operand.countsFromMs));
  }
  return { countsFromMs, complete: operands.every((operand) => pick(operand) !== undefined) };
}

function isMember<T>({ countsFromMs, complete }: Members<T>, value: T, nowMs: number): Outcome {
  const from = countsFromMs.get(value);
  if (from !== undefined) return outcomeOf(nowMs >= from);
  return complete ? FALSE : ERROR;
}
