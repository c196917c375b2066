/**
 * Conditions, ready to be held against units.
 *
 * @module
 */

import type { PolicyCondition, RuleAction } from '@countersign/protocol';
import { type Comparison, ERROR, FALSE, type Outcome, TRUE } from './comparison.ts';
import type { FieldValue } from './field-value.ts';
import type { PolicyUnit } from './policy-unit.ts';

/** A unit and the fields found in it so far, one slot for all conditions about the same field. */
export interface Frame {
  readonly unit: PolicyUnit;
  readonly values: (FieldValue | undefined)[];
}

/** What a condition is for: a rule with this action, or saying what a limit counts. */
export type ConditionUse = RuleAction | 'LIMIT';

export interface CompiledCondition {
  /** As it was written. */
  readonly written: PolicyCondition;
  /** Path in the document: `rules[2].conditions[0]`. */
  readonly path: string;
  /** Place of the field among the values of a frame. */
  readonly slot: number;
  readonly resolve: (unit: PolicyUnit) => FieldValue;
  readonly compare: Comparison;
  readonly use: ConditionUse;
}

/** Holds one condition against a frame. */
export function judgeCondition(condition: CompiledCondition, frame: Frame): Outcome {
  return judgeValue(seenValue(condition, frame), condition, frame.unit.intent.nowMs);
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

function judgeValue(value: FieldValue, condition: CompiledCondition, nowMs: number): Outcome {
  if (value.kind === 'inapplicable') return value.doubtful && guards(condition) ? ERROR : FALSE;
  if (value.kind === 'unreadable') return ERROR;
  if (value.kind === 'list') return judgeItems(value.items, condition, nowMs);
  return condition.compare(value, nowMs);
}

/** Whether being false lets a request past something, so that a doubt must not count as false. */
function guards({ use }: CompiledCondition): boolean {
  return use !== 'ALLOW';
}

/** Whether one item of a list is enough: to deny, and to be counted, where too much is safe. */
export function isEager(use: ConditionUse): boolean {
  return use === 'DENY' || use === 'LIMIT';
}

/** Nothing is true of an empty list: who asks about recipients means that there is one. */
function judgeItems(
  items: readonly FieldValue[],
  condition: CompiledCondition,
  nowMs: number,
): Outcome {
  let holding = 0;
  for (const item of items) {
    const outcome = judgeValue(item, condition, nowMs);
    if (outcome === ERROR) return ERROR;
    holding += outcome;
  }
  if (isEager(condition.use)) return holding > 0 ? TRUE : FALSE;
  return holding > 0 && holding === items.length ? TRUE : FALSE;
}
