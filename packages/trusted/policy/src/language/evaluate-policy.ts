/**
 * The decision of a policy. Pure: (policy, intent) → verdict; the clock is part of the intent.
 *
 * Every unit must be allowed by itself; then every limit that applies must hold. What spreads over
 * several requests is not judged here but returned, as charges for the ledger.
 *
 * @module
 */

import { canonicalJson } from '@countersign/protocol';
import { UNLIMITED_AMOUNT } from './amounts.ts';
import type { CompiledLimit, CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import type { Frame } from './condition.ts';
import {
  conditionError,
  denial,
  framesOf,
  isDenial,
  judgeUnit,
  rulesFor,
  type UnitMatch,
} from './judge-rules.ts';
import { type LimitReading, type Measurement, measureLimits } from './measure-limits.ts';
import type { PolicyIntent } from './policy-intent.ts';
import type { ApprovalDemand, Charge, PolicyDenial, PolicyVerdict } from './verdict.ts';

/** A unit that is let through, with the rules that do. */
interface PassedUnit extends UnitMatch {
  readonly frame: Frame;
}

/**
 * Decides one intent.
 *
 * @returns `deny` with the first call to blame; or `allow`, or `require_approval` with every demand, and
 *   the charges that must fit into the ledger. Never throws: a fault of ours is a denial, ERR_INTERNAL.
 */
export function evaluatePolicy(policy: CompiledPolicy, intent: PolicyIntent): PolicyVerdict {
  try {
    return decideIntent(policy, intent);
  } catch {
    return denial('ERR_INTERNAL', 'policy.error', { reason: 'a fault while evaluating' });
  }
}

function decideIntent(policy: CompiledPolicy, intent: PolicyIntent): PolicyVerdict {
  const rules = rulesFor(policy, intent.method);
  const passed: PassedUnit[] = [];
  for (const frame of framesOf(policy, intent)) {
    const judgement = judgeUnit(policy, rules, frame);
    if (isDenial(judgement)) return judgement;
    passed.push({ frame, ...judgement });
  }
  // A transaction without calls asks for a signature over nothing.
  if (passed.length === 0) return denial('ERR_POLICY_NO_RULE', 'policy.no-rule', {});
  const measurement = measureLimits(policy, passed);
  return firstLimitDenial(measurement) ?? permission(policy, rules, passed, measurement.readings);
}

/** Of all that a limit refuses, what the earliest call is to blame for. */
function firstLimitDenial({ readings, errors }: Measurement): PolicyDenial | undefined {
  const denials = [
    ...errors.map(({ limit, condition, frame }) =>
      conditionError(limit.name, condition, frame, 'restricts'),
    ),
    ...readings.filter(({ limit, exceeds }) => exceeds && !asks(limit)).map(limitDenial),
  ];
  const callOf = ({ details: { call } }: PolicyDenial): number =>
    typeof call === 'number' ? call : 0;
  const [first, ...rest] = denials;
  return rest.reduce((best, other) => (best && callOf(other) < callOf(best) ? other : best), first);
}

function limitDenial({ limit, amount, call }: LimitReading): PolicyDenial {
  return denial('ERR_POLICY_LIMIT_EXCEEDED', limit.name, {
    limit: limit.name,
    per: limit.per,
    ...(call === undefined ? {} : { call }),
    amount: amountText(amount),
    max: String(limit.max),
  });
}

function permission(
  policy: CompiledPolicy,
  rules: readonly CompiledRule[],
  passed: readonly PassedUnit[],
  readings: readonly LimitReading[],
): PolicyVerdict {
  const permitting = new Set(passed.flatMap((unit) => unit.permitting));
  const matching = new Set(passed.flatMap((unit) => unit.rules));
  const names = rules.filter((rule) => permitting.has(rule)).map(({ name }) => name);
  const charges = chargesOf(policy, readings);
  const approvals = mergeDemands([
    ...rules.flatMap((rule) => (matching.has(rule) ? (rule.approval ?? []) : [])),
    ...readings.flatMap(({ limit, exceeds }) => (exceeds ? (limit.approval ?? []) : [])),
  ]);
  if (approvals.length === 0) return { outcome: 'allow', rules: names, charges };
  return { outcome: 'require_approval', rules: names, charges, approvals };
}

/** Demands with the same terms are one, with the names of all that make it. */
function mergeDemands(demands: readonly ApprovalDemand[]): readonly ApprovalDemand[] {
  const merged = new Map<string, ApprovalDemand>();
  for (const demand of demands) {
    const { required, approvers, expiresInSec } = demand;
    const names = [...approvers].sort((a, b) => (a < b ? -1 : 1));
    const terms = canonicalJson([required, names, expiresInSec]);
    const other = merged.get(terms);
    const rules = new Set([...(other?.rules ?? []), ...demand.rules]);
    merged.set(terms, { ...(other ?? demand), rules: [...rules] });
  }
  return [...merged.values()];
}

/** What must fit into buckets of the ledger; nothing is charged nothing. */
export function chargesOf(
  policy: CompiledPolicy,
  readings: readonly LimitReading[],
): readonly Charge[] {
  return readings.flatMap((reading) => {
    const charge = chargeOf(policy, reading);
    return charge === undefined || charge.amount === 0n ? [] : [charge];
  });
}

function chargeOf(policy: CompiledPolicy, reading: LimitReading): Charge | undefined {
  const { name, window, max, approval } = reading.limit;
  if (window === undefined) return undefined;
  return {
    limit: name,
    bucket: bucketOf(policy, reading),
    window,
    amount: reading.amount,
    max,
    ...(approval === undefined
      ? { exceeded: 'deny' as const }
      : { exceeded: 'require_approval' as const, approval }),
  };
}

/**
 * Identity of a bucket: a canonical JSON array. The cap is no part of it: a cap that is raised or
 * lowered keeps what was spent.
 */
function bucketOf({ name }: CompiledPolicy, { limit, group }: LimitReading): string {
  const { window } = limit;
  const length = window === undefined || window.type === 'lifetime' ? 0 : window.seconds;
  return canonicalJson([name, limit.name, window?.type ?? 'none', length, group]);
}

/** Whether more than a limit is asked about instead of denied. */
function asks({ approval }: CompiledLimit): boolean {
  return approval !== undefined;
}

/** An amount in digits; `unlimited` when there is no bound. */
export function amountText(amount: bigint): string {
  return amount >= UNLIMITED_AMOUNT ? 'unlimited' : String(amount);
}
