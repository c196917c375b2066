import { type PolicyDocument, parsePolicyDocument } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { diffPolicies } from './policy-diff.ts';

const LANDLORD = '0x123';
const condition = (field: string, operator: string, value: string | string[]) => ({
  field_source: 'starknet_call',
  field,
  operator,
  value,
});
const PAY = {
  name: 'pay',
  method: '*',
  action: 'ALLOW',
  conditions: [
    condition('transfer.recipient', 'in', [LANDLORD]),
    condition('transfer.amount', 'lte', '100'),
  ],
};
const DAILY = {
  name: 'daily',
  metric: 'amount',
  token: '0x1',
  per: 'window',
  window: { type: 'sliding', seconds: 86_400 },
  max: '1000',
};
const BASE = { version: '1.0', name: 'p', rules: [PAY], limits: [DAILY] };

const read = (value: object): PolicyDocument => parsePolicyDocument(value);

function effects(after: object, before: object = BASE): readonly string[] {
  return diffPolicies(read(before), read(after)).map(
    ({ subject, text, effect }) => `${effect}: ${subject}: ${text}`,
  );
}

const withRule = (rule: object): object => ({ ...BASE, rules: [rule] });
const withLimit = (limit: object): object => ({ ...BASE, limits: [{ ...DAILY, ...limit }] });
const APPROVAL = { required: 2, approvers: ['a', 'b', 'c'], expires_in_seconds: 600 };
const ask = (approval: object): object =>
  withRule({ ...PAY, action: 'REQUIRE_APPROVAL', approval: { ...APPROVAL, ...approval } });

describe('a policy compared', () => {
  it('with itself has not changed', () => {
    expect(effects(BASE)).toEqual([]);
    expect(effects({ ...BASE, profile: 'strict' })).toEqual([]);
  });

  it.each<readonly [string, object, string]>([
    [
      'a rule more',
      { ...BASE, rules: [PAY, { ...PAY, name: 'x' }] },
      'widens: rule "x": new: ALLOW',
    ],
    [
      'a denial more',
      { ...BASE, rules: [PAY, { ...PAY, name: 'x', action: 'DENY' }] },
      'narrows: rule "x": new: DENY',
    ],
    ['a rule less', { ...BASE, rules: [] }, 'narrows: rule "pay": gone: ALLOW'],
    [
      'a denial instead',
      withRule({ ...PAY, action: 'DENY' }),
      'narrows: rule "pay": DENY instead of ALLOW',
    ],
    [
      'another method',
      withRule({ ...PAY, method: 'personal_sign' }),
      'unclear: rule "pay": for personal_sign instead of *',
    ],
    [
      'a condition less',
      withRule({ ...PAY, conditions: [PAY.conditions[1]] }),
      'widens: rule "pay": no longer asks starknet_call.transfer.recipient in [0x123]',
    ],
    ['a limit less', { ...BASE, limits: [] }, 'widens: limit "daily": gone'],
    [
      'a higher limit',
      withLimit({ max: '2000' }),
      'widens: limit "daily": at most 2000 instead of 1000',
    ],
    [
      'a lower limit',
      withLimit({ max: '10' }),
      'narrows: limit "daily": at most 10 instead of 1000',
    ],
    [
      'a shorter window',
      withLimit({ window: { type: 'sliding', seconds: 60 } }),
      'widens: limit "daily": over 60 s instead of 86400 s',
    ],
    [
      'another window',
      withLimit({ window: { type: 'fixed', seconds: 86_400 } }),
      'unclear: limit "daily": a fixed window instead of a sliding one',
    ],
    [
      'a count for each',
      withLimit({ group_by: ['recipient'] }),
      'widens: limit "daily": counts each recipient for itself',
    ],
    [
      'another token',
      withLimit({ token: '0x2' }),
      'unclear: limit "daily": token 0x2 instead of 0x1',
    ],
    [
      'a looser profile',
      { ...BASE, chain_type: 'ethereum', profile: 'faithful', limits: [DAILY] },
      'widens: profile: faithful instead of strict',
    ],
    [
      'symbols',
      { ...BASE, tokens: [{ address: '0x1', symbol: 'X', decimals: 18 }] },
      'neutral: tokens: changed',
    ],
  ])('has %s', (_, after, expected) => {
    expect(effects(after)).toEqual([expected]);
  });

  it.each([
    [[LANDLORD, '0x9'], 'widens'],
    [[], 'narrows'],
    [['0x9'], 'unclear'],
  ])('asks for recipients %j: %s', (values, effect) => {
    const rule = {
      ...PAY,
      conditions: [condition('transfer.recipient', 'in', values), PAY.conditions[1]],
    };
    expect(effects(withRule(rule))[0]?.split(':')[0]).toBe(effect);
    const deny = { ...BASE, rules: [{ ...PAY, action: 'DENY' }] };
    const after = withRule({ ...rule, action: 'DENY' });
    const turned = { widens: 'narrows', narrows: 'widens', unclear: 'unclear' }[effect];
    expect(effects(after, deny)[0]?.split(':')[0]).toBe(turned);
  });

  it.each([
    ['lte', '200', 'widens'],
    ['lte', '0x32', 'narrows'],
  ])('asks %s %s: %s', (operator, value, effect) => {
    const rule = {
      ...PAY,
      conditions: [PAY.conditions[0], condition('transfer.amount', operator, value)],
    };
    expect(effects(withRule(rule))[0]?.split(':')[0]).toBe(effect);
  });

  it.each([
    [{ required: 1 }, 'widens: rule "pay": needs 1 approvers instead of 2'],
    [{ approvers: ['a', 'b', 'c', 'd'] }, 'widens: rule "pay": d may approve'],
    [{ approvers: ['a', 'b'] }, 'narrows: rule "pay": c may no longer approve'],
    [{ expires_in_seconds: 60 }, 'narrows: rule "pay": waits 60 s for approval instead of 600 s'],
  ])('asks people %j', (approval, expected) => {
    expect(effects(ask(approval), ask({}))).toEqual([expected]);
  });

  it('has another set of recipients', () => {
    const sets = (items: readonly string[]) => ({ ...BASE, condition_sets: [{ id: 's', items }] });
    expect(effects(sets(['a', 'c']), sets(['a', 'b']))).toEqual([
      'unclear: condition set "s": also c',
      'unclear: condition set "s": without b',
    ]);
  });
});
