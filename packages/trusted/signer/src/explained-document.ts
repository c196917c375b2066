/**
 * An explained request as the JSON document clients get.
 *
 * @module
 */

import type {
  ApprovalDemand,
  Charge,
  ExplainedCondition,
  ExplainedRule,
  ExplainedUnit,
  Explanation,
} from '@countersign/policy';
import { type CanonicalValue, canonicalJson } from '@countersign/protocol';
import type { ExplainedRequest } from './explain-request.ts';

/** Largest document, bytes: half of what a frame between edge and signer may hold. */
const MOST_BYTES = 524_288;
const MOST_VALUE_CHARS = 120;
const MOST_VALUES = 8;

/**
 * Writes the document.
 *
 * @param policyHash - Of everything that decides, as in every log entry.
 * @returns JSON. One that would be too large comes without the rules of each call, and says so by
 *   `explanation.complete: false`.
 */
export function explainedDocument(explained: ExplainedRequest, policyHash: string): Uint8Array {
  const whole = documentBytes(explained, policyHash, true);
  return whole.length <= MOST_BYTES ? whole : documentBytes(explained, policyHash, false);
}

function documentBytes(
  { outcome, code, rule, details, keyId, fixedRules, explanation }: ExplainedRequest,
  policyHash: string,
  isComplete: boolean,
): Uint8Array {
  const document = {
    outcome,
    code,
    rule,
    details,
    keyId,
    fixedRules: fixedRules.map((one) => ({ rule: one.rule, result: one.result })),
    explanation:
      explanation === undefined ? undefined : explanationDocument(explanation, isComplete),
    charges: chargesOf(explanation).map(chargeDocument),
    policyHash,
  };
  return Buffer.from(canonicalJson(document), 'utf8');
}

/** What would have to fit into the ledger; nothing for what is denied anyway. */
function chargesOf(explanation: Explanation | undefined): readonly Charge[] {
  const verdict = explanation?.verdict;
  return verdict === undefined || verdict.outcome === 'deny' ? [] : verdict.charges;
}

function explanationDocument(explanation: Explanation, isComplete: boolean): CanonicalValue {
  const { policy, profile, method, units, limits, verdict } = explanation;
  const approvals = verdict.outcome === 'require_approval' ? verdict.approvals : [];
  return {
    policy,
    profile,
    method,
    complete: isComplete && units.length > 0,
    rules: verdict.outcome === 'deny' ? [] : verdict.rules,
    calls: isComplete ? units.map(unitDocument) : [],
    limits: limits.map((limit) => ({ ...limit })),
    approvals: approvals.map(approvalDocument),
  };
}

function unitDocument({ what, rules }: ExplainedUnit): CanonicalValue {
  return { what, rules: rules.map(ruleDocument) };
}

function ruleDocument({ name, action, result, conditions }: ExplainedRule): CanonicalValue {
  return { name, action, result, conditions: conditions.map(conditionDocument) };
}

function conditionDocument({ value, ...condition }: ExplainedCondition): CanonicalValue {
  return { ...condition, value: shortValue(value) };
}

function approvalDocument(demand: ApprovalDemand): CanonicalValue {
  const { rules, required, approvers, expiresInSec } = demand;
  return { rules, required, approvers, expiresInSec };
}

function chargeDocument({ limit, amount, max, window, exceeded }: Charge): CanonicalValue {
  const seconds = window.type === 'lifetime' ? undefined : window.seconds;
  return {
    limit,
    amount: String(amount),
    max: String(max),
    window: { type: window.type, seconds },
    exceeded: exceeded === 'deny' ? 'deny' : 'ask',
  };
}

/** A list of a thousand addresses for each rule and call would hide what matters. */
function shortValue(value: string | readonly string[]): CanonicalValue {
  if (typeof value === 'string') return shortText(value);
  const rest = value.length - MOST_VALUES;
  const more = rest > 0 ? [`and ${rest} more`] : [];
  return [...value.slice(0, MOST_VALUES).map(shortText), ...more];
}

function shortText(text: string): string {
  const short = text.length <= MOST_VALUE_CHARS ? text : `${text.slice(0, MOST_VALUE_CHARS)}…`;
  // A cut may have split a pair of surrogates.
  return short.toWellFormed();
}
