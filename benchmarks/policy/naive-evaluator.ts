/**
 * The policy interpreter one writes first: it walks the JSON for every request, decodes the call for
 * every condition and parses every value again.
 *
 * It knows the fields and operators of the benchmark's policies and none of the checks around them.
 *
 * @module
 */

import type { StarknetTransaction } from '@countersign/policy';
import type { PolicyCondition, PolicyDocument } from '@countersign/protocol';

type Call = StarknetTransaction['calls'][number];

/** Whether the policy allows every call; `names` are functions by selector, all of `(address, u256)`. */
export function naivelyAllows(
  { rules, limits = [] }: PolicyDocument,
  { calls }: StarknetTransaction,
  names: ReadonlyMap<bigint, string>,
): boolean {
  for (const call of calls) {
    let allowed = false;
    for (const rule of rules) {
      const matches = rule.conditions.every((condition) => holds(condition, call, names));
      if (matches && rule.action === 'DENY') return false;
      if (matches) allowed = true;
    }
    if (!allowed) return false;
  }
  return limits.every(({ token, max }) => {
    const spent = calls.filter(({ to }) => to === BigInt(token ?? '0'));
    return spent.reduce((sum, { calldata }) => sum + (calldata[1] ?? 0n), 0n) <= BigInt(max);
  });
}

function holds(
  { field, operator, value }: PolicyCondition,
  call: Call,
  names: ReadonlyMap<bigint, string>,
): boolean {
  const found = read(field, call, names);
  const expected = typeof value === 'string' ? [value] : value;
  if (typeof found === 'string') return expected.includes(found);
  if (found === undefined) return false;
  if (operator === 'lte') return found <= BigInt(expected[0] ?? '0');
  return expected.some((item) => BigInt(item) === found);
}

function read(
  field: string,
  call: Call,
  names: ReadonlyMap<bigint, string>,
): bigint | string | undefined {
  const name = names.get(call.selector);
  if (field === 'target') return call.to;
  if (field === 'function_name') return name;
  const [recipient, low = 0n, high = 0n] = call.calldata;
  if (field === `${name}.recipient`) return recipient;
  return field === `${name}.amount` ? low + (high << 128n) : undefined;
}
