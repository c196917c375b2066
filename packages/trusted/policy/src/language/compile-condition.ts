/**
 * Conditions of a document → conditions that can be held against units.
 *
 * In the strict profile whatever can be known to be wrong is refused here. In the faithful profile
 * a condition that can never be evaluated loads, as it does with Privy, and is never true.
 *
 * @module
 */

import {
  canonicalJson,
  type PolicyCondition,
  type PolicyConditionSet,
  type PolicyProfile,
  policyProblem,
} from '@countersign/protocol';
import type { CallReader } from '../starknet/call-reader.ts';
import { type Comparison, compileComparison, ERROR, OPERATORS_OF } from './comparison.ts';
import type { CompiledCondition } from './condition.ts';
import type { CompileContext, CompiledField } from './field-source.ts';
import { type FieldValue, inapplicable, unreadable } from './field-value.ts';
import { type Operand, operandFits, operandForm, parseOperand, rawOperands } from './operand.ts';
import type { PolicyUnit } from './policy-unit.ts';
import type { PolicyPrimitives } from './primitives.ts';
import { refusal } from './problem-collector.ts';
import { fieldSource } from './sources/index.ts';

/** What all conditions of one policy share. */
export interface PolicyContext {
  readonly profile: PolicyProfile;
  readonly primitives: PolicyPrimitives;
  readonly reader: CallReader;
  readonly sets: ReadonlyMap<string, PolicyConditionSet>;
  /** Fields found so far, by what they read; grows while conditions are compiled. */
  readonly fields: Map<string, FieldSlot>;
  /** Starknet functions mentioned so far, by selector; grows as well. */
  readonly functionNames: Map<bigint, string>;
}

interface FieldSlot {
  readonly slot: number;
  readonly resolve: (unit: PolicyUnit) => FieldValue;
}

const ORDERING = ['gt', 'gte', 'lt', 'lte'];
const SUBSTRINGS = ['contains', 'starts_with', 'ends_with'];
const WITH_ABI = ['ethereum_calldata', 'tron_trigger_smart_contract_data'];
const WITH_TYPED_DATA = ['ethereum_typed_data_message'];

/**
 * Compiles one condition.
 *
 * @param path - Where it stands: `rules[2].conditions[0]`.
 * @throws BoundaryError made by `refusal`.
 */
export function compileCondition(
  policy: PolicyContext,
  written: PolicyCondition,
  path: string,
): CompiledCondition {
  const context = compileContext(policy, written, path);
  if (policy.profile === 'strict') checkShape(written, policy, context);
  const field = compileField(written, context);
  const operands = (rawOperands(written, policy.sets) ?? []).map((raw) =>
    parseOperand(raw, field.words),
  );
  if (policy.profile === 'strict') checkMeaning(written, field, operands, context);
  const { slot, resolve } = slotOf(policy, written, field);
  return { written, path, slot, resolve, compare: comparisonsOf(policy, written, operands) };
}

function compileContext(
  { profile, primitives, reader, sets, functionNames }: PolicyContext,
  written: PolicyCondition,
  path: string,
): CompileContext {
  return {
    profile,
    primitives,
    reader,
    functionNames,
    values: (rawOperands(written, sets) ?? []).map(({ text }) => text),
    refuse: (member, found, expected, words) =>
      refusal(policyProblem(`${path}.${member}`, found, expected, words)),
  };
}

function compileField(written: PolicyCondition, context: CompileContext): CompiledField {
  const source = fieldSource(written.field_source);
  if (source !== undefined) return source.compile(written, context);
  const reason = `${written.field_source} is not read here`;
  const value = context.profile === 'strict' ? unreadable(reason) : inapplicable(reason);
  return { kind: 'any', resolve: () => value };
}

/** One slot for all conditions that read the same. */
function slotOf(
  { fields }: PolicyContext,
  { field_source, field, abi, typed_data }: PolicyCondition,
  { resolve }: CompiledField,
): FieldSlot {
  const key = canonicalJson({ field_source, field, abi, typed_data });
  const known = fields.get(key);
  if (known !== undefined) return known;
  const made = { slot: fields.size, resolve };
  fields.set(key, made);
  return made;
}

/** Cooling delays what permits, nothing else. */
function comparisonsOf(
  policy: PolicyContext,
  written: PolicyCondition,
  operands: readonly Operand[],
): CompiledCondition['compare'] {
  const permits = comparisonOf(policy, written, operands);
  if (operands.every(({ countsFromMs }) => countsFromMs === 0))
    return { permits, restricts: permits };
  const atOnce = operands.map((operand) => ({ ...operand, countsFromMs: 0 }));
  return { permits, restricts: comparisonOf(policy, written, atOnce) };
}

/** A set that is gone, or a list where one value belongs, compares to an error. */
function comparisonOf(
  { sets }: PolicyContext,
  { operator, value }: PolicyCondition,
  operands: readonly Operand[],
): Comparison {
  const isSet = operator === 'in_condition_set';
  const fits = isSet
    ? typeof value === 'string' && sets.has(value)
    : Array.isArray(value) === (operator === 'in');
  return fits ? compileComparison(operator, operands) : () => ERROR;
}

/** Whether operator, value and extra members belong together, whatever the field. */
function checkShape(
  { field_source, operator, value, abi, typed_data }: PolicyCondition,
  { sets }: PolicyContext,
  { refuse }: CompileContext,
): void {
  if (operator === 'in_condition_set') {
    if (typeof value !== 'string') throw refuse('value', value, 'the id of one condition set');
    const ids = [...sets.keys()];
    if (ids.length === 0)
      throw refuse('value', value, 'an id under condition_sets, which is empty');
    if (!sets.has(value)) throw refuse('value', value, '', ids);
  }
  if (operator === 'in' && typeof value === 'string') {
    throw refuse('value', value, 'a list of values behind the operator in');
  }
  if (operator !== 'in' && typeof value !== 'string') {
    throw refuse('value', value, `one value behind the operator ${operator}`);
  }
  if (SUBSTRINGS.includes(operator) && value === '') {
    throw refuse('value', value, 'text; every text contains the empty one');
  }
  if (abi !== undefined && !WITH_ABI.includes(field_source)) {
    throw refuse('abi', abi, `nothing; ${field_source} reads no abi`);
  }
  if (typed_data !== undefined && !WITH_TYPED_DATA.includes(field_source)) {
    throw refuse('typed_data', typed_data, `nothing; ${field_source} reads no types`);
  }
}

/** Whether the operator can say anything about the field, and the values can be compared with it. */
function checkMeaning(
  { operator, field }: PolicyCondition,
  { kind, words }: CompiledField,
  operands: readonly Operand[],
  { refuse }: CompileContext,
): void {
  if (kind !== 'any' && !OPERATORS_OF[kind].includes(operator)) {
    const text = `an operator for ${kind}, as ${field} is: ${OPERATORS_OF[kind].join(', ')}`;
    throw refuse('operator', operator, text);
  }
  const needed = kind === 'any' && ORDERING.includes(operator) ? 'number' : kind;
  if (needed === 'any') return;
  const names = words === undefined ? [] : [...words.keys()];
  const form = names.length === 0 ? '' : `, or ${names.join(', ')}`;
  for (const operand of operands) {
    if (operandFits(operand, needed)) continue;
    throw refuse(operand.member, operand.text, `${operandForm(needed)}${form}`, names);
  }
}
