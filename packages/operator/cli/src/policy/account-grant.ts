/**
 * What of a policy a session account can be granted, so that the chain holds it too.
 *
 * A session key is granted a list of entrypoints, whatever the contract; an end; a number of
 * transactions; and, for each token, a maximum per call and per fixed window over `transfer`, `approve`
 * and `increase_allowance`. Nothing else of a policy can be said to it.
 *
 * @module
 */

import { selectorOf } from '@countersign/crypto';
import { deniedEntrypointName, GIVING_FUNCTIONS } from '@countersign/policy';
import { type PolicyDocument, type PolicyRule, toHex } from '@countersign/protocol';
import type { AnyLimit } from './limit-words.ts';
import { allowingRules, functionsOfPolicy, type NamedFunctions } from './named-functions.ts';

/** Arguments of `set_spending_policy` beside the key; base units as digits. */
export interface SpendingGrant {
  readonly token: string;
  readonly maxPerCall: string;
  readonly maxPerWindow: string;
  readonly windowSeconds: number;
}

export interface AccountGrant {
  readonly entrypoints: readonly { readonly name: string; readonly selector: string }[];
  /** Unix seconds; absent when the policy names no end, and whoever grants chooses one. */
  readonly validUntil?: string;
  /** Transactions of the key, ever; absent as above. */
  readonly maxCalls?: number;
  readonly spendingPolicies: readonly SpendingGrant[];
}

/** A grant, and which limits it holds by their names. */
export interface CompiledGrant {
  readonly grant: AccountGrant;
  readonly functions: NamedFunctions;
  readonly validUntilSec: bigint | undefined;
  /** Limits that the chain holds, with how. */
  readonly held: ReadonlyMap<string, string>;
}

/** Functions whose amounts the account counts. */
const COUNTED = new Set(
  ['transfer', 'approve', 'increase_allowance', 'increaseAllowance'].map(selectorOf),
);
const GIVING: ReadonlyMap<bigint, string> = new Map(
  [...GIVING_FUNCTIONS].map((name) => [selectorOf(name), name]),
);
const MOST_U32 = 2n ** 32n - 1n;
const MOST_U256 = 2n ** 256n - 1n;
const MOST_U64 = 2n ** 64n - 1n;

/** Compiles a grant. @returns Why there is none, as text, when there is none. */
export function compileGrant(document: PolicyDocument): CompiledGrant | string {
  const allowed = functionsOfPolicy(document);
  if (allowed === undefined) {
    return 'a rule allows functions it does not name, and an empty list of an account allows all';
  }
  const functions = new Map(
    [...allowed].filter(([selector]) => deniedEntrypointName(selector) === undefined),
  );
  if (functions.size === 0) return 'the policy lets no session transaction through';
  const validUntilSec = endOf(document);
  const held = new Map<string, string>();
  const maxCalls = maxCallsOf(document, held);
  const spendingPolicies = spendingOf(document, functions, held);
  const grant = {
    entrypoints: [...functions].map(([selector, name]) => ({ name, selector: toHex(selector) })),
    ...(validUntilSec === undefined ? {} : { validUntil: String(validUntilSec) }),
    ...(maxCalls === undefined ? {} : { maxCalls: Number(maxCalls) }),
    spendingPolicies,
  };
  return { grant, functions, validUntilSec, held };
}

/**
 * Limits about everything the policy lets through: its own without conditions, and those of a rule that
 * is the only one. The account cannot count some calls and not others.
 */
export function limitsOfAll(document: PolicyDocument): readonly AnyLimit[] {
  const own = (document.limits ?? []).filter(({ conditions = [] }) => conditions.length === 0);
  const rules = allowingRules(document);
  return rules.length === 1 ? [...own, ...(rules[0]?.limits ?? [])] : own;
}

