/**
 * Differences between two versions of a limit, and of who has to say yes.
 *
 * @module
 */

import type { PolicyApproval, PolicyLimit } from '@countersign/protocol';
import { diffConditions } from './condition-diff.ts';
import { effectOfGrowth, opposite, type PolicyChange } from './policy-change.ts';

type Difference = Omit<PolicyChange, 'subject'>;

/** A limit of a policy or of a rule; the latter has no conditions of its own. */
type Limit = Omit<PolicyLimit, 'conditions'> & Pick<PolicyLimit, 'conditions'>;

/** Compares two limits of one name. */
export function diffLimit(before: Limit, after: Limit): readonly Difference[] {
  return [
    ...diffMax(before, after),
    ...diffWindow(before, after),
    ...diffWhat(before, after),
    ...diffGroups(before.group_by ?? [], after.group_by ?? []),
    ...diffExceeded(before, after),
    ...diffConditions(before.conditions ?? [], after.conditions ?? []).map(whatIsCounted),
    ...diffApproval(before.approval, after.approval),
  ];
}

/** Compares who has to say yes; `undefined` is nobody. */
export function diffApproval(
  before: PolicyApproval | undefined,
  after: PolicyApproval | undefined,
): readonly Difference[] {
  if (before === undefined || after === undefined) return [];
  const changes: Difference[] = [];
  if (before.required !== after.required) {
    const effect = opposite(effectOfGrowth(BigInt(before.required), BigInt(after.required)));
    changes.push({
      text: `needs ${after.required} approvers instead of ${before.required}`,
      effect,
    });
  }
  const added = after.approvers.filter((id) => !before.approvers.includes(id));
  const removed = before.approvers.filter((id) => !after.approvers.includes(id));
  if (added.length > 0) changes.push({ text: `${added.join(', ')} may approve`, effect: 'widens' });
  if (removed.length > 0) {
    changes.push({ text: `${removed.join(', ')} may no longer approve`, effect: 'narrows' });
  }
  const [was, is] = [before.expires_in_seconds, after.expires_in_seconds];
  if (was !== is) {
    const effect = effectOfGrowth(BigInt(was), BigInt(is));
    changes.push({ text: `waits ${is} s for approval instead of ${was} s`, effect });
  }
  return changes;
}

function diffMax(before: Limit, after: Limit): readonly Difference[] {
  if (BigInt(before.max) === BigInt(after.max)) return [];
  const effect = effectOfGrowth(BigInt(before.max), BigInt(after.max));
  return [{ text: `at most ${after.max} instead of ${before.max}`, effect }];
}

function diffWindow({ window: before }: Limit, { window: after }: Limit): readonly Difference[] {
  if (before === undefined || after === undefined) return [];
  if (before.type !== after.type) {
    return [{ text: `a ${after.type} window instead of a ${before.type} one`, effect: 'unclear' }];
  }
  if (before.seconds === after.seconds) return [];
  const effect = opposite(effectOfGrowth(BigInt(before.seconds), BigInt(after.seconds)));
  return [{ text: `over ${after.seconds} s instead of ${before.seconds} s`, effect }];
}

function diffWhat(before: Limit, after: Limit): readonly Difference[] {
  return (['metric', 'token', 'per'] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      text: `${name} ${after[name] ?? 'absent'} instead of ${before[name] ?? 'absent'}`,
      effect: 'unclear' as const,
    }));
}

/** Each value of a group has a count of its own: more groups leave more room. */
function diffGroups(before: readonly string[], after: readonly string[]): readonly Difference[] {
  const added = after.filter((group) => !before.includes(group));
  const removed = before.filter((group) => !after.includes(group));
  return [
    ...added.map((group) => ({
      text: `counts each ${group} for itself`,
      effect: 'widens' as const,
    })),
    ...removed.map((group) => ({
      text: `counts every ${group} together`,
      effect: 'narrows' as const,
    })),
  ];
}

function diffExceeded(before: Limit, after: Limit): readonly Difference[] {
  const [was, is] = [before.exceeded ?? 'DENY', after.exceeded ?? 'DENY'];
  if (was === is) return [];
  const effect = is === 'DENY' ? 'narrows' : 'widens';
  return [{ text: `more than that means ${is} instead of ${was}`, effect }];
}

/** A condition less means that more is counted. */
function whatIsCounted({ text, effect }: Difference): Difference {
  return { text: `what it counts ${text}`, effect: opposite(effect) };
}
