/**
 * Two versions of a policy compared: what changed, in words, and whether it widens or narrows.
 *
 * A comparison of documents, not of behaviour: where the effect depends on what is asked, it says so.
 *
 * @module
 */

import {
  type CanonicalValue,
  canonicalJson,
  type PolicyConditionSet,
  type PolicyDocument,
  type PolicyLimit,
  type PolicyRule,
} from '@countersign/protocol';
import { diffConditions } from './condition-diff.ts';
import { diffApproval, diffLimit } from './limit-diff.ts';
import { type ChangeEffect, opposite, type PolicyChange } from './policy-change.ts';

type Action = PolicyRule['action'];

/** From the least to the most that an action lets through. */
const PERMISSION: Readonly<Record<Action, number>> = { DENY: 0, REQUIRE_APPROVAL: 1, ALLOW: 2 };

/** What a new rule does. One that demands approval lets through, or holds up what another allowed. */
const EFFECT_OF_NEW_RULE: Readonly<Record<Action, ChangeEffect>> = {
  ALLOW: 'widens',
  DENY: 'narrows',
  REQUIRE_APPROVAL: 'unclear',
};

/** Compares two checked documents. @returns Nothing when they decide alike. */
export function diffPolicies(
  before: PolicyDocument,
  after: PolicyDocument,
): readonly PolicyChange[] {
  return [
    ...diffProfile(before, after),
    ...diffRules(before.rules, after.rules),
    ...diffLimits(before.limits ?? [], after.limits ?? [], 'limit'),
    ...diffSets(before.condition_sets ?? [], after.condition_sets ?? []),
    ...diffRest(before, after),
  ];
}

function diffProfile(before: PolicyDocument, after: PolicyDocument): readonly PolicyChange[] {
  const [was, is] = [before.profile ?? 'strict', after.profile ?? 'strict'];
  if (was === is) return [];
  const effect = is === 'faithful' ? 'widens' : 'narrows';
  return [{ subject: 'profile', text: `${is} instead of ${was}`, effect }];
}

function diffRules(
  before: readonly PolicyRule[],
  after: readonly PolicyRule[],
): readonly PolicyChange[] {
  return byName(before, after).flatMap(([name, was, is]) => {
    const subject = `rule "${name}"`;
    if (was === undefined) {
      return is === undefined
        ? []
        : [change(subject, `new: ${is.action}`, EFFECT_OF_NEW_RULE[is.action])];
    }
    if (is === undefined) {
      return [change(subject, `gone: ${was.action}`, opposite(EFFECT_OF_NEW_RULE[was.action]))];
    }
    return diffRule(was, is, subject);
  });
}

function diffRule(was: PolicyRule, is: PolicyRule, subject: string): readonly PolicyChange[] {
  const changes: PolicyChange[] = [];
  if (was.action !== is.action) {
    const effect = PERMISSION[is.action] > PERMISSION[was.action] ? 'widens' : 'narrows';
    changes.push(change(subject, `${is.action} instead of ${was.action}`, effect));
  }
  if (was.method !== is.method) {
    changes.push(change(subject, `for ${is.method} instead of ${was.method}`, 'unclear'));
  }
  for (const { text, effect } of diffConditions(was.conditions, is.conditions)) {
    changes.push(change(subject, text, inRule(effect, was.action, is.action)));
  }
  for (const { text, effect } of diffApproval(was.approval, is.approval)) {
    changes.push(change(subject, text, effect));
  }
  return [...changes, ...diffLimits(was.limits ?? [], is.limits ?? [], `${subject}, limit`)];
}

/** What a change of conditions does, given what the rule does. */
function inRule(effect: ChangeEffect, was: Action, is: Action): ChangeEffect {
  if (was === 'ALLOW' && is === 'ALLOW') return effect;
  if (was === 'DENY' && is === 'DENY') return opposite(effect);
  return 'unclear';
}

function diffLimits(
  before: readonly PolicyLimit[],
  after: readonly PolicyLimit[],
  kind: string,
): readonly PolicyChange[] {
  return byName(before, after).flatMap(([name, was, is]) => {
    const subject = `${kind} "${name}"`;
    if (was === undefined) return [change(subject, 'new', 'narrows')];
    if (is === undefined) return [change(subject, 'gone', 'widens')];
    return diffLimit(was, is).map(({ text, effect }) => change(subject, text, effect));
  });
}

function diffSets(
  before: readonly PolicyConditionSet[],
  after: readonly PolicyConditionSet[],
): readonly PolicyChange[] {
  const named = (sets: readonly PolicyConditionSet[]) =>
    sets.map((set) => ({ ...set, name: set.id }));
  return byName(named(before), named(after)).flatMap(([name, was, is]) => {
    if (was === undefined || is === undefined) return [];
    return diffSet(was, is, `condition set "${name}"`);
  });
}

/** Rules may allow or deny by a set, so what a longer one does depends on them. */
function diffSet(
  was: PolicyConditionSet,
  is: PolicyConditionSet,
  subject: string,
): readonly PolicyChange[] {
  const [old, now] = [was.items.map(textOfItem), is.items.map(textOfItem)];
  const added = now.filter((value) => !old.includes(value));
  const removed = old.filter((value) => !now.includes(value));
  const cooling = was.cooling_seconds !== is.cooling_seconds;
  const text = `${is.cooling_seconds ?? 0} s until an item counts instead of ${was.cooling_seconds ?? 0} s`;
  return [
    ...(added.length > 0 ? [change(subject, `also ${added.join(', ')}`, 'unclear')] : []),
    ...(removed.length > 0 ? [change(subject, `without ${removed.join(', ')}`, 'unclear')] : []),
    ...(cooling ? [change(subject, text, 'unclear')] : []),
  ];
}

function textOfItem(item: PolicyConditionSet['items'][number]): string {
  return typeof item === 'string' ? item : item.value;
}

/** ABIs decide how calls are read; symbols and decimals only how amounts are shown. */
function diffRest(before: PolicyDocument, after: PolicyDocument): readonly PolicyChange[] {
  return [
    ...(same(before.abis, after.abis) ? [] : [change('abis', 'changed', 'unclear')]),
    ...(same(before.tokens, after.tokens) ? [] : [change('tokens', 'changed', 'neutral')]),
  ];
}

function same(before: unknown, after: unknown): boolean {
  return (
    canonicalJson((before ?? []) as CanonicalValue) ===
    canonicalJson((after ?? []) as CanonicalValue)
  );
}

/** Both versions of everything, in the order of the older document, what is new at the end. */
function byName<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
): readonly (readonly [string, T | undefined, T | undefined])[] {
  const find = (list: readonly T[], name: string) => list.find((one) => one.name === name);
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].map((name) => [name, find(before, name), find(after, name)]);
}

function change(subject: string, text: string, effect: ChangeEffect): PolicyChange {
  return { subject, text, effect };
}
