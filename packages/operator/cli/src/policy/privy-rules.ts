/**
 * Which rules Privy enforces as they are.
 *
 * @module
 */

import {
  POLICY_LIMITS,
  type PolicyCondition,
  type PolicyDocument,
  type PolicyFieldSource,
  type PolicyRule,
} from '@countersign/protocol';

/** Sources Privy reads for Ethereum wallets. */
const SOURCES: readonly PolicyFieldSource[] = [
  'ethereum_transaction',
  'ethereum_calldata',
  'ethereum_typed_data_domain',
  'ethereum_typed_data_message',
  'ethereum_7702_authorization',
  'message',
  'system',
];

/** Why Privy would not refuse all that a rule refuses; `undefined` when it would. */
export function privyObstacle(rule: PolicyRule, document: PolicyDocument): string | undefined {
  const { method, action, conditions, limits = [] } = rule;
  if (method === 'hyperliquid_signAction') return 'Privy judges no decoded Hyperliquid action';
  if (method.startsWith('export')) return 'no key leaves this boundary, whatever a policy says';
  if (!isEthereum(method)) return 'Privy is asked for Ethereum only';
  if (action === 'REQUIRE_APPROVAL') return 'Privy’s rules ask nobody';
  if (action === 'DENY' && document.profile !== 'faithful') {
    return 'Privy takes an error in a rule that denies for no match';
  }
  if (action === 'ALLOW' && limits.length > 0)
    return 'Privy adds nothing up, so it would allow more';
  return conditions.map((one) => conditionObstacle(one, document)).find((text) => text !== '');
}

function isEthereum(method: string): boolean {
  return method.startsWith('eth_') || method === 'personal_sign' || method === '*';
}

function conditionObstacle(
  { field_source, field, operator, value }: PolicyCondition,
  { condition_sets: sets = [] }: PolicyDocument,
): string {
  if (!SOURCES.includes(field_source)) return `Privy does not know ${field_source}`;
  if (field_source === 'system' && field !== 'current_unix_timestamp') {
    return `Privy does not know system.${field}`;
  }
  if (Array.isArray(value) && value.length > POLICY_LIMITS.inValues.faithful) {
    return `Privy takes at most ${POLICY_LIMITS.inValues.faithful} values`;
  }
  const isChain = field_source === 'ethereum_typed_data_domain' && /^chain/.test(field);
  if (isChain && operator === 'in') return 'Privy takes one chain, not a list';
  const set = operator === 'in_condition_set' ? sets.find(({ id }) => id === value) : undefined;
  return set?.cooling_seconds === undefined ? '' : 'Privy lets new items count at once';
}
