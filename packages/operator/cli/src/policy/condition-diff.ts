/**
 * Differences between the conditions of two versions of a rule.
 *
 * @module
 */

import { type CanonicalValue, canonicalJson, type PolicyCondition } from '@countersign/protocol';
import { type ChangeEffect, effectOfGrowth, opposite, type PolicyChange } from './policy-change.ts';

type Conditions = readonly PolicyCondition[];
type Difference = Omit<PolicyChange, 'subject'>;

/**
 * Compares two lists of conditions, all of which must hold.
 *
 * @returns Changes with their effect in a rule that allows.
 */
export function diffConditions(before: Conditions, after: Conditions): readonly Difference[] {
  const [gone, come] = [without(before, after), without(after, before)];
  const changes: Difference[] = [];
  const paired = new Set<PolicyCondition>();
  for (const old of gone) {
    const now = come.find((one) => !paired.has(one) && placeOf(one) === placeOf(old));
    if (now === undefined)
      changes.push({ text: `no longer asks ${inWords(old)}`, effect: 'widens' });
    else {
      paired.add(now);
      changes.push(changedValue(old, now));
    }
  }
  for (const one of come) {
    if (!paired.has(one)) changes.push({ text: `also asks ${inWords(one)}`, effect: 'narrows' });
  }
  return changes;
}

/** A condition as a person would say it. */
export function inWords({ field_source, field, operator, value }: PolicyCondition): string {
  const shown = typeof value === 'string' ? `"${value}"` : `[${value.join(', ')}]`;
  return `${field_source}.${field} ${operator} ${shown}`;
}

/** Items of a list that the other does not have, each as often as it is missing. */
function without(list: Conditions, other: Conditions): PolicyCondition[] {
  const left = other.map(textOf);
  return list.filter((condition) => {
    const at = left.indexOf(textOf(condition));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function textOf(condition: PolicyCondition): string {
  return canonicalJson(condition as CanonicalValue);
}

/** What two conditions have in common when one is a new version of the other. */
function placeOf({ field_source, field, operator }: PolicyCondition): string {
  return JSON.stringify([field_source, field, operator]);
}

function changedValue(old: PolicyCondition, now: PolicyCondition): Difference {
  const { value: _before, ...oldRest } = old;
  const { value: _after, ...nowRest } = now;
  const text = `asks ${inWords(now)} instead of ${inWords(old)}`;
  const sameElse =
    canonicalJson(oldRest as CanonicalValue) === canonicalJson(nowRest as CanonicalValue);
  return { text, effect: sameElse ? effectOfValue(old, now) : 'unclear' };
}

function effectOfValue(old: PolicyCondition, now: PolicyCondition): ChangeEffect {
  if (old.operator === 'in') return effectOfList(valuesOf(old), valuesOf(now));
  const [before, after] = [numberOf(old), numberOf(now)];
  if (before === undefined || after === undefined) return 'unclear';
  if (old.operator === 'lt' || old.operator === 'lte') return effectOfGrowth(before, after);
  if (old.operator === 'gt' || old.operator === 'gte')
    return opposite(effectOfGrowth(before, after));
  return 'unclear';
}

function effectOfList(before: readonly string[], after: readonly string[]): ChangeEffect {
  const grew = after.some((item) => !before.includes(item));
  const shrank = before.some((item) => !after.includes(item));
  if (grew && shrank) return 'unclear';
  if (grew) return 'widens';
  return shrank ? 'narrows' : 'neutral';
}

function valuesOf({ value }: PolicyCondition): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function numberOf({ value }: PolicyCondition): bigint | undefined {
  if (typeof value !== 'string' || !/^([0-9]{1,78}|0x[0-9a-fA-F]{1,64})$/.test(value))
    return undefined;
  return BigInt(value);
}
