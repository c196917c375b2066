/**
 * Who enforces a limit. Privy adds nothing up, so it is the account or the boundary.
 *
 * @module
 */

import type { PolicyDocument, PolicyRule } from '@countersign/protocol';
import { type CompiledGrant, limitsOfAll, obstacleOf } from './account-grant.ts';
import type { Enforcement } from './enforcement.ts';
import type { AnyLimit } from './limit-words.ts';
import { isStarknetRule } from './named-functions.ts';

/** @param rule - Of which it is a limit; `undefined` for one of the policy. */
export function limitEnforcement(
  limit: AnyLimit,
  rule: PolicyRule | undefined,
  document: PolicyDocument,
  grant: CompiledGrant | string,
): Enforcement {
  const how = typeof grant === 'string' ? undefined : grant.held.get(limit.name);
  if (how !== undefined && limitsOfAll(document).includes(limit)) {
    return { by: 'session account', how };
  }
  return { by: 'only the boundary', how: reasonOf(limit, rule, document, grant) };
}

function reasonOf(
  limit: AnyLimit,
  rule: PolicyRule | undefined,
  document: PolicyDocument,
  grant: CompiledGrant | string,
): string {
  if (rule !== undefined && !isStarknetRule(rule)) return 'Privy adds nothing up';
  if (typeof grant === 'string') return grant;
  if (!limitsOfAll(document).includes(limit)) {
    return 'it counts some calls, and the account counts all of them';
  }
  const obstacle = obstacleOf(limit, grant.functions);
  if (obstacle !== undefined) return obstacle;
  if (limit.metric === 'requests') return 'the account counts up to 2^32 − 1 transactions';
  const isHeld = grant.grant.spendingPolicies.some(
    ({ token }) => BigInt(token) === BigInt(limit.token ?? '0x0'),
  );
  if (isHeld) return 'the account has one window for each key and token, and another limit is it';
  return limit.per === 'call'
    ? 'the account has a maximum per call only beside a fixed window'
    : 'the account has a window only beside a maximum per call';
}
