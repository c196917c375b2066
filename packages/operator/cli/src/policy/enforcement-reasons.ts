/**
 * Why nobody enforces a condition, or nobody but this boundary.
 *
 * @module
 */

import {
  FOREIGN_FIELD_SOURCES,
  type PolicyCondition,
  type PolicyFieldSource,
  type PolicyMethod,
} from '@countersign/protocol';

/** Methods of chains whose requests this boundary does not read. */
export const UNJUDGED_METHODS: readonly PolicyMethod[] = [
  'signTransaction',
  'signAndSendTransaction',
  'signTransactionBytes',
  'signRawMessageBytes',
  'tron_sendTransaction',
  'tron_signTransaction',
  'xrpl_signTransaction',
];

const FOREIGN: readonly PolicyFieldSource[] = FOREIGN_FIELD_SOURCES;
const FEES = ['max_fee', 'tip'];

/** Why nobody enforces a condition; `undefined` when somebody does. */
export function unenforced({ field_source, field }: PolicyCondition): string | undefined {
  if (FOREIGN.includes(field_source)) return 'a chain that is not read here';
  if (field_source === 'reference') {
    return 'sums that nobody keeps; a limit with a window says the same';
  }
  if (field_source === 'simulated_change') return 'nothing is simulated';
  if (field_source === 'starknet_transaction' && FEES.includes(field)) {
    return 'no session signature commits to a fee';
  }
  return undefined;
}

/** What the account does not know, by source, then by field. */
const UNKNOWN: Readonly<Partial<Record<PolicyFieldSource, Readonly<Record<string, string>>>>> = {
  starknet_call: {
    target: 'the account lists functions, not contracts',
    default: 'the account sees which function is called, not its arguments',
  },
  starknet_transaction: {
    chain_id: 'a grant is made on one chain and says nothing of others',
    account: 'a grant is made by one account and says nothing of others',
    call_count: 'the account counts transactions, not their calls',
    validity_seconds: 'the account knows a last second, not how far ahead it is',
    default: 'the account does not look at it',
  },
  system: { default: 'the account knows no calendar, and time by the hour while it validates' },
  client: { default: 'the account knows keys, not who uses them' },
  key: { default: 'a grant is made to one key and says nothing of others' },
};

/** Why the account cannot hold a condition about a session transaction. */
export function conditionObstacle({ field_source, field }: PolicyCondition): string {
  const fields = UNKNOWN[field_source];
  const known = fields !== undefined && Object.hasOwn(fields, field) ? fields[field] : undefined;
  return known ?? fields?.default ?? 'a session transaction has none';
}
