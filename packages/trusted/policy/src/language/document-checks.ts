/**
 * What must hold between the parts of a document: names that are unique, members that fit together.
 *
 * @module
 */

import {
  FIELD_PRIME,
  type PolicyDocument,
  type PolicyLimit,
  type PolicyRule,
} from '@countersign/protocol';
import type { ProblemCollector } from './problem-collector.ts';

/** Methods whose requests are calls that can be read for amounts. */
const METHODS_WITH_AMOUNTS = ['starknet_signSessionTransaction', '*'];

/** Notes what is wrong with the document as a whole. */
export function checkDocument(document: PolicyDocument, problems: ProblemCollector): void {
  checkOwner(document, problems);
  checkNames(document, problems);
  checkUnique(
    (document.condition_sets ?? []).map(({ id }, i) => [`condition_sets[${i}].id`, id]),
    'an id no other condition set has',
    problems,
  );
  checkUnique(
    (document.tokens ?? []).map(({ address }, i) => [`tokens[${i}].address`, BigInt(address)]),
    'an address no other token has',
    problems,
  );
  checkAddresses(document, problems);
  for (const [i, rule] of document.rules.entries()) checkRule(rule, `rules[${i}]`, problems);
  if (document.profile === 'faithful') checkFaithful(document, problems);
}

/** Privy takes one or the other, never both. */
function checkOwner({ owner, owner_id }: PolicyDocument, problems: ProblemCollector): void {
  if (owner === undefined || owner === null || owner_id === undefined || owner_id === null) return;
  problems.note('owner', owner, 'either owner or owner_id');
}

/**
 * Denials and buckets are told apart by name alone. Privy does not mind two rules of one name, so the
 * faithful profile does not either.
 */
function checkNames(document: PolicyDocument, problems: ProblemCollector): void {
  const rules = document.rules.map(({ name }, i) => [`rules[${i}].name`, name] as const);
  const limits = limitsOf(document).map(([path, { name }]) => [`${path}.name`, name] as const);
  const names = document.profile === 'faithful' ? limits : [...rules, ...limits];
  checkUnique(names, 'a name no other rule or limit has', problems);
  for (const [path, name] of names) {
    if (name.startsWith('policy.')) {
      problems.note(path, name, 'a name that does not begin with "policy.", which is ours');
    }
  }
}

/** All limits with their paths: those of rules first. */
function limitsOf({
  rules,
  limits = [],
}: PolicyDocument): readonly (readonly [path: string, limit: PolicyLimit])[] {
  const ofRules = rules.flatMap((rule, i) =>
    (rule.limits ?? []).map((limit, j) => [`rules[${i}].limits[${j}]`, limit] as const),
  );
  return [...ofRules, ...limits.map((limit, i) => [`limits[${i}]`, limit] as const)];
}

function checkUnique(
  entries: readonly (readonly [path: string, name: string | bigint])[],
  expected: string,
  problems: ProblemCollector,
): void {
  const seen = new Set<string | bigint>();
  for (const [path, name] of entries) {
    if (seen.has(name)) problems.note(path, String(name), expected);
    seen.add(name);
  }
}

function checkAddresses(
  { tokens = [], abis = [] }: PolicyDocument,
  problems: ProblemCollector,
): void {
  const addresses = [
    ...tokens.map(({ address }, i) => [`tokens[${i}].address`, address] as const),
    ...abis.flatMap(({ targets }, i) =>
      targets.map((target, j) => [`abis[${i}].targets[${j}]`, target] as const),
    ),
  ];
  for (const [path, address] of addresses) {
    if (BigInt(address) >= FIELD_PRIME) {
      problems.note(path, address, 'an address below the field prime');
    }
  }
}

function checkRule(rule: PolicyRule, path: string, problems: ProblemCollector): void {
  const { method, action, conditions, limits = [] } = rule;
  if (method === 'eth_signTypedData_v4' && conditions.length === 0) {
    problems.note(
      `${path}.conditions`,
      conditions,
      'at least one condition; types bound what is signed',
    );
  }
  if (action === 'DENY' && limits.length > 0) {
    problems.note(`${path}.limits`, limits, 'nothing, because the action is DENY');
  }
  for (const [i, limit] of limits.entries()) {
    checkAmount(limit, method, `${path}.limits[${i}]`, problems);
  }
}

/** A limit that can never count anything only looks like one. */
function checkAmount(
  { metric }: PolicyLimit,
  method: string,
  path: string,
  problems: ProblemCollector,
): void {
  if (metric !== 'amount' || METHODS_WITH_AMOUNTS.includes(method)) return;
  problems.note(`${path}.metric`, metric, `calls or requests; amounts of ${method} are not read`);
}

/** Nobody is asked in the faithful profile. */
function checkFaithful(document: PolicyDocument, problems: ProblemCollector): void {
  for (const [path, { exceeded }] of limitsOf(document)) {
    if (exceeded === undefined || exceeded === 'DENY') continue;
    problems.note(`${path}.exceeded`, exceeded, 'DENY in the faithful profile, which asks nobody');
  }
}
