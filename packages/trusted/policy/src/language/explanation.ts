/**
 * Why a policy decides as it does: every rule, condition and limit, with what was seen, as plain data.
 *
 * The same conditions and measurements as in the evaluation, without its short cuts. The verdict is
 * the evaluation's own.
 *
 * @module
 */

import type { RuleAction } from '@countersign/protocol';
import { ERROR, TRUE } from './comparison.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { type CompiledCondition, type Frame, judgeCondition, seenValue } from './condition.ts';
import { amountText, chargesOf, evaluatePolicy } from './evaluate-policy.ts';
import { errorReason, framesOf, rulesFor, unreadReason, useOf } from './judge-rules.ts';
import { type MatchedFrame, measureLimits } from './measure-limits.ts';
import type { PolicyIntent } from './policy-intent.ts';
import { callText, groupsText, valueText } from './seen-text.ts';
import type { Charge, PolicyVerdict } from './verdict.ts';

export interface Explanation {
  readonly policy: string;
  readonly profile: CompiledPolicy['profile'];
  readonly method: string;
  /** One per call of a Starknet transaction, else one. */
  readonly units: readonly ExplainedUnit[];
  readonly limits: readonly ExplainedLimit[];
  /** What the ledger would have to let in, were the request allowed. */
  readonly charges: readonly Charge[];
  readonly verdict: PolicyVerdict;
}

export interface ExplainedUnit {
  /** What it is, for people: `call 0: transfer on 0x70c3`. */
  readonly what: string;
  /** Rules about the method, in the order of the document. */
  readonly rules: readonly ExplainedRule[];
  /** Why nobody can tell what it takes of a token with an amount limit; it is denied then. */
  readonly unread?: string;
}

export interface ExplainedRule {
  readonly name: string;
  readonly action: RuleAction;
  /**
   * `only asks`: it demands an approval and permits nothing, because a condition holds only for asking.
   * It allows then no more than a rule that does not match.
   */
  readonly result: 'matches' | 'only asks' | 'does not match' | 'error';
  readonly conditions: readonly ExplainedCondition[];
}

export interface ExplainedCondition {
  /** Place in the document: `rules[2].conditions[0]`. */
  readonly path: string;
  /** `starknet_call.target`. */
  readonly field: string;
  readonly operator: string;
  readonly value: string | readonly string[];
  /** The value found, as text. */
  readonly seen: string;
  /**
   * `holds for asking`, in a rule that demands an approval: true of some items of a list, or of a
   * condition set that is cooling, and so not enough to permit.
   */
  readonly result: 'holds' | 'holds for asking' | 'does not hold' | 'error';
  /** Why there is nothing to compare, or why comparing it is an error. */
  readonly reason?: string;
}

export interface ExplainedLimit {
  readonly name: string;
  readonly metric: string;
  readonly per: string;
  /** What it is counted apart for: `token 0x70c3, client bot`; empty when nothing. */
  readonly group: string;
  /** Digits, or `unlimited`. */
  readonly amount: string;
  readonly max: string;
  readonly result: 'holds' | 'exceeded' | 'asks for approval' | 'error';
}

/** Explains what {@link evaluatePolicy} decides. Never throws: after a fault of ours there are no units. */
export function explainPolicy(policy: CompiledPolicy, intent: PolicyIntent): Explanation {
  const { name, profile } = policy;
  const head = { policy: name, profile, method: intent.method };
  const verdict = evaluatePolicy(policy, intent);
  try {
    return { ...head, ...explainParts(policy, intent), verdict };
  } catch {
    return { ...head, units: [], limits: [], charges: [], verdict };
  }
}

function explainParts(
  policy: CompiledPolicy,
  intent: PolicyIntent,
): Pick<Explanation, 'units' | 'limits' | 'charges'> {
  const rules = rulesFor(policy, intent.method);
  const frames = framesOf(policy, intent);
  const units = frames.map((frame): ExplainedUnit => {
    const unread = unreadReason(policy, frame);
    return {
      what: callText(frame.unit),
      rules: rules.map((rule) => explainRule(policy, rule, frame)),
      ...(unread === undefined ? {} : { unread }),
    };
  });
  const matched = frames.map((frame, i): MatchedFrame => {
    const results = units[i]?.rules ?? [];
    const allowing = rules.filter(({ action }, j) => action !== 'DENY' && lets(results[j]));
    return { frame, rules: allowing };
  });
  const { readings, errors } = measureLimits(policy, matched);
  const limits = readings.map(({ limit, group, amount, exceeds }): ExplainedLimit => {
    const result = exceeds ? (limit.approval ? 'asks for approval' : 'exceeded') : 'holds';
    return { ...limitHead(limit, amount), group: groupsText(group), result };
  });
  const failed = errors.map(({ limit }): ExplainedLimit => {
    return { ...limitHead(limit, 0n), group: '', result: 'error' };
  });
  return { units, limits: [...limits, ...failed], charges: chargesOf(policy, readings) };
}

/** Whether it is among the rules that let a unit through, be it only by asking. */
function lets(rule: ExplainedRule | undefined): boolean {
  return rule?.result === 'matches' || rule?.result === 'only asks';
}

function limitHead({ name, metric, per, max }: MatchedLimit, amount: bigint) {
  return { name, metric, per, amount: amountText(amount), max: String(max) };
}

type MatchedLimit = CompiledPolicy['program']['limits'][number];

function explainRule(
  { profile }: CompiledPolicy,
  { name, action, conditions }: CompiledRule,
  frame: Frame,
): ExplainedRule {
  const explained = conditions.map((condition) => explainCondition(condition, action, frame));
  const results = new Set(explained.map((condition) => condition.result));
  return { name, action, result: ruleResult(profile, results), conditions: explained };
}

function ruleResult(
  profile: CompiledPolicy['profile'],
  results: ReadonlySet<ExplainedCondition['result']>,
): ExplainedRule['result'] {
  if (results.has('error')) return profile === 'strict' ? 'error' : 'does not match';
  if (results.has('does not hold')) return 'does not match';
  return results.has('holds for asking') ? 'only asks' : 'matches';
}

function explainCondition(
  condition: CompiledCondition,
  action: RuleAction,
  frame: Frame,
): ExplainedCondition {
  const { field_source, field, operator, value } = condition.written;
  const use = useOf(action);
  const seen = seenValue(condition, frame);
  const reason = seen.kind === 'inapplicable' ? seen.reason : errorReason(condition, frame, use);
  return {
    path: condition.path,
    field: `${field_source}.${field}`,
    operator,
    value,
    seen: valueText(seen),
    result: conditionResult(condition, action, frame),
    ...(reason === undefined ? {} : { reason }),
  };
}

function conditionResult(
  condition: CompiledCondition,
  action: RuleAction,
  frame: Frame,
): ExplainedCondition['result'] {
  const outcome = judgeCondition(condition, frame, useOf(action));
  if (outcome !== TRUE) return outcome === ERROR ? 'error' : 'does not hold';
  if (action !== 'REQUIRE_APPROVAL') return 'holds';
  return judgeCondition(condition, frame, 'permits') === TRUE ? 'holds' : 'holds for asking';
}
