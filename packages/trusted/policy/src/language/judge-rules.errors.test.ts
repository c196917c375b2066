/**
 * Why a condition is an error, in the words of the denial.
 *
 * @module
 */

import { describe, expect, it } from 'vitest';
import { abiFunction, arrayOf, BYTE_ARRAY, CAIRO_PRIMITIVES, FELT } from '../fixtures/cairo.ts';
import { calls, intentOf, policy, rule, when } from '../fixtures/language.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { PolicyAction, PolicyJson } from './policy-intent.ts';

const hyperliquid = (
  fields: Readonly<Record<string, string | bigint | boolean>>,
): PolicyAction => ({
  kind: 'hyperliquid_action',
  fields,
});
const body = (items: PolicyJson): PolicyAction => ({
  kind: 'action_request_body',
  body: { items },
});

function reasonOf(
  condition: ReturnType<typeof when>,
  action: PolicyAction,
  use: 'ALLOW' | 'DENY' = 'ALLOW',
): unknown {
  const compiled = policy([
    rule({ name: 'all', method: '*', conditions: [] }),
    rule({ method: '*', action: use, conditions: [condition] }),
  ]);
  const verdict = evaluatePolicy(compiled, intentOf(action));
  expect(verdict).toMatchObject({ code: 'ERR_POLICY_EVALUATION_FAILED', rule: 'pay' });
  return verdict.outcome === 'deny' ? verdict.details.reason : undefined;
}

describe('the reason of an error', () => {
  const asset = when('asset', 'lt', '5', 'hyperliquid_action');

  it('is what the value cannot be compared with', () => {
    expect(reasonOf(asset, hyperliquid({ asset: 'BTC' }))).toBe(
      'lt cannot compare text with what the policy says',
    );
  });

  it('is the kind of the first item of a list', () => {
    const abis = [BYTE_ARRAY, FELT].map((type, i) => ({
      targets: [`0x${i + 1}`],
      abi: [abiFunction('tag', { items: arrayOf(type) })] as never,
    }));
    const compiled = policy([rule({ conditions: [when('tag.items', 'lt', '5')] })], { abis });
    const selector = CAIRO_PRIMITIVES.selectorOf('tag');
    const tag = (to: bigint, ...calldata: readonly bigint[]) =>
      evaluatePolicy(compiled, calls({ to, selector, calldata }));
    expect(tag(1n, 1n, 0n, 0x61n, 1n)).toMatchObject({
      details: { reason: 'lt cannot compare text with what the policy says' },
    });
    expect(tag(2n, 1n, 4n)).toMatchObject({ outcome: 'allow' });
  });

  it('is the item of a list that cannot be read', () => {
    const equal = when('items', 'eq', 'a', 'action_request_body');
    const reason = reasonOf(equal, body(['a', { b: 'c' }]));
    expect(reason).not.toContain('cannot compare');
    expect(reason).toBe(reasonOf(equal, body([{ b: 'c' }])));
  });

  it('is the doubt, where it restricts', () => {
    const fee = when('max_fee', 'gt', '5', 'starknet_transaction');
    const action = {
      kind: 'starknet_transaction',
      calls: [{ to: 1n, selector: 2n, calldata: [] }],
    };
    expect(reasonOf(fee, action as never, 'DENY')).not.toContain('cannot compare');
  });
});
