import type { PolicyDocument, PolicyRule } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { APPROVAL, all, decide, never, short } from '../fixtures/decisions.ts';
import {
  calls,
  FRIEND_HEX,
  intentOf,
  policy,
  rule,
  STARKNET,
  TOKEN_HEX,
  transfer,
  when,
} from '../fixtures/language.ts';
import { FRIEND, OTHER_TOKEN, ROUTER, STRANGER, SWAP, TOKEN, TRANSFER } from '../fixtures/shop.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { PolicyIntent } from './policy-intent.ts';

const FAITHFUL = { profile: 'faithful' } as const;
const NO_AMOUNTS = when('target', 'eq', TOKEN_HEX);

describe('strict, denied', () => {
  const short1 = { to: TOKEN, selector: TRANSFER, calldata: [FRIEND] };
  const unreadable = when('transfer.amount', 'lte', '100');
  const cases: readonly (readonly [string, readonly PolicyRule[], PolicyIntent, string])[] = [
    ['no rules', [], calls(transfer(1n)), 'ERR_POLICY_NO_RULE policy.no-rule 0'],
    [
      'a rule about another method',
      [rule({ method: 'personal_sign', conditions: [] })],
      calls(transfer(1n)),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    [
      'a method no rule names',
      [rule()],
      intentOf({ kind: 'message', content: new Uint8Array() }, { method: 'personal_sign' }),
      'ERR_POLICY_NO_RULE policy.no-rule',
    ],
    [
      'a method called as a member of every object',
      [rule()],
      { ...calls(transfer(1n)), method: 'constructor' },
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    ['no calls', [all()], calls(), 'ERR_POLICY_NO_RULE policy.no-rule'],
    [
      'a condition that is false',
      [rule()],
      calls(transfer(1n, STRANGER)),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    [
      'one call of three',
      [rule()],
      calls(transfer(1n), transfer(1n, STRANGER), transfer(1n, ROUTER)),
      'ERR_POLICY_NO_RULE policy.no-rule 1',
    ],
    [
      'a rule that denies beside one that allows',
      [all(), never(NO_AMOUNTS)],
      calls(transfer(1n)),
      'ERR_POLICY_RULE_DENIED never 0',
    ],
    [
      'a rule that denies beside an error',
      [rule({ conditions: [unreadable] }), never(NO_AMOUNTS)],
      calls(short1),
      'ERR_POLICY_RULE_DENIED never 0',
    ],
    [
      'an error in a rule that allows, beside another that matches',
      [all(), rule({ conditions: [unreadable] })],
      calls(short1),
      'ERR_POLICY_EVALUATION_FAILED pay 0',
    ],
    [
      'an error in a rule that denies',
      [all(), never(unreadable)],
      calls(short1),
      'ERR_POLICY_EVALUATION_FAILED never 0',
    ],
    [
      'an error behind a condition that is false',
      [all(), never(when('target', 'eq', '0x1'), unreadable)],
      calls(short1),
      'ERR_POLICY_EVALUATION_FAILED never 0',
    ],
    [
      'the first of two errors',
      [
        all(),
        rule({ name: 'a', conditions: [unreadable] }),
        rule({ name: 'b', conditions: [unreadable] }),
      ],
      calls(short1),
      'ERR_POLICY_EVALUATION_FAILED a 0',
    ],
    [
      'an earlier call without a rule before a later one that is denied',
      [rule(), never(when('target', 'eq', '0x70c4'))],
      calls(transfer(1n, STRANGER), { ...transfer(1n), to: OTHER_TOKEN }),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    [
      'effects in doubt, in a rule that denies',
      [all(), never(when('effect.recipient', 'eq', '0x1'))],
      calls({ to: ROUTER, selector: SWAP, calldata: [] }),
      'ERR_POLICY_EVALUATION_FAILED never 0',
    ],
    [
      'effects in doubt, in a rule that demands approval',
      [
        all(),
        rule({
          action: 'REQUIRE_APPROVAL',
          approval: APPROVAL,
          conditions: [when('effect.recipient', 'eq', '0x1')],
        }),
      ],
      calls({ to: ROUTER, selector: SWAP, calldata: [] }),
      'ERR_POLICY_EVALUATION_FAILED pay 0',
    ],
    [
      'a chain nobody reads here',
      [all(), rule({ conditions: [when('Payment.amount', 'lt', '5', 'xrpl_transaction')] })],
      calls(transfer(1n)),
      'ERR_POLICY_EVALUATION_FAILED pay 0',
    ],
  ];

  it.each(cases)('%s', (_name, rules, intent, expected) => {
    expect(short(decide(rules, intent))).toBe(expected);
  });

  it('an error names its condition, field and reason', () => {
    expect(decide([rule({ conditions: [unreadable] })], calls(short1))).toMatchObject({
      details: {
        condition: 'rules[0].conditions[0]',
        field: 'starknet_call.transfer.amount',
        reason: expect.stringContaining('amount'),
      },
    });
  });
});

describe('strict, allowed', () => {
  const cases: readonly (readonly [
    string,
    readonly PolicyRule[],
    PolicyIntent,
    readonly string[],
  ])[] = [
    ['a rule that matches', [rule()], calls(transfer(60n)), ['pay']],
    ['all rules that match, in order', [all(), rule()], calls(transfer(60n)), ['all', 'pay']],
    [
      'each call by a rule of its own, in the order of the document',
      [rule(), rule({ name: 'read', conditions: [when('function_name', 'eq', 'balance_of')] })],
      calls(
        {
          to: TOKEN,
          selector: 0x35a73cd311a05d46deda634c5ee045db92f811b4e74bca4437fcb5302b7af33n,
          calldata: [1n],
        },
        transfer(1n),
      ),
      ['pay', 'read'],
    ],
    [
      'a function nobody knows, by its selector, beside a rule about effects',
      [
        rule({
          name: 'game',
          conditions: [when('target', 'eq', '0x2007'), when('selector', 'eq', '0x5a9')],
        }),
        rule({ conditions: [when('effect.recipient', 'eq', FRIEND_HEX)] }),
      ],
      calls({ to: ROUTER, selector: SWAP, calldata: [] }),
      ['game'],
    ],
    [
      'a rule that denies another function',
      [rule(), never(when('approve.amount', 'gt', '0'))],
      calls(transfer(60n)),
      ['pay'],
    ],
  ];

  it.each(cases)('%s', (_name, rules, intent, names) => {
    expect(decide(rules, intent)).toEqual({ outcome: 'allow', rules: names, charges: [] });
  });
});

describe('true and false', () => {
  const action = (reduce_only: boolean) =>
    intentOf({ kind: 'hyperliquid_action', fields: { reduce_only } });

  it.each([
    ['true', true, 'allow'],
    ['true', false, 'ERR_POLICY_NO_RULE policy.no-rule'],
    ['false', true, 'ERR_POLICY_NO_RULE policy.no-rule'],
    ['false', false, 'allow'],
  ] as const)('%s of %s', (value, found, expected) => {
    const condition = when('reduce_only', 'eq', value, 'hyperliquid_action');
    expect(short(decide([all({ conditions: [condition] })], action(found)))).toBe(expected);
  });
});

describe('rules for all methods', () => {
  it('are held against a method that others name, and against one that none does', () => {
    const rules = [never(NO_AMOUNTS), rule(), all()];
    expect(short(decide(rules))).toBe('ERR_POLICY_RULE_DENIED never 0');
    const message = intentOf({ kind: 'message', content: new Uint8Array() });
    expect(decide(rules, { ...message, method: 'personal_sign' })).toMatchObject({
      outcome: 'allow',
      rules: ['all'],
    });
    expect(short(decide(rules, { ...calls(transfer(1n)), method: '*' }))).toMatch(/never 0$/);
  });
});

describe('faithful', () => {
  const short1 = calls({ to: TOKEN, selector: TRANSFER, calldata: [FRIEND] });
  const gone = when('target', 'in_condition_set', 'gone');
  const order = when('id', 'lte', '5', 'client');
  const target = when('target', 'eq', TOKEN_HEX);

  it.each([
    ['one value behind in', { ...target, operator: 'in' as const }],
    ['a list behind eq', { ...target, value: [TOKEN_HEX] }],
    ['two sets', { ...target, operator: 'in_condition_set' as const, value: ['a', 'b'] }],
    ['a set that is gone', { ...target, operator: 'in_condition_set' as const, value: 'c' }],
  ])('%s is never true', (_name, condition) => {
    const sets = [{ id: 'a', items: [TOKEN_HEX] }];
    const change: Partial<PolicyDocument> = { ...FAITHFUL, condition_sets: sets };
    expect(short(decide([all({ conditions: [condition] })], undefined, change))).toBe(
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    );
    expect(short(decide([all(), never(condition)], undefined, change))).toBe('allow');
  });

  it.each([
    ['no rules', [], undefined, 'ERR_POLICY_NO_RULE policy.no-rule 0'],
    ['a rule that denies', [all(), never()], undefined, 'ERR_POLICY_RULE_DENIED never 0'],
    [
      'an error in a rule that allows is no match',
      [rule({ conditions: [order] })],
      undefined,
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    ['an error in a rule that denies falls open', [all(), never(order)], undefined, 'allow'],
    ['a set that is gone falls open', [all(), never(gone)], undefined, 'allow'],
    [
      'a call that cannot be read falls open',
      [all(), never(when('transfer.amount', 'gt', '5'))],
      short1,
      'allow',
    ],
    [
      'a chain nobody reads falls open',
      [all(), never(when('Payment.amount', 'lt', '5', 'xrpl_transaction'))],
      undefined,
      'allow',
    ],
  ] as const)('%s', (_name, rules, intent, expected) => {
    expect(short(decide(rules, intent, FAITHFUL))).toBe(expected);
  });
});

describe('a fault of ours', () => {
  it('is a denial', () => {
    const reader = {
      read: () => {
        throw new Error('bug');
      },
      functionsNamed: () => [],
    };
    const broken = policy(
      [rule({ conditions: [when('effect.amount', 'lt', '5')] })],
      {},
      { reader },
    );
    expect(evaluatePolicy(broken, calls(transfer(1n)))).toEqual({
      outcome: 'deny',
      code: 'ERR_INTERNAL',
      rule: 'policy.error',
      details: { reason: 'a fault while evaluating', rule: 'policy.error' },
    });
  });

  it('in the clock is a denial', () => {
    const timed = policy([
      rule({ method: STARKNET, conditions: [when('utc_hour', 'lt', '24', 'system')] }),
    ]);
    const intent = { ...calls(transfer(1n)), nowMs: Number.NaN };
    expect(short(evaluatePolicy(timed, intent))).toBe('ERR_INTERNAL policy.error');
  });
});
