/**
 * Who enforces each clause of a policy: the session account, Privy, only this boundary, or nobody.
 *
 * The account or Privy is named only where its own rule, if granted, lets nothing through that the
 * clause refuses. In doubt it is the boundary.
 *
 * @module
 */

import type { PolicyCondition, PolicyDocument, PolicyRule } from '@countersign/protocol';
import { type CompiledGrant, compileGrant, endOfCondition } from './account-grant.ts';
import { inWords } from './condition-diff.ts';
import { conditionObstacle, UNJUDGED_METHODS, unenforced } from './enforcement-reasons.ts';
import { limitEnforcement } from './limit-enforcement.ts';
import { type AnyLimit, limitWords } from './limit-words.ts';
import { functionsOfCondition, functionsOfRule, isStarknetRule } from './named-functions.ts';
import { privyObstacle } from './privy-rules.ts';

export type Enforcer = 'session account' | 'Privy' | 'only the boundary' | 'nobody';

export interface Enforcement {
  readonly by: Enforcer;
  /** How, or why nobody else does. */
  readonly how: string;
}

export interface ClauseEnforcement extends Enforcement {
  /** Place in the document: `rules[0].conditions[1]`. */
  readonly path: string;
  readonly clause: string;
}

interface Context {
  readonly document: PolicyDocument;
  /** Why there is none, as text, when there is none. */
  readonly grant: CompiledGrant | string;
}

/** Every clause in the order of the document: rules with their parts, then the limits of the policy. */
export function enforcementOf(document: PolicyDocument): readonly ClauseEnforcement[] {
  const context = { document, grant: compileGrant(document) };
  const limits = (document.limits ?? []).map((limit, i) =>
    limitClause(limit, `limits[${i}]`, undefined, context),
  );
  return [
    ...document.rules.flatMap((rule, i) => ruleClauses(rule, `rules[${i}]`, context)),
    ...limits,
  ];
}

function ruleClauses(
  rule: PolicyRule,
  path: string,
  context: Context,
): readonly ClauseEnforcement[] {
  const title = `rule "${rule.name}"`;
  const conditions = rule.conditions.map((condition, i) => ({
    path: `${path}.conditions[${i}]`,
    clause: `${title}: ${shortWords(condition)}`,
    ...conditionEnforcement(condition, rule, context),
  }));
  const approval =
    rule.approval === undefined
      ? []
      : [{ path: `${path}.approval`, clause: `${title}: approval`, ...APPROVAL }];
  const limits = (rule.limits ?? []).map((limit, i) =>
    limitClause(limit, `${path}.limits[${i}]`, rule, context),
  );
  return [
    {
      path,
      clause: `${title}: ${rule.action} ${rule.method}`,
      ...ruleEnforcement(rule, conditions, context),
    },
    ...conditions,
    ...approval,
    ...limits,
  ];
}

const UNJUDGED: Enforcement = { by: 'nobody', how: 'no request of this method is judged here' };
const APPROVAL = boundary('neither the account nor Privy asks a person');

function ruleEnforcement(
  rule: PolicyRule,
  conditions: readonly Enforcement[],
  { document, grant }: Context,
): Enforcement {
  if (UNJUDGED_METHODS.includes(rule.method)) return UNJUDGED;
  if (rule.action === 'REQUIRE_APPROVAL') return APPROVAL;
  if (!isStarknetRule(rule)) return byPrivy(rule, document) ?? privyCannot(rule, document);
  if (rule.action === 'DENY') {
    return isUnreachable(rule, document, grant) ? UNREACHABLE : boundary(CANNOT_DENY);
  }
  const isHeld = conditions.length > 0 && conditions.every(({ by }) => by === 'session account');
  if (isHeld) return { by: 'session account', how: 'all its conditions are' };
  return boundary('the account holds it in part at most');
}

const CANNOT_DENY = 'the account refuses what its list lacks, and cannot deny anything of it';
const UNREACHABLE: Enforcement = {
  by: 'session account',
  how: 'entrypoints: the list has none of these functions',
};

function conditionEnforcement(
  condition: PolicyCondition,
  rule: PolicyRule,
  context: Context,
): Enforcement {
  const nobody = unenforced(condition);
  if (nobody !== undefined) return { by: 'nobody', how: nobody };
  const { document, grant } = context;
  if (!isStarknetRule(rule)) return byPrivy(rule, document) ?? privyCannot(rule, document);
  if (rule.action === 'DENY') {
    return isUnreachable(rule, document, grant) ? UNREACHABLE : boundary(CANNOT_DENY);
  }
  return byAccount(condition, context) ?? boundary(reasonAgainst(condition, grant));
}

function byAccount(
  condition: PolicyCondition,
  { document, grant }: Context,
): Enforcement | undefined {
  if (typeof grant === 'string') return undefined;
  const end = endOfCondition(condition);
  if (end !== undefined && grant.validUntilSec !== undefined && grant.validUntilSec <= end) {
    return { by: 'session account', how: 'valid_until' };
  }
  if (!isAboutFunctions(condition)) return undefined;
  const functions = functionsOfCondition(condition, document);
  const isImplied =
    functions !== undefined && [...grant.functions.keys()].every((one) => functions.has(one));
  return isImplied ? { by: 'session account', how: 'entrypoints' } : undefined;
}

/** A condition about a parameter is about its function too, but the account sees that only. */
function isAboutFunctions({ field_source, field }: PolicyCondition): boolean {
  return field_source === 'starknet_call' && (field === 'function_name' || field === 'selector');
}

function reasonAgainst(condition: PolicyCondition, grant: CompiledGrant | string): string {
  if (isAboutFunctions(condition)) {
    return typeof grant === 'string' ? grant : 'one list for all rules, and others allow more';
  }
  if (endOfCondition(condition) !== undefined) {
    return typeof grant === 'string'
      ? grant
      : 'one end for all rules, and others allow a later one';
  }
  return conditionObstacle(condition);
}

/** Whether the list of the account keeps out everything a rule denies. */
function isUnreachable(
  rule: PolicyRule,
  document: PolicyDocument,
  grant: CompiledGrant | string,
): boolean {
  if (typeof grant === 'string') return false;
  const functions = functionsOfRule(rule, document);
  return functions !== undefined && [...functions.keys()].every((one) => !grant.functions.has(one));
}

function byPrivy(rule: PolicyRule, document: PolicyDocument): Enforcement | undefined {
  if (privyObstacle(rule, document) !== undefined) return undefined;
  return { by: 'Privy', how: 'a rule of the policy of its wallet' };
}

function privyCannot(rule: PolicyRule, document: PolicyDocument): Enforcement {
  return boundary(privyObstacle(rule, document) ?? 'Privy does not know it');
}

function limitClause(
  limit: AnyLimit,
  path: string,
  rule: PolicyRule | undefined,
  { document, grant }: Context,
): ClauseEnforcement {
  const owner = rule === undefined ? '' : `rule "${rule.name}", `;
  const clause = `${owner}limit "${limit.name}": ${limitWords(limit, document.tokens)}`;
  if (rule !== undefined && UNJUDGED_METHODS.includes(rule.method)) {
    return { path, clause, ...UNJUDGED };
  }
  return { path, clause, ...limitEnforcement(limit, rule, document, grant) };
}

function boundary(how: string): Enforcement {
  return { by: 'only the boundary', how };
}

const MOST_CHARS = 100;

function shortWords(condition: PolicyCondition): string {
  const text = inWords(condition);
  return text.length <= MOST_CHARS ? text : `${text.slice(0, MOST_CHARS)}…`;
}
