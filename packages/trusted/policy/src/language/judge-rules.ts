/**
 * Rules, held against one unit.
 *
 * strict: every condition of every rule is evaluated, and an error in any of them denies, so that no
 * order of rules and no rule beside it can hide one. faithful: an error is false.
 *
 * A rule that demands an approval is held against a unit twice: as a demand, which must bite when
 * there is something to ask about, and as a permission, which must hold for all there is. Where the
 * two differ it asks, and something else must allow.
 *
 * @module
 */

import type { ErrorDetails, RuleAction } from '@countersign/protocol';
import { toldEffects, untoldReason } from '../starknet/told-effects.ts';
import { ERROR, TRUE } from './comparison.ts';
import type { CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import {
  type CompiledCondition,
  type ConditionUse,
  type Frame,
  judgeCondition,
  seenValue,
} from './condition.ts';
import type { FieldValue } from './field-value.ts';
import type { PolicyIntent } from './policy-intent.ts';
import { unitsOf } from './policy-unit.ts';
import type { PolicyDenial } from './verdict.ts';

/** What the rules say about a unit. */
export type UnitJudgement = PolicyDenial | UnitMatch;

/** The rules that let a unit through; lists in the order of the document. */
export interface UnitMatch {
  /** All that match: those that permit, and those that demand an approval. */
  readonly rules: readonly CompiledRule[];
  /** Those of them that permit, never none. */
  readonly permitting: readonly CompiledRule[];
}

/** The units of an intent, none of their fields found yet. */
export function framesOf(policy: CompiledPolicy, intent: PolicyIntent): readonly Frame[] {
  const { reader, slots } = policy.program;
  return unitsOf(intent, reader).map((unit) => ({ unit, values: new Array(slots) }));
}

/** Rules about a method, in the order of the document. */
export function rulesFor({ program }: CompiledPolicy, method: string): readonly CompiledRule[] {
  return program.rulesByMethod.get(method) ?? program.rulesForAll;
}

/** Whether a judgement denies. */
export function isDenial(judgement: UnitJudgement): judgement is PolicyDenial {
  return 'outcome' in judgement;
}

/**
 * Judges one unit: a rule that denies, then an error, then a call nobody can read, then no rule at all
 * deny, in this order.
 */
export function judgeUnit(
  policy: CompiledPolicy,
  rules: readonly CompiledRule[],
  frame: Frame,
): UnitJudgement {
  const strict = policy.profile === 'strict';
  const matching: CompiledRule[] = [];
  const permitting: CompiledRule[] = [];
  let error: PolicyDenial | undefined;
  for (const rule of rules) {
    const use = useOf(rule.action);
    const result = judgeRule(rule, frame, use, strict);
    if (result === 'no match') continue;
    if (result !== 'match') error ??= conditionError(rule.name, result, frame, use);
    else if (rule.action === 'DENY') return ruleDenial(rule, frame);
    else {
      matching.push(rule);
      if (permits(rule, frame)) permitting.push(rule);
    }
  }
  if (error !== undefined) return error;
  const unread = unreadReason(policy, frame);
  if (unread !== undefined) return undecodable(frame, unread);
  return permitting.length > 0 ? { rules: matching, permitting } : noRule(frame);
}

/** How the conditions of a rule are read first. */
export function useOf(action: RuleAction): ConditionUse {
  return action === 'ALLOW' ? 'permits' : 'restricts';
}

/** Whether a rule that matches permits: one that demands an approval may not. */
function permits({ action, conditions }: CompiledRule, frame: Frame): boolean {
  if (action === 'ALLOW') return true;
  return conditions.every((condition) => judgeCondition(condition, frame, 'permits') === TRUE);
}

/** A condition that could not be evaluated is named; it is the first of its rule. */
function judgeRule(
  { conditions }: CompiledRule,
  frame: Frame,
  use: ConditionUse,
  strict: boolean,
): 'match' | 'no match' | CompiledCondition {
  let holds = true;
  for (const condition of conditions) {
    const outcome = judgeCondition(condition, frame, use);
    if (outcome === TRUE) continue;
    if (outcome === ERROR && strict) return condition;
    holds = false;
  }
  return holds ? 'match' : 'no match';
}

/**
 * Why nobody can tell what a call takes from a token with an amount limit: it must be told, or the limit
 * is none.
 *
 * @returns `undefined` for a call that can be read, or need not be.
 */
export function unreadReason(
  { governedTokens }: CompiledPolicy,
  { unit }: Frame,
): string | undefined {
  const { call } = unit;
  if (call === undefined) return undefined;
  if (governedTokens !== 'any' && governedTokens.size === 0) return undefined;
  const reading = unit.reading();
  if (toldEffects(reading) !== undefined) return undefined;
  // The calls it carries may go to any token.
  const carriesCalls = reading?.kind === 'undecodable' && reading.carriesCalls === true;
  const isGoverned = governedTokens === 'any' || governedTokens.has(call.to);
  return isGoverned || carriesCalls ? untoldReason(call, reading) : undefined;
}

function undecodable({ unit }: Frame, reason: string): PolicyDenial {
  return denial('ERR_POLICY_CALL_UNDECODABLE', 'policy.undecodable', { ...place(unit), reason });
}

function ruleDenial({ name }: CompiledRule, { unit }: Frame): PolicyDenial {
  return denial('ERR_POLICY_RULE_DENIED', name, place(unit));
}

function noRule({ unit }: Frame): PolicyDenial {
  return denial('ERR_POLICY_NO_RULE', 'policy.no-rule', place(unit));
}

/** The denial of an error. @param name - Rule or limit the condition belongs to. */
export function conditionError(
  name: string,
  condition: CompiledCondition,
  frame: Frame,
  use: ConditionUse,
): PolicyDenial {
  const { field_source, field } = condition.written;
  return denial('ERR_POLICY_EVALUATION_FAILED', name, {
    ...place(frame.unit),
    condition: condition.path,
    field: `${field_source}.${field}`,
    reason: errorReason(condition, frame, use) ?? 'it cannot be evaluated',
  });
}

/** Why a condition is an error; `undefined` when it is none. */
export function errorReason(
  condition: CompiledCondition,
  frame: Frame,
  use: ConditionUse,
): string | undefined {
  if (judgeCondition(condition, frame, use) !== ERROR) return undefined;
  const value = seenValue(condition, frame);
  const culprit = value.kind === 'list' ? value.items.find(isCulprit) : value;
  if (culprit?.kind === 'unreadable' || culprit?.kind === 'inapplicable') return culprit.reason;
  const kind = value.kind === 'list' ? (value.items[0]?.kind ?? 'list') : value.kind;
  return `${condition.written.operator} cannot compare ${kind} with what the policy says`;
}

function isCulprit(value: FieldValue): boolean {
  return value.kind === 'unreadable' || (value.kind === 'inapplicable' && value.doubtful === true);
}

/** A denial whose details name the rule as well. */
export function denial(
  code: PolicyDenial['code'],
  rule: string,
  details: ErrorDetails,
): PolicyDenial {
  return { outcome: 'deny', code, rule, details: { ...details, rule } };
}

/** Which call, where the unit is one. */
function place({ call, callIndex }: Frame['unit']): ErrorDetails {
  return call === undefined ? {} : { call: callIndex };
}
