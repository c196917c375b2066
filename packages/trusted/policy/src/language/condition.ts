/**
 * Conditions, ready to be held against units.
 *
 * @module
 */

import type { PolicyCondition } from '@countersign/protocol';
import { type Comparison, ERROR, FALSE, type Outcome, TRUE } from './comparison.ts';
import type { FieldValue } from './field-value.ts';
import type { PolicyUnit } from './policy-unit.ts';

/** A unit and the fields found in it so far, one slot for all conditions about the same field. */
export interface Frame {
  readonly unit: PolicyUnit;
  readonly values: (FieldValue | undefined)[];
}

/**
 * What follows when a condition holds. The same condition is read in two ways, so that what is not
 * certain never helps a request.
 *
 * `permits`: a list holds when every item does, a doubt is false, an item of a condition set that is
 * cooling does not count yet. `restricts`, for denying, demanding an approval and counting: a list holds
 * when any item does, a doubt is an error, every item of a set counts at once. What permits is
 * therefore true in the other reading as well.
 */
export type ConditionUse = 'permits' | 'restricts';

export interface CompiledCondition {
  /** As it was written. */
  readonly written: PolicyCondition;
  /** Path in the document: `rules[2].conditions[0]`. */
  readonly path: string;
  /** Place of the field among the values of a frame. */
  readonly slot: number;
  readonly resolve: (unit: PolicyUnit) => FieldValue;
  /** Compares one value, by what the condition is used for. */
  readonly compare: Readonly<Record<ConditionUse, Comparison>>;
}

/** Holds one condition against a frame. */
export function judgeCondition(
  condition: CompiledCondition,
  frame: Frame,
  use: ConditionUse,
): Outcome {
  const { nowMs } = frame.unit.intent;
  return judgeValue(seenValue(condition, frame), condition.compare[use], use, nowMs);
}

/** The field of a condition, found once per unit. */
export function seenValue(
  { slot, resolve }: CompiledCondition,
  { unit, values }: Frame,
): FieldValue {
  const known = values[slot];
  if (known !== undefined) return known;
  const value = resolve(unit);
  values[slot] = value;
  return value;
}

function judgeValue(
  value: FieldValue,
  compare: Comparison,
  use: ConditionUse,
  nowMs: number,
): Outcome {
  if (value.kind === 'inapplicable') return value.doubtful && use === 'restricts' ? ERROR : FALSE;
  if (value.kind === 'unreadable') return ERROR;
  if (value.kind === 'list') return judgeItems(value.items, compare, use, nowMs);
  return compare(value, nowMs);
}

/** Nothing is true of an empty list: who asks about recipients means that there is one. */
function judgeItems(
  items: readonly FieldValue[],
  compare: Comparison,
  use: ConditionUse,
  nowMs: number,
): Outcome {
  let holding = 0;
  for (const item of items) {
    const outcome = judgeValue(item, compare, use, nowMs);
    if (outcome === ERROR) return ERROR;
    holding += outcome;
  }
  const needed = use === 'restricts' ? 1 : items.length;
  return holding > 0 && holding >= needed ? TRUE : FALSE;
}
