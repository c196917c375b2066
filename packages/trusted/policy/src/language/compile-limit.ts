/**
 * Limits of a document → limits that can be measured.
 *
 * @module
 */

import {
  LIMIT_GROUPS,
  type LimitGroup,
  type PolicyApproval,
  type PolicyLimit,
  parseFelt,
  policyProblem,
} from '@countersign/protocol';
import type { CompiledLimit } from './compiled-policy.ts';
import type { CompiledCondition } from './condition.ts';
import { refusal } from './problem-collector.ts';
import type { ApprovalDemand, SpendWindow } from './verdict.ts';

/**
 * Compiles a limit whose conditions are compiled already.
 *
 * @param path - Where it stands: `limits[0]`, `rules[2].limits[0]`.
 * @throws BoundaryError made by `refusal`.
 */
export function compileLimit(
  written: PolicyLimit,
  path: string,
  conditions: readonly CompiledCondition[],
): CompiledLimit {
  const { name, metric, per, max } = written;
  checkMembers(written, path);
  const token = tokenOf(written, path);
  return {
    name,
    metric,
    token,
    per,
    window: windowOf(written),
    max: BigInt(max),
    groupBy: groupsOf(written.group_by ?? [], token),
    conditions,
    approval: approvalOf(written, path),
  };
}

/** Who is asked, as the verdict says it. @param name - The rule or limit that demands it. */
export function approvalDemand(
  name: string,
  { required, approvers, expires_in_seconds }: PolicyApproval,
  path: string,
): ApprovalDemand {
  if (new Set(approvers).size < approvers.length) {
    throw problem(`${path}.approvers`, approvers, 'names of which no two are the same');
  }
  if (required > approvers.length) {
    throw problem(`${path}.required`, required, `at most ${approvers.length}, one per approver`);
  }
  return { rules: [name], required, approvers, expiresInSec: expires_in_seconds };
}

function checkMembers({ metric, token, per, window }: PolicyLimit, path: string): void {
  if (metric === 'amount' && token === undefined) {
    throw problem(`${path}.token`, token, 'the address of a token in quotes, or any');
  }
  if (metric !== 'amount' && token !== undefined) {
    throw problem(
      `${path}.token`,
      token,
      `nothing; ${metric} have no token, conditions can name one`,
    );
  }
  if (metric === 'calls' && per === 'call') {
    throw problem(`${path}.per`, per, '', ['request', 'window', 'lifetime']);
  }
  if (metric === 'requests' && (per === 'call' || per === 'request')) {
    throw problem(`${path}.per`, per, '', ['window', 'lifetime']);
  }
  if (per === 'window' && window === undefined) {
    throw problem(`${path}.window`, window, 'type and seconds, because the limit is per window');
  }
  if (per !== 'window' && window !== undefined) {
    throw problem(`${path}.window`, window, `nothing, because the limit is per ${per}`);
  }
}

function tokenOf({ token }: PolicyLimit, path: string): bigint | 'any' | undefined {
  if (token === undefined || token === 'any') return token;
  try {
    return parseFelt(token, 'token');
  } catch {
    throw problem(`${path}.token`, token, 'an address below the field prime');
  }
}

function windowOf({ per, window }: PolicyLimit): SpendWindow | undefined {
  return per === 'lifetime' ? { type: 'lifetime' } : window;
}

/**
 * In one order, so that a bucket keeps its name when a document is written differently. A token is
 * always among them: base units of two tokens must never add up in one bucket.
 */
function groupsOf(
  written: readonly LimitGroup[],
  token: bigint | 'any' | undefined,
): readonly LimitGroup[] {
  return LIMIT_GROUPS.filter(
    (group) => written.includes(group) || (group === 'token' && token !== undefined),
  );
}

function approvalOf(
  { name, exceeded, approval }: PolicyLimit,
  path: string,
): ApprovalDemand | undefined {
  if (exceeded !== 'REQUIRE_APPROVAL') {
    if (approval === undefined) return undefined;
    throw problem(`${path}.approval`, approval, 'nothing, unless exceeded is REQUIRE_APPROVAL');
  }
  if (approval !== undefined) return approvalDemand(name, approval, `${path}.approval`);
  throw problem(`${path}.approval`, approval, 'who approves what exceeds the limit');
}

function problem(path: string, found: unknown, expected: string, words?: readonly string[]) {
  return refusal(policyProblem(path, found, expected, words));
}
