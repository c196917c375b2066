/**
 * The rules `decide` applies whatever a written policy says, in its order.
 *
 * @module
 */

import type { PolicyDecision } from './decide.ts';

/**
 * `holds`: it was applied and refused nothing. `denies`: it is the refusal. `not reached`: another one
 * refused first.
 */
export type FixedRuleResult = 'holds' | 'denies' | 'not reached';

export interface ExplainedFixedRule {
  readonly rule: string;
  readonly result: FixedRuleResult;
}

/** Rules in their order. Those of one step are applied call by call, so none of them comes first. */
const STEPS: readonly (readonly string[])[] = [
  ['validity.expired'],
  ['validity.horizon'],
  ['chain.listed'],
  ['call.none'],
  ['call.self', 'call.denied-selector'],
  ['client.key'],
  ['client.account'],
  ['key.exists'],
  ['key.message-kind'],
  ['key.targets'],
  ['key.recipients'],
  ['key.caps', 'key.caps.per-call', 'key.caps.per-request'],
];

/** What each fixed rule had to do with a decision. */
export function explainFixedRules(decision: PolicyDecision): readonly ExplainedFixedRule[] {
  const refused = decision.outcome === 'deny' ? decision.rule : undefined;
  const at = STEPS.findIndex((step) => refused !== undefined && step.includes(refused));
  return STEPS.flatMap((step, i) =>
    step.map((rule) => {
      if (rule === refused) return { rule, result: 'denies' };
      return { rule, result: refused === undefined || i < at ? 'holds' : 'not reached' };
    }),
  );
}