/** Why the account cannot hold a limit about everything; `undefined` when nothing is in the way. */
export function obstacleOf(limit: AnyLimit, functions: NamedFunctions): string | undefined {
  const { metric, per, exceeded = 'DENY', window, token, max } = limit;
  if (exceeded !== 'DENY') return 'the account cannot ask a person, only refuse';
  if (metric === 'requests' && per === 'lifetime') {
    return countsByKey(limit) ? undefined : 'the account counts a key as a whole: group_by [key]';
  }
  if (metric !== 'amount') return `the account counts no ${metric} over time`;
  if (token === undefined || token === 'any') return 'the account needs a token by its address';
  if (per === 'request' || per === 'lifetime') return `the account adds up nothing per ${per}`;
  if (BigInt(max) > MOST_U256) return 'the amount is beyond 256 bits';
  const uncounted = [...functions.keys()].filter(isUncounted).map((one) => GIVING.get(one) ?? '');
  if (uncounted.length > 0) {
    return `the account counts transfer, approve and increase_allowance, not ${uncounted.join(', ')}`;
  }
  if (per === 'call') return undefined;
  if (window?.type !== 'fixed') return 'the account knows fixed windows, not sliding ones';
  if (BigInt(max) === 0n) return 'a maximum of 0 is no maximum to the account';
  return countsByKey(limit) ? undefined : 'the account counts a key as a whole: group_by [key]';
}

function isUncounted(selector: bigint): boolean {
  return GIVING.has(selector) && !COUNTED.has(selector);
}

/** The account keeps one count per key; so must the limit, or it would be another one. */
function countsByKey({ group_by: groups = [] }: AnyLimit): boolean {
  return groups.includes('key') && groups.every((one) => ['key', 'account', 'token'].includes(one));
}

function spendingOf(
  document: PolicyDocument,
  functions: NamedFunctions,
  held: Map<string, string>,
): readonly SpendingGrant[] {
  const limits = limitsOfAll(document).filter(
    (limit) => limit.metric === 'amount' && obstacleOf(limit, functions) === undefined,
  );
  const byToken = Map.groupBy(limits, ({ token = '0x0' }) => toHex(BigInt(token)));
  return [...byToken].flatMap(([token, ofToken]) => spendingOfToken(token, ofToken, held));
}

/** One policy per key and token: the first window, with the smallest maximum per call. */
function spendingOfToken(
  token: string,
  limits: readonly AnyLimit[],
  held: Map<string, string>,
): readonly SpendingGrant[] {
  const perCall = limits.filter(({ per }) => per === 'call');
  const window = limits.find(({ per }) => per === 'window');
  if (window?.window === undefined || perCall.length === 0) return [];
  const maxPerCall = least(perCall.map(({ max }) => BigInt(max)));
  const how = 'set_spending_policy, counted for each account apart';
  for (const { name } of [...perCall, window]) held.set(name, how);
  return [
    {
      token,
      maxPerCall: String(maxPerCall),
      maxPerWindow: window.max,
      windowSeconds: window.window.seconds,
    },
  ];
}

function maxCallsOf(document: PolicyDocument, held: Map<string, string>): bigint | undefined {
  const limits = limitsOfAll(document).filter(
    (limit) =>
      limit.metric === 'requests' &&
      obstacleOf(limit, new Map()) === undefined &&
      BigInt(limit.max) <= MOST_U32,
  );
  for (const { name } of limits) held.set(name, 'max_calls, counted for each account apart');
  return least(limits.map(({ max }) => BigInt(max)));
}

/** The latest end any allowing rule accepts; `undefined` when one of them accepts every end. */
function endOf(document: PolicyDocument): bigint | undefined {
  let latest = 0n;
  for (const rule of allowingRules(document)) {
    const end = endOfRule(rule);
    if (end === undefined || end > MOST_U64) return undefined;
    if (end > latest) latest = end;
  }
  return latest;
}

function endOfRule({ conditions }: PolicyRule): bigint | undefined {
  return least(conditions.flatMap((condition) => endOfCondition(condition) ?? []));
}

/** The last second a condition accepts as `validUntil`. */
export function endOfCondition({
  field_source,
  field,
  operator,
  value,
}: PolicyRule['conditions'][number]): bigint | undefined {
  if (field_source !== 'starknet_transaction' || field !== 'valid_until') return undefined;
  // In the faithful profile anything may stand there.
  if (typeof value !== 'string' || !/^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/.test(value)) {
    return undefined;
  }
  if (operator === 'lte') return BigInt(value);
  return operator === 'lt' ? BigInt(value) - 1n : undefined;
}

function least(values: readonly bigint[]): bigint | undefined {
  const [first, ...rest] = values;
  let found = first;
  for (const value of rest) if (found === undefined || value < found) found = value;
  return found;
}
