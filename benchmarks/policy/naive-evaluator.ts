/**
 * The policy interpreter one writes first: it walks the JSON for every request, decodes the call for
 * every condition and parses every value again.
 *
 * It decides as the strict profile does, so every condition of every rule is evaluated, and an error
 * denies. It knows the fields and operators of the benchmark's policies and keeps no reasons.
 *
 * @module
 */

import type { StarknetTransaction } from '@countersign/policy';
import type { PolicyCondition, PolicyDocument } from '@countersign/protocol';

type Call = StarknetTransaction['calls'][number];

/** Whether the policy allows every call; `names` are functions by selector, all of `(address, u256)`. */
export function naivelyAllows(
  document: PolicyDocument,
  { calls }: StarknetTransaction,
  names: ReadonlyMap<bigint, string>,
): boolean {
  if (!calls.every((call) => isAllowed(document, call, names))) return false;
  return (document.limits ?? []).every(({ token, max }) => {
    const spent = calls.filter(({ to }) => to === BigInt(token ?? '0'));
    return spent.reduce((sum, { calldata }) => sum + (calldata[1] ?? 0n), 0n) <= BigInt(max);
  });
}

function isAllowed(
  { rules }: PolicyDocument,
  call: Call,
  names: ReadonlyMap<bigint, string>,
): boolean {
  let allowed = false;
  for (const rule of rules) {
    const outcomes = rule.conditions.map((condition) => judge(condition, call, names));
    if (outcomes.includes('error')) return false;
    const matches = outcomes.every((outcome) => outcome === 'true');
    if (matches && rule.action === 'DENY') return false;
    if (matches) allowed = true;
  }
  return allowed;
}

function judge(
  { field, operator, value }: PolicyCondition,
  call: Call,
  names: ReadonlyMap<bigint, string>,
): 'true' | 'false' | 'error' {
  const found = read(field, call, names);
  if (found === 'unreadable') return 'error';
  const expected = typeof value === 'string' ? [value] : value;
  const holds =
    typeof found === 'bigint'
      ? operator === 'lte'
        ? found <= BigInt(expected[0] ?? '0')
        : expected.some((item) => BigInt(item) === found)
      : found !== undefined && expected.includes(found);
  return holds ? 'true' : 'false';
}

function read(
  field: string,
  call: Call,
  names: ReadonlyMap<bigint, string>,
): bigint | string | undefined {
  const name = names.get(call.selector);
  if (field === 'target') return call.to;
  if (field === 'function_name') return name;
  if (!field.startsWith(`${name}.`)) return undefined;
  const [recipient = 0n, low = 0n, high = 0n] = call.calldata;
  if (call.calldata.length !== 3 || low >= 1n << 128n || high >= 1n << 128n) return 'unreadable';
  if (field === `${name}.recipient`) return recipient;
  return field === `${name}.amount` ? low + (high << 128n) : undefined;
}
