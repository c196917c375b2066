/**
 * Which Starknet functions the rules of a policy let through, as far as they say so by name.
 *
 * @module
 */

import { selectorOf } from '@countersign/crypto';
import {
  FIELD_PRIME,
  type PolicyCondition,
  type PolicyDocument,
  type PolicyRule,
} from '@countersign/protocol';
import { SESSION_METHOD } from '@countersign/signer';

/** A function by its selector; the name where the policy has one. */
export type NamedFunctions = ReadonlyMap<bigint, string>;

/** Sources that say something about a Starknet request. */
const STARKNET_SOURCES = [
  'starknet_call',
  'starknet_transaction',
  'simulated_change',
  'client',
  'key',
  'system',
  'reference',
];

/** Operators that name all the values a field may have. */
const LISTING = ['eq', 'in', 'in_condition_set'];

/** Whether a rule can be about a session transaction. */
export function isStarknetRule({ method, conditions }: PolicyRule): boolean {
  if (method === SESSION_METHOD) return true;
  if (method !== '*') return false;
  return conditions.every(({ field_source }) => STARKNET_SOURCES.includes(field_source));
}

/** Rules that let session transactions through. */
export function allowingRules({ rules }: PolicyDocument): readonly PolicyRule[] {
  return rules.filter((rule) => rule.action !== 'DENY' && isStarknetRule(rule));
}

/** Functions a rule is about; `undefined` when it may be about any. */
export function functionsOfRule(
  { conditions }: PolicyRule,
  document: PolicyDocument,
): NamedFunctions | undefined {
  let functions: NamedFunctions | undefined;
  for (const condition of conditions) {
    const named = functionsOfCondition(condition, document);
    if (named === undefined) continue;
    functions = functions === undefined ? named : intersection(functions, named);
  }
  return functions;
}

/** Functions for which a condition can hold; `undefined` when it may hold for any. */
export function functionsOfCondition(
  { field_source, field, operator, value }: PolicyCondition,
  document: PolicyDocument,
): NamedFunctions | undefined {
  if (field_source !== 'starknet_call') return undefined;
  if (field === 'function_name' || field === 'selector') {
    if (!LISTING.includes(operator)) return undefined;
    return named(valuesOf(operator, value, document));
  }
  const [name = '', parameter] = field.split('.');
  // Parameters of another function are none, and a condition about none does not hold.
  if (parameter === undefined || name === 'effect') return undefined;
  return named([name]);
}

/** Functions all allowing rules together let through; `undefined` when one of them names none. */
export function functionsOfPolicy(document: PolicyDocument): NamedFunctions | undefined {
  const all = new Map<bigint, string>();
  for (const rule of allowingRules(document)) {
    const functions = functionsOfRule(rule, document);
    if (functions === undefined) return undefined;
    for (const [selector, name] of functions) all.set(selector, name);
  }
  return all;
}

function valuesOf(
  operator: PolicyCondition['operator'],
  value: PolicyCondition['value'],
  { condition_sets: sets = [] }: PolicyDocument,
): readonly string[] {
  if (operator !== 'in_condition_set') return typeof value === 'string' ? [value] : value;
  const items = sets.find(({ id }) => id === value)?.items ?? [];
  return items.map((item) => (typeof item === 'string' ? item : item.value));
}

/** Selectors beyond the field are those of no function. */
function named(values: readonly string[]): NamedFunctions {
  const all = values.map((value): [bigint, string] => [selectorFor(value), value]);
  return new Map(all.filter(([selector]) => selector < FIELD_PRIME));
}

function selectorFor(value: string): bigint {
  return /^(0x[0-9a-fA-F]+|[0-9]+)$/.test(value) ? BigInt(value) : selectorOf(value);
}

function intersection(a: NamedFunctions, b: NamedFunctions): NamedFunctions {
  return new Map([...a].filter(([selector]) => b.has(selector)));
}
