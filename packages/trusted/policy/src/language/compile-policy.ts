/**
 * A policy document → a policy that is ready to decide.
 *
 * Everything that can be known to be wrong is refused here, with a line for each problem, so that
 * evaluation meets nothing but what requests bring.
 *
 * @module
 */

import {
  type CanonicalValue,
  canonicalJson,
  isBoundaryError,
  type PolicyCondition,
  type PolicyDocument,
  type PolicyProfile,
  type PolicyRule,
  parsePolicyDocument,
  policyDocumentError,
  policyProblem,
} from '@countersign/protocol';
import type { CallReader } from '../starknet/call-reader.ts';
import { createCallReader } from '../starknet/call-reader.ts';
import { canonicalDocument } from './canonical-document.ts';
import { compileCondition, type PolicyContext } from './compile-condition.ts';
import { approvalDemand, compileLimit } from './compile-limit.ts';
import type { CompiledLimit, CompiledPolicy, CompiledRule } from './compiled-policy.ts';
import type { CompiledCondition } from './condition.ts';
import { checkDocument } from './document-checks.ts';
import type { PolicyPrimitives } from './primitives.ts';
import { createProblemCollector, type ProblemCollector, refusal } from './problem-collector.ts';
import type { ApprovalDemand } from './verdict.ts';

export interface CompileOptions {
  /** Read the document in this profile, whatever it says. */
  readonly profile?: PolicyProfile;
  /** Reads calls instead of the ABIs of the document: for tests. */
  readonly reader?: CallReader;
}

/** What compiling one part needs. */
interface Workbench {
  readonly context: PolicyContext;
  readonly problems: ProblemCollector;
}

/**
 * Compiles a policy.
 *
 * @param document - A parsed JSON value.
 * @throws BoundaryError ERR_POLICY_DOCUMENT_INVALID; `details.problems` has a line per problem.
 */
export function compilePolicy(
  document: unknown,
  primitives: PolicyPrimitives,
  options: CompileOptions = {},
): CompiledPolicy {
  const parsed = parsePolicyDocument(document, options.profile);
  const problems = createProblemCollector();
  checkDocument(parsed, problems);
  const context: PolicyContext = {
    profile: parsed.profile ?? 'strict',
    primitives,
    reader: options.reader ?? readerOf(parsed, primitives),
    sets: new Map((parsed.condition_sets ?? []).map((set) => [set.id, set])),
    fields: new Map(),
    functionNames: new Map(),
  };
  const bench = { context, problems };
  const rules = parsed.rules.map((rule, i) => compileRule(bench, rule, `rules[${i}]`));
  const limits = (parsed.limits ?? []).map((limit, i) => {
    const path = `limits[${i}]`;
    const conditions = compileConditions(bench, limit.conditions ?? [], path);
    return problems.attempt(() => compileLimit(limit, path, conditions));
  });
  const canonical = problems.attempt(() => hashable(parsed));
  problems.finish();
  return assemble(parsed, context, canonical ?? null, rules, limits.filter(isThere));
}

function assemble(
  { name, rules: written }: PolicyDocument,
  { profile, reader, fields }: PolicyContext,
  document: CanonicalValue,
  rules: readonly CompiledRule[],
  limits: readonly CompiledLimit[],
): CompiledPolicy {
  const methods = new Set(written.map(({ method }) => method));
  methods.delete('*');
  const rulesFor = (method: string): readonly CompiledRule[] =>
    rules.filter((_, i) => written[i]?.method === method || written[i]?.method === '*');
  return {
    name,
    profile,
    document,
    governedTokens: governedTokens([...limits, ...rules.flatMap((rule) => rule.limits)]),
    program: {
      rulesByMethod: new Map([...methods].map((method) => [method, rulesFor(method)])),
      rulesForAll: rulesFor('*'),
      limits,
      reader,
      slots: fields.size,
    },
  };
}

function compileRule(bench: Workbench, rule: PolicyRule, path: string): CompiledRule {
  const { problems } = bench;
  return {
    name: rule.name,
    action: rule.action,
    conditions: compileConditions(bench, rule.conditions, path),
    limits: (rule.limits ?? [])
      .map((limit, i) => problems.attempt(() => compileLimit(limit, `${path}.limits[${i}]`, [])))
      .filter(isThere),
    approval: problems.attempt(() => ruleApproval(rule, path)),
  };
}

function compileConditions(
  { context, problems }: Workbench,
  written: readonly PolicyCondition[],
  path: string,
): readonly CompiledCondition[] {
  return written
    .map((condition, i) =>
      problems.attempt(() => compileCondition(context, condition, `${path}.conditions[${i}]`)),
    )
    .filter(isThere);
}

function ruleApproval(
  { name, action, approval }: PolicyRule,
  path: string,
): ApprovalDemand | undefined {
  const place = `${path}.approval`;
  if (action === 'REQUIRE_APPROVAL') {
    if (approval !== undefined) return approvalDemand(name, approval, place);
    throw refusal(
      policyProblem(place, approval, 'who approves: required, approvers, expires_in_seconds'),
    );
  }
  if (approval === undefined) return undefined;
  throw refusal(policyProblem(place, approval, `nothing, because the action is ${action}`));
}

function governedTokens(limits: readonly CompiledLimit[]): ReadonlySet<bigint> | 'any' {
  const tokens = limits.flatMap(({ token }) => token ?? []);
  const named = tokens.filter((token) => token !== 'any');
  return named.length < tokens.length ? 'any' : new Set(named);
}

function readerOf({ abis = [] }: PolicyDocument, primitives: PolicyPrimitives): CallReader {
  try {
    return createCallReader({
      abis: abis.map(({ targets, abi }) => ({ targets: targets.map(BigInt), abi })),
      primitives,
    });
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    const { field = 'abi', found, expected } = error.details;
    throw policyDocumentError([policyProblem(`abis: ${field}`, found, String(expected))]);
  }
}

/** The canonical document, once it is known that it can be written. */
function hashable(parsed: PolicyDocument): CanonicalValue {
  const document = canonicalDocument(parsed);
  try {
    canonicalJson(document);
  } catch {
    throw refusal(
      policyProblem('policy', document, 'whole numbers below 2^53 and well-formed text throughout'),
    );
  }
  return document;
}

function isThere<T>(item: T | undefined): item is T {
  return item !== undefined;
}
