/**
 * How much of every limit an intent would use.
 *
 * @module
 */

import { type LimitGroup, toHex } from '@countersign/protocol';
import type { TokenEffect } from '../starknet/call-reading.ts';
import { toldEffects } from '../starknet/told-effects.ts';
import { UNLIMITED_AMOUNT } from './amounts.ts';
import { ERROR, TRUE } from './comparison.ts';
import type { CompiledLimit, CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import { type CompiledCondition, type Frame, judgeCondition } from './condition.ts';
import type { PolicyUnit } from './policy-unit.ts';

/** One count of one limit. */
export interface LimitReading {
  readonly limit: CompiledLimit;
  /** Values of the groups the limit counts apart, in the order of its `groupBy`. */
  readonly group: readonly GroupValue[];
  /** Base units, or a count; {@link UNLIMITED_AMOUNT} or more when there is no bound. */
  readonly amount: bigint;
  /** The call by which it grew beyond `max`, or the last that counted; `undefined` without calls. */
  readonly call: number | undefined;
  readonly exceeds: boolean;
}

/** A group and its value; `null` where there is none, such as the recipient of a burn. */
export type GroupValue = readonly [group: LimitGroup, value: string | null];

/** A condition of a limit that could not be evaluated. */
export interface LimitError {
  readonly limit: CompiledLimit;
  readonly condition: CompiledCondition;
  readonly frame: Frame;
}

export interface Measurement {
  readonly readings: readonly LimitReading[];
  readonly errors: readonly LimitError[];
}

/** A frame and the rules that match it, be it only to demand an approval. */
export interface MatchedFrame {
  readonly frame: Frame;
  readonly rules: readonly CompiledRule[];
}

/**
 * Measures the limits of all rules that match anything, in order, then those of the policy.
 *
 * Errors in conditions of limits count in both profiles: limits are ours, and one that cannot tell
 * what it is about must not let it pass.
 */
export function measureLimits(
  { program }: CompiledPolicy,
  matched: readonly MatchedFrame[],
): Measurement {
  const readings: LimitReading[] = [];
  const errors: LimitError[] = [];
  for (const rule of new Set(matched.flatMap(({ rules }) => rules))) {
    if (rule.limits.length === 0) continue;
    const frames = matched.filter(({ rules }) => rules.includes(rule)).map(({ frame }) => frame);
    for (const limit of rule.limits) readings.push(...measure(limit, frames));
  }
  for (const limit of program.limits) {
    const frames = matched.map(({ frame }) => frame);
    readings.push(
      ...measure(
        limit,
        frames.filter((frame) => counts(limit, frame, errors)),
      ),
    );
  }
  return { readings, errors };
}

/** Whether a limit of the policy is about a unit. Notes what cannot be evaluated. */
function counts(limit: CompiledLimit, frame: Frame, errors: LimitError[]): boolean {
  let holds = true;
  for (const condition of limit.conditions) {
    const outcome = judgeCondition(condition, frame, 'restricts');
    if (outcome === TRUE) continue;
    if (outcome === ERROR) errors.push({ limit, condition, frame });
    holds = false;
  }
  return holds;
}

function measure(limit: CompiledLimit, frames: readonly Frame[]): readonly LimitReading[] {
  if (limit.per === 'call') return frames.flatMap((frame) => tally(limit, [frame]));
  return tally(limit, frames);
}

interface Tally {
  readonly group: readonly GroupValue[];
  amount: bigint;
  call: number | undefined;
}

function tally(limit: CompiledLimit, frames: readonly Frame[]): readonly LimitReading[] {
  const tallies = new Map<string, Tally>();
  for (const { unit } of frames) count(limit, unit, tallies);
  return [...tallies.values()].map((item) => ({
    limit,
    ...item,
    exceeds: item.amount > limit.max,
  }));
}

function count(limit: CompiledLimit, unit: PolicyUnit, tallies: Map<string, Tally>): void {
  const effects = effectsOf(unit);
  if (limit.metric === 'amount') {
    for (const effect of effects) {
      if (limit.token !== 'any' && limit.token !== effect.token) continue;
      const amount = effect.amount === 'unlimited' ? UNLIMITED_AMOUNT : effect.amount;
      add(limit, tallies, groupOf(limit, unit, effect), unit, amount);
    }
    return;
  }
  // A call counts once for everything it touches, however often; a request as well.
  const groups = new Map<string, readonly GroupValue[]>();
  for (const effect of effects.length === 0 ? [undefined] : effects) {
    const group = groupOf(limit, unit, effect);
    groups.set(groupText(group), group);
  }
  for (const [text, group] of groups) {
    if (limit.metric === 'requests' && tallies.has(text)) continue;
    add(limit, tallies, group, unit, 1n);
  }
}

function add(
  { max }: CompiledLimit,
  tallies: Map<string, Tally>,
  group: readonly GroupValue[],
  { call, callIndex }: PolicyUnit,
  amount: bigint,
): void {
  const key = groupText(group);
  const item = tallies.get(key) ?? { group, amount: 0n, call: undefined };
  if (item.amount <= max && call !== undefined) item.call = callIndex;
  item.amount += amount;
  tallies.set(key, item);
}

function effectsOf(unit: PolicyUnit): readonly TokenEffect[] {
  return toldEffects(unit.reading()) ?? [];
}

function groupOf(
  { groupBy }: CompiledLimit,
  unit: PolicyUnit,
  effect: TokenEffect | undefined,
): readonly GroupValue[] {
  return groupBy.map((group) => [group, groupValue(group, unit, effect)]);
}

function groupValue(
  group: LimitGroup,
  { intent }: PolicyUnit,
  effect: TokenEffect | undefined,
): string | null {
  switch (group) {
    case 'token':
      return effect === undefined ? null : toHex(effect.token);
    case 'recipient':
      return effect?.recipient === undefined ? null : toHex(effect.recipient);
    case 'client':
      return intent.clientId;
    case 'key':
      return intent.keyId;
    case 'account':
      return intent.action.kind === 'starknet_transaction'
        ? toHex(intent.action.accountAddress)
        : null;
  }
}

/** Unambiguous, so that no value can pass for two. */
function groupText(group: readonly GroupValue[]): string {
  return group.length === 0 ? '' : JSON.stringify(group);
}
