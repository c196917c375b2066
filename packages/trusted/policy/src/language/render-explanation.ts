/**
 * An explanation in words: a tree, one line per rule, condition, limit and charge.
 *
 * @module
 */

import { ERROR_TABLE } from '@countersign/protocol';
import { amountText } from './evaluate-policy.ts';
import type {
  ExplainedCondition,
  ExplainedLimit,
  ExplainedRule,
  ExplainedUnit,
  Explanation,
} from './explanation.ts';
import { listText, plainText } from './seen-text.ts';
import type { Charge, PolicyVerdict, SpendWindow } from './verdict.ts';

const RULE_TEXT: Readonly<Record<ExplainedRule['result'], string>> = {
  matches: 'matches',
  'only asks': 'asks, and does not allow',
  'does not match': 'does not match',
  error: 'cannot be evaluated',
};

/**
 * Writes an explanation for people.
 *
 * @returns Lines without line ends, each level two blanks deeper; printable ASCII and `…` only.
 */
export function renderExplanation(explanation: Explanation): readonly string[] {
  const { policy, profile, method, units, limits, charges, verdict } = explanation;
  return [
    verdictLine(verdict),
    ...approvalLines(verdict).map(indent),
    `policy "${plainText(policy)}", profile ${profile}, method ${plainText(method)}`,
    ...units.flatMap(unitLines).map(indent),
    ...limits.map(limitLine).map(indent),
    ...charges.map(chargeLine).map(indent),
  ];
}

function verdictLine(verdict: PolicyVerdict): string {
  if (verdict.outcome === 'deny') {
    const { call, reason } = verdict.details;
    const where = typeof call === 'number' ? `, call ${call}` : '';
    const why = typeof reason === 'string' ? `: ${plainText(reason)}` : '';
    const rule = plainText(verdict.rule);
    return `denied by ${rule}${where}: ${ERROR_TABLE[verdict.code].sentence}${why}`;
  }
  const rules = verdict.rules.map((rule) => `"${plainText(rule)}"`).join(', ');
  return `${verdict.outcome === 'allow' ? 'allowed' : 'allowed once approved'} by ${rules}`;
}

function approvalLines(verdict: PolicyVerdict): readonly string[] {
  if (verdict.outcome !== 'require_approval') return [];
  return verdict.approvals.map(({ rules, required, approvers, expiresInSec }) => {
    const names = listText(approvers.map(plainText));
    const whose = rules.map((rule) => `"${plainText(rule)}"`).join(', ');
    return `${required} of ${names} within ${expiresInSec} seconds, for ${whose}`;
  });
}

function unitLines({ what, rules, unread }: ExplainedUnit): readonly string[] {
  const none = rules.length === 0 ? ['no rule is about this method'] : [];
  const limited =
    unread === undefined
      ? []
      : [`a token it may move has a limit, and nobody can tell how much: ${plainText(unread)}`];
  return [what, ...[...none, ...limited, ...rules.flatMap(ruleLines)].map(indent)];
}

function ruleLines({ name, action, result, conditions }: ExplainedRule): readonly string[] {
  const none = conditions.length === 0 ? ['no conditions'] : [];
  const inner = [...none, ...conditions.map(conditionLine)];
  const text = RULE_TEXT[result];
  return [`rule "${plainText(name)}" (${action}) ${text}`, ...inner.map(indent)];
}

function conditionLine(condition: ExplainedCondition): string {
  const { field, operator, value, seen, result, reason } = condition;
  const expected = typeof value === 'string' ? plainText(value) : listText(value.map(plainText));
  const why = reason === undefined ? '' : `, ${plainText(reason)}`;
  const holds = result === 'holds for asking' ? 'holds for asking, not for allowing' : result;
  return `${plainText(field)} ${operator} ${expected}: ${holds}, found ${seen}${why}`;
}

function limitLine({ name, metric, per, group, amount, max, result }: ExplainedLimit): string {
  const apart = group === '' ? '' : ` for ${group}`;
  if (result === 'error') return `limit "${plainText(name)}" cannot be evaluated`;
  return `limit "${plainText(name)}", ${metric} per ${per}${apart}: ${amount} of at most ${max}, ${result}`;
}

function chargeLine({ limit, amount, max, window, exceeded }: Charge): string {
  const otherwise = exceeded === 'deny' ? 'denied' : 'asked about';
  const over = windowText(window);
  return `charge of ${amountText(amount)} to "${plainText(limit)}", at most ${max} ${over}, otherwise ${otherwise}`;
}

function windowText(window: SpendWindow): string {
  return window.type === 'lifetime' ? 'ever' : `in ${window.seconds} seconds (${window.type})`;
}

function indent(line: string): string {
  return `  ${line}`;
}
