/**
 * What would be decided about a request, and why. Decides by the same functions as the pipeline and
 * changes nothing.
 *
 * @module
 */

import type { SessionMessage } from '@countersign/crypto';
import {
  type CompiledPolicy,
  decide,
  type ExplainedFixedRule,
  type Explanation,
  evaluatePolicy,
  explainFixedRules,
  explainPolicy,
  type KeyringPolicy,
} from '@countersign/policy';
import {
  BoundaryError,
  type ErrorCode,
  type ErrorDetails,
  type SessionRequest,
} from '@countersign/protocol';
import { askedMessage, messageOf } from './asked-message.ts';
import {
  intentOf,
  SESSION_METHOD,
  type SessionAsk,
  type WrittenPolicies,
} from './written-policies.ts';

export interface ExplainedRequest {
  readonly outcome: 'allow' | 'deny' | 'ask';
  /** Absent when it is allowed. */
  readonly code?: ErrorCode;
  readonly rule?: string;
  readonly details?: ErrorDetails;
  /** What was asked, with the kind of message that would be signed. */
  readonly message: SessionMessage;
  /** Key that would sign; absent when the fixed rules deny. */
  readonly keyId?: string;
  readonly fixedRules: readonly ExplainedFixedRule[];
  /** Of the written policy; absent when the fixed rules deny and when the key has none. */
  readonly explanation?: Explanation;
}

/**
 * Explains a decision without the ledger: whether charges fit, only a commit tells.
 *
 * @param mostConditions - Conditions to explain at most, over all calls; with more of them the verdict
 *   stands alone, without units and limits.
 * @throws BoundaryError of `askedMessage`; ERR_INTERNAL for a key whose policy is missing.
 */
export function explainRequest(
  deps: { readonly policy: KeyringPolicy; readonly written: WrittenPolicies },
  clientId: string,
  request: SessionRequest,
  nowMs: number,
  mostConditions?: number,
): ExplainedRequest {
  const asked = askedMessage(request);
  const intent = { ...asked, clientId, keyId: request.keyId, messageKind: request.messageKind };
  const decision = decide(deps.policy, intent, BigInt(Math.floor(nowMs / 1000)));
  const fixedRules = explainFixedRules(decision);
  if (decision.outcome === 'deny') {
    const { outcome, code, rule, details } = decision;
    return { outcome, code, rule, details, message: asked, fixedRules };
  }
  const { keyId, messageKind } = decision;
  const message = messageOf(asked, messageKind);
  const compiled = policyOf(deps, keyId);
  if (compiled === undefined) return { outcome: 'allow', message, keyId, fixedRules };
  const ask = { clientId, keyId, message, nowMs };
  return { ...explainAsk(compiled, ask, mostConditions), keyId, fixedRules };
}

/** Explains what one written policy says about a message; `mostConditions` as above. */
export function explainAsk(
  policy: CompiledPolicy,
  ask: SessionAsk,
  mostConditions = Number.POSITIVE_INFINITY,
): Omit<ExplainedRequest, 'fixedRules'> & { readonly explanation: Explanation } {
  const isShort = countConditions(policy, ask) <= mostConditions;
  const explanation = isShort ? explainPolicy(policy, intentOf(ask)) : verdictAlone(policy, ask);
  const { verdict } = explanation;
  const common = { message: ask.message, explanation };
  if (verdict.outcome === 'allow') return { outcome: 'allow', ...common };
  if (verdict.outcome === 'deny') {
    const { outcome, code, rule, details } = verdict;
    return { outcome, code, rule, details, ...common };
  }
  const rule = verdict.approvals[0]?.rules[0];
  const code = 'ERR_POLICY_APPROVAL_REQUIRED';
  return { outcome: 'ask', code, ...(rule === undefined ? {} : { rule }), ...common };
}

function countConditions({ program }: CompiledPolicy, { message }: SessionAsk): number {
  const rules = program.rulesByMethod.get(SESSION_METHOD) ?? program.rulesForAll;
  return message.calls.length * rules.reduce((sum, rule) => sum + rule.conditions.length, 0);
}

function verdictAlone(policy: CompiledPolicy, ask: SessionAsk): Explanation {
  const verdict = evaluatePolicy(policy, intentOf(ask));
  const { name, profile } = policy;
  const charges = verdict.outcome === 'deny' ? [] : verdict.charges;
  return { policy: name, profile, method: SESSION_METHOD, units: [], limits: [], charges, verdict };
}

function policyOf(
  { policy, written }: { readonly policy: KeyringPolicy; readonly written: WrittenPolicies },
  keyId: string,
): CompiledPolicy | undefined {
  const policyId = policy.keys.get(keyId)?.policyId;
  if (policyId === undefined) return undefined;
  const compiled = written.get(policyId);
  if (compiled === undefined) throw new BoundaryError('ERR_INTERNAL');
  return compiled;
}
