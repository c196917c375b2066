/**
 * What a field is compared with, parsed once at load.
 *
 * @module
 */

import type { PolicyCondition, PolicyConditionSet } from '@countersign/protocol';
import { parsePolicyNumber } from './amounts.ts';
import type { ScalarKind } from './field-source.ts';

/** One value of a condition, in every form it can be compared in. */
export interface Operand {
  readonly text: string;
  readonly number: bigint | undefined;
  readonly boolean: boolean | undefined;
  /** Counts once the clock has reached this, milliseconds since 1970. */
  readonly countsFromMs: number;
  /** Where it stands: `value`, `value[3]`, or the path of the item in its condition set. */
  readonly member: string;
}

/** A value before it is parsed. */
export interface RawOperand {
  readonly text: string;
  readonly countsFromMs: number;
  readonly member: string;
}

/**
 * The values of a condition: its one value, its list, or the items of the set it names.
 *
 * @returns `undefined` when it names a set that does not exist.
 */
export function rawOperands(
  { operator, value }: PolicyCondition,
  sets: ReadonlyMap<string, PolicyConditionSet>,
): readonly RawOperand[] | undefined {
  if (operator !== 'in_condition_set') {
    if (typeof value === 'string') return [{ text: value, countsFromMs: 0, member: 'value' }];
    return value.map((text, i) => ({ text, countsFromMs: 0, member: `value[${i}]` }));
  }
  const set = typeof value === 'string' ? sets.get(value) : undefined;
  return set?.items.map((item, i) => {
    const member = `condition set ${set.id}, items[${i}]`;
    if (typeof item === 'string') return { text: item, countsFromMs: 0, member };
    return { text: item.value, countsFromMs: countsFromMs(set, item.added_at), member };
  });
}

/** An item without a time was there from the beginning. */
function countsFromMs(set: PolicyConditionSet, addedAtSec: number | undefined): number {
  return addedAtSec === undefined ? 0 : (addedAtSec + (set.cooling_seconds ?? 0)) * 1_000;
}

/** Parses a value in every form. @param words - Words that stand for numbers. */
export function parseOperand(
  { text, countsFromMs, member }: RawOperand,
  words: ReadonlyMap<string, bigint> | undefined,
): Operand {
  return {
    text,
    number: words?.get(text) ?? parsePolicyNumber(text),
    boolean: text === 'true' ? true : text === 'false' ? false : undefined,
    countsFromMs,
    member,
  };
}

/** Whether a value can be compared with fields of this kind. */
export function operandFits({ number, boolean }: Operand, kind: ScalarKind): boolean {
  if (kind === 'number') return number !== undefined;
  if (kind === 'address') return number !== undefined && number >= 0n;
  return kind === 'text' || boolean !== undefined;
}

/** What a value for a field of this kind looks like, for error texts. */
export function operandForm(kind: ScalarKind): string {
  if (kind === 'number') return 'a whole number in quotes: decimal digits, or 0x and hex digits';
  if (kind === 'address') return 'an address in quotes: 0x and hex digits';
  return kind === 'text' ? 'text' : 'true or false, in quotes';
}
