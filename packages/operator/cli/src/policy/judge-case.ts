/**
 * One case held against a policy.
 *
 * The ledger is played: a bucket holds what the case says was spent, and nothing otherwise.
 *
 * @module
 */

import {
  type Charge,
  type CompiledPolicy,
  evaluatePolicy,
  type PolicyIntent,
} from '@countersign/policy';
import type { ErrorCode } from '@countersign/protocol';
import type { WrittenCase } from './case-file.ts';

export type Outcome = 'allow' | 'deny' | 'ask';

/** What the policy makes of a case. */
export interface Observed {
  readonly outcome: Outcome;
  /** Absent when it is allowed. */
  readonly code?: ErrorCode;
  /** Rules that allow, the rule that denies, or the rules and limits that ask. */
  readonly rules: readonly string[];
}

/** What a policy makes of an intent. @param spent - Amounts already in the buckets, by limit. */
export function observe(
  policy: CompiledPolicy,
  intent: PolicyIntent,
  spent: Readonly<Record<string, string>> = {},
): Observed {
  const verdict = evaluatePolicy(policy, intent);
  if (verdict.outcome === 'deny') return denied(verdict.code, verdict.rule);
  const exceeded = verdict.charges.filter((charge) => !fits(charge, spent));
  // One that denies is no question for approvers.
  const barred = exceeded.find((charge) => charge.exceeded === 'deny');
  if (barred !== undefined) return denied('ERR_POLICY_LIMIT_EXCEEDED', barred.limit);
  const approvals = verdict.outcome === 'require_approval' ? verdict.approvals : [];
  const asking = [
    ...approvals.flatMap(({ rules }) => rules),
    ...exceeded.map(({ limit }) => limit),
  ];
  if (asking.length === 0) return { outcome: 'allow', rules: verdict.rules };
  return { outcome: 'ask', code: 'ERR_POLICY_APPROVAL_REQUIRED', rules: [...new Set(asking)] };
}

/** Whether a case turned out as it says. */
export function isAsExpected({ expect, rule, code }: WrittenCase, observed: Observed): boolean {
  if (observed.outcome !== expect) return false;
  if (rule !== undefined && !observed.rules.includes(rule)) return false;
  return code === undefined || observed.code === code;
}

/** Names of the limits that keep a bucket. */
export function limitsWithBucket({ program }: CompiledPolicy): readonly string[] {
  const ofRules = [...program.rulesByMethod.values()].flat();
  const rules = new Set([...ofRules, ...program.rulesForAll]);
  const limits = [...program.limits, ...[...rules].flatMap((rule) => rule.limits)];
  return limits.filter(({ window }) => window !== undefined).map(({ name }) => name);
}

function fits({ limit, amount, max }: Charge, spent: Readonly<Record<string, string>>): boolean {
  const before = Object.hasOwn(spent, limit) ? BigInt(spent[limit] ?? '0') : 0n;
  return before + amount <= max;
}

function denied(code: ErrorCode, rule: string): Observed {
  return { outcome: 'deny', code, rules: [rule] };
}
