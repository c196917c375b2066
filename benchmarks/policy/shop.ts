/**
 * Policies of any size, and the request that one of their rules allows.
 *
 * @module
 */

import type { PolicyIntent, StarknetTransaction } from '@countersign/policy';
import type { PolicyCondition, PolicyDocument } from '@countersign/protocol';

const TOKEN = 0x70c3n;
const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

function when(
  field: string,
  operator: PolicyCondition['operator'],
  value: string | string[],
): PolicyCondition {
  return { field_source: 'starknet_call', field, operator, value };
}

/**
 * A policy of `size` rules: each allows transfers of one token to ten recipients, every fifth denies
 * one recipient on any token. A limit adds up over the request.
 */
export function shopPolicy(size: number): PolicyDocument {
  const rules = Array.from({ length: size }, (_, i): PolicyDocument['rules'][number] => ({
    name: `rule ${i}`,
    method: 'starknet_signSessionTransaction',
    action: i % 5 === 4 ? 'DENY' : 'ALLOW',
    conditions: i % 5 === 4 ? [when('transfer.recipient', 'eq', hex(0xbad + i))] : allowing(i),
  }));
  const limit = { name: 'cap', metric: 'amount', per: 'request', max: '1000000' } as const;
  return {
    version: '1.0',
    name: 'shop',
    chain_type: 'starknet',
    rules,
    limits: [{ ...limit, token: hex(TOKEN) }],
  };
}

function allowing(index: number): PolicyCondition[] {
  const recipients = Array.from({ length: 10 }, (_, i) => hex(1_000 + index * 10 + i));
  return [
    when('target', 'eq', hex(TOKEN + BigInt(index))),
    when('function_name', 'eq', 'transfer'),
    when('transfer.recipient', 'in', recipients),
    when('transfer.amount', 'lte', '100000'),
  ];
}

/** Transfers the first rule allows. @param transfer - Selector of `transfer`. */
export function shopIntent(
  calls: number,
  transfer: bigint,
): PolicyIntent & { readonly action: StarknetTransaction } {
  return {
    method: 'starknet_signSessionTransaction',
    clientId: 'bot',
    keyId: 'trading',
    nowMs: 1_770_984_000_000,
    action: {
      kind: 'starknet_transaction',
      chainId: 0x534e5f5345504f4c4941n,
      accountAddress: 0xacc0n,
      accountNonce: 0n,
      validUntilSec: 1_770_984_300n,
      messageKind: 'invoke-v2',
      calls: Array.from({ length: calls }, (_, i) => ({
        to: TOKEN,
        selector: transfer,
        calldata: [1_000n + BigInt(i % 10), 60n, 0n],
      })),
    },
  };
}
