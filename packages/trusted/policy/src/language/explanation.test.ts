import { describe, expect, it } from 'vitest';
import {
  calls,
  FRIEND_HEX,
  intentOf,
  policy,
  rule,
  TOKEN_HEX,
  transaction,
  transfer,
  when,
} from '../fixtures/language.ts';
import { FRIEND, STRANGER, SWAP, TOKEN, TRANSFER } from '../fixtures/shop.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import { explainPolicy } from './explanation.ts';
import type { PolicyIntent } from './policy-intent.ts';
import { renderExplanation } from './render-explanation.ts';

const APPROVAL = { required: 1, approvers: ['ann', 'bob'], expires_in_seconds: 600 };
const AMOUNT = { metric: 'amount', token: TOKEN_HEX } as const;
const LIMIT = {
  ...AMOUNT,
  per: 'window',
  window: { type: 'sliding', seconds: 86_400 },
} as const;

const SHOP = policy(
  [
    rule({ limits: [{ ...LIMIT, name: 'daily', max: '1000' }] }),
    rule({
      name: 'ask',
      action: 'REQUIRE_APPROVAL',
      approval: APPROVAL,
      conditions: [when('transfer.amount', 'gt', '50')],
    }),
    rule({
      name: 'never',
      method: '*',
      action: 'DENY',
      conditions: [when('effect.recipient', 'in', ['0x666'])],
    }),
  ],
  { limits: [{ ...AMOUNT, name: 'each', per: 'call', max: '100' }] },
);

const lines = (intent: PolicyIntent): string =>
  renderExplanation(explainPolicy(SHOP, intent)).join('\n');

describe('an explanation in words', () => {
  it('of a request that is allowed', () => {
    expect(lines(calls(transfer(5n)))).toMatchInlineSnapshot(`
      "allowed by "pay"
      policy "vault", profile strict, method starknet_signSessionTransaction
        call 0: transfer on 0x70c3
          rule "pay" (ALLOW) matches
            starknet_call.target eq 0x70c3: holds, found 0x70c3
            starknet_call.function_name eq transfer: holds, found "transfer"
            starknet_call.transfer.recipient eq 0xf21e2d: holds, found 0xf21e2d
          rule "ask" (REQUIRE_APPROVAL) does not match
            starknet_call.transfer.amount gt 50: does not hold, found 5
          rule "never" (DENY) does not match
            starknet_call.effect.recipient in [0x666]: does not hold, found [0xf21e2d]
        limit "daily", amount per window for token 0x70c3: 5 of at most 1000, holds
        limit "each", amount per call for token 0x70c3: 5 of at most 100, holds
        charge of 5 to "daily", at most 1000 in 86400 seconds (sliding), otherwise denied"
    `);
  });

  it('of one that needs approval', () => {
    expect(lines(calls(transfer(60n)))).toMatchInlineSnapshot(`
      "allowed once approved by "pay", "ask"
        1 of [ann, bob] within 600 seconds, for "ask"
      policy "vault", profile strict, method starknet_signSessionTransaction
        call 0: transfer on 0x70c3
          rule "pay" (ALLOW) matches
            starknet_call.target eq 0x70c3: holds, found 0x70c3
            starknet_call.function_name eq transfer: holds, found "transfer"
            starknet_call.transfer.recipient eq 0xf21e2d: holds, found 0xf21e2d
          rule "ask" (REQUIRE_APPROVAL) matches
            starknet_call.transfer.amount gt 50: holds, found 60
          rule "never" (DENY) does not match
            starknet_call.effect.recipient in [0x666]: does not hold, found [0xf21e2d]
        limit "daily", amount per window for token 0x70c3: 60 of at most 1000, holds
        limit "each", amount per call for token 0x70c3: 60 of at most 100, holds
        charge of 60 to "daily", at most 1000 in 86400 seconds (sliding), otherwise denied"
    `);
  });

  it('of one that no rule allows, and one that a limit denies', () => {
    expect(lines(calls(transfer(5n, STRANGER), transfer(101n)))).toMatchInlineSnapshot(`
      "denied by policy.no-rule, call 0: no rule of the policy allows this
      policy "vault", profile strict, method starknet_signSessionTransaction
        call 0: transfer on 0x70c3
          rule "pay" (ALLOW) does not match
            starknet_call.target eq 0x70c3: holds, found 0x70c3
            starknet_call.function_name eq transfer: holds, found "transfer"
            starknet_call.transfer.recipient eq 0xf21e2d: does not hold, found 0x572a
          rule "ask" (REQUIRE_APPROVAL) does not match
            starknet_call.transfer.amount gt 50: does not hold, found 5
          rule "never" (DENY) does not match
            starknet_call.effect.recipient in [0x666]: does not hold, found [0x572a]
        call 1: transfer on 0x70c3
          rule "pay" (ALLOW) matches
            starknet_call.target eq 0x70c3: holds, found 0x70c3
            starknet_call.function_name eq transfer: holds, found "transfer"
            starknet_call.transfer.recipient eq 0xf21e2d: holds, found 0xf21e2d
          rule "ask" (REQUIRE_APPROVAL) matches
            starknet_call.transfer.amount gt 50: holds, found 101
          rule "never" (DENY) does not match
            starknet_call.effect.recipient in [0x666]: does not hold, found [0xf21e2d]
        limit "daily", amount per window for token 0x70c3: 101 of at most 1000, holds
        limit "each", amount per call for token 0x70c3: 5 of at most 100, holds
        limit "each", amount per call for token 0x70c3: 101 of at most 100, exceeded
        charge of 101 to "daily", at most 1000 in 86400 seconds (sliding), otherwise denied"
    `);
  });

  it('of calldata nobody can read', () => {
    const short = { to: TOKEN, selector: TRANSFER, calldata: [FRIEND] };
    expect(lines(calls(short))).toMatchInlineSnapshot(`
      "denied by pay, call 0: a condition of the policy could not be evaluated, and an error denies: parameter \`amount\`: the calldata ends where u256 was expected
      policy "vault", profile strict, method starknet_signSessionTransaction
        call 0: transfer on 0x70c3, undecodable: parameter \`amount\`: the calldata ends where u256 was expected
          a token it may move has a limit, and nobody can tell how much: parameter \`amount\`: the calldata ends where u256 was expected
          rule "pay" (ALLOW) cannot be evaluated
            starknet_call.target eq 0x70c3: holds, found 0x70c3
            starknet_call.function_name eq transfer: holds, found "transfer"
            starknet_call.transfer.recipient eq 0xf21e2d: error, found unreadable, parameter \`amount\`: the calldata ends where u256 was expected
          rule "ask" (REQUIRE_APPROVAL) cannot be evaluated
            starknet_call.transfer.amount gt 50: error, found unreadable, parameter \`amount\`: the calldata ends where u256 was expected
          rule "never" (DENY) cannot be evaluated
            starknet_call.effect.recipient in [0x666]: error, found unreadable, parameter \`amount\`: the calldata ends where u256 was expected"
    `);
  });

  it('of lists, groups, windows and what has no bound', () => {
    const many = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const ever = { ...AMOUNT, per: 'lifetime' as const, name: 'ever', max: '9' };
    const fixed = { ...LIMIT, window: { type: 'fixed' as const, seconds: 60 } };
    const approvers = [...many.map((name) => `p${name}`)];
    const wide = policy(
      [
        rule({ name: 'none', conditions: [] }),
        rule({ name: 'set', conditions: [when('selector', 'in', many)] }),
      ],
      {
        limits: [
          { ...ever, exceeded: 'REQUIRE_APPROVAL', approval: { ...APPROVAL, approvers } },
          { ...fixed, name: 'pace', max: '10' },
          { ...ever, name: 'sim', conditions: [when('amount', 'lt', '0', 'simulated_change')] },
        ],
      },
    );
    const simulatedChanges = [
      { kind: 'balance', token: TOKEN, party: FRIEND, amount: -5n },
    ] as const;
    const intent = intentOf(transaction([transfer(10n)], { simulatedChanges }));
    expect(renderExplanation(explainPolicy(wide, intent)).join('\n')).toMatchInlineSnapshot(`
      "denied by sim, call 0: the amount is above the limit of this key for the token
      policy "vault", profile strict, method starknet_signSessionTransaction
        call 0: transfer on 0x70c3
          rule "none" (ALLOW) matches
            no conditions
          rule "set" (ALLOW) does not match
            starknet_call.selector in [1, 2, 3, 4, 5, 6, 7, 8, and 1 more]: does not hold, found 0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12e
        limit "ever", amount per lifetime for token 0x70c3: 10 of at most 9, asks for approval
        limit "pace", amount per window for token 0x70c3: 10 of at most 10, holds
        limit "sim", amount per lifetime for token 0x70c3: 10 of at most 9, exceeded
        charge of 10 to "ever", at most 9 ever, otherwise asked about
        charge of 10 to "pace", at most 10 in 60 seconds (fixed), otherwise denied
        charge of 10 to "sim", at most 9 ever, otherwise denied"
    `);
    expect(
      renderExplanation(explainPolicy(wide, calls(transfer(10n)))).filter((line) =>
        line.includes('cannot be evaluated'),
      ),
    ).toMatchInlineSnapshot(`
      [
        "  limit "sim" cannot be evaluated",
      ]
    `);
  });

  it('of a method no rule is about', () => {
    const plain = policy([rule()]);
    const message = intentOf(
      { kind: 'message', content: new Uint8Array() },
      { method: 'personal_sign' },
    );
    expect(renderExplanation(explainPolicy(plain, message)).join('\n')).toMatchInlineSnapshot(`
      "denied by policy.no-rule: no rule of the policy allows this
      policy "vault", profile strict, method personal_sign
        message
          no rule is about this method"
    `);
  });

  it('is printable whatever the request says', () => {
    const evil = '\u001b[2J\u202e\n'.repeat(100);
    const byClient = policy([rule({ conditions: [when('id', 'contains', 'x', 'client')] })], {
      limits: [{ ...LIMIT, name: 'daily', max: '1', group_by: ['client'] }],
    });
    const intent = { ...calls(transfer(5n)), clientId: `x${evil}` };
    for (const line of renderExplanation(explainPolicy(byClient, intent))) {
      expect(line).toMatch(/^[\x20-\x7e…]{1,400}$/);
    }
  });
});

describe('an explanation', () => {
  it('has the verdict of the evaluation', () => {
    for (const amount of [5n, 60n, 101n, 2_000n]) {
      const intent = calls(transfer(amount));
      expect(explainPolicy(SHOP, intent).verdict).toEqual(evaluatePolicy(SHOP, intent));
    }
  });

  it('goes on where the evaluation stops', () => {
    const { units, verdict } = explainPolicy(SHOP, calls(transfer(5n, STRANGER), transfer(5n)));
    expect(verdict).toMatchObject({ code: 'ERR_POLICY_NO_RULE', details: { call: 0 } });
    expect(units).toHaveLength(2);
    expect(units[1]?.rules.map(({ result }) => result)).toEqual([
      'matches',
      'does not match',
      'does not match',
    ]);
  });

  it('says where asking and allowing differ', () => {
    const friend = when('party', 'eq', FRIEND_HEX, 'simulated_change');
    const asking = policy([
      rule(),
      rule({
        name: 'ask',
        action: 'REQUIRE_APPROVAL',
        approval: APPROVAL,
        conditions: [friend, when('function_name', 'eq', 'transfer')],
      }),
    ]);
    const change = { kind: 'balance', token: TOKEN, amount: 5n } as const;
    const simulatedChanges = [FRIEND, STRANGER].map((party) => ({ ...change, party }));
    const intent = intentOf(transaction([transfer(5n)], { simulatedChanges }));
    const explained = explainPolicy(asking, intent);
    expect(explained.verdict).toMatchObject({ outcome: 'require_approval', rules: ['pay'] });
    expect(explained.units[0]?.rules[1]).toMatchObject({
      result: 'only asks',
      conditions: [{ result: 'holds for asking' }, { result: 'holds' }],
    });
    expect(renderExplanation(explained).slice(-3)).toMatchInlineSnapshot(`
      [
        "    rule "ask" (REQUIRE_APPROVAL) asks, and does not allow",
        "      simulated_change.party eq 0xf21e2d: holds for asking, not for allowing, found [0xf21e2d, 0x572a]",
        "      starknet_call.function_name eq transfer: holds, found "transfer"",
      ]
    `);
  });

  it('names what was seen, and why there was nothing', () => {
    const unknown = { to: TOKEN, selector: SWAP, calldata: [] };
    const { units } = explainPolicy(SHOP, calls(unknown));
    expect(units[0]?.what).toBe('call 0: selector 0x5a9 on 0x70c3');
    expect(units[0]?.rules[0]?.conditions).toMatchObject([
      { field: 'starknet_call.target', seen: '0x70c3', result: 'holds' },
      { seen: 'nothing', result: 'does not hold', reason: expect.stringContaining('no ABI') },
      { path: 'rules[0].conditions[2]', value: FRIEND_HEX, seen: 'nothing' },
    ]);
    expect(units[0]?.rules[2]).toMatchObject({
      result: 'error',
      conditions: [{ result: 'error' }],
    });
  });

  it('says of a limit what happens', () => {
    const asking = policy([rule()], {
      limits: [
        { ...LIMIT, name: 'a', max: '1', exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL },
        { ...LIMIT, name: 'b', max: '1' },
        {
          ...LIMIT,
          name: 'c',
          max: '1',
          conditions: [when('amount', 'lt', '0', 'simulated_change')],
        },
      ],
    });
    const { limits } = explainPolicy(asking, calls(transfer(5n)));
    expect(limits.map(({ name, result }) => [name, result])).toEqual([
      ['a', 'asks for approval'],
      ['b', 'exceeded'],
      ['c', 'error'],
    ]);
  });

  it('of an error in the faithful profile is a rule that does not match', () => {
    const condition = when('id', 'lte', '5', 'client');
    const faithful = policy([rule({ conditions: [condition] }), rule({ name: 'b' })], {
      profile: 'faithful',
    });
    const { units, verdict } = explainPolicy(faithful, calls(transfer(5n)));
    expect(verdict).toMatchObject({ outcome: 'allow', rules: ['b'] });
    expect(units[0]?.rules[0]).toMatchObject({
      result: 'does not match',
      conditions: [{ result: 'error', reason: expect.stringContaining('cannot compare text') }],
    });
  });

  it('says nothing where there is nothing to say', () => {
    const { units } = explainPolicy(SHOP, calls(transfer(5n)));
    expect(units[0]).not.toHaveProperty('unread');
    expect(units[0]?.rules[0]?.conditions[0]).not.toHaveProperty('reason');
  });

  it('leaves what a denying rule matches out of the limits', () => {
    const limits = [{ ...LIMIT, name: 'daily', max: '1000' }];
    const denying = policy([rule({ limits }), rule({ name: 'no', action: 'DENY' })]);
    const asking = policy([rule({ limits, action: 'REQUIRE_APPROVAL', approval: APPROVAL })]);
    const intent = calls(transfer(5n));
    expect(explainPolicy(denying, intent).limits.map(({ name }) => name)).toEqual(['daily']);
    expect(explainPolicy(asking, intent).charges).toMatchObject([{ limit: 'daily', amount: 5n }]);
    expect(explainPolicy(asking, calls(transfer(5n, STRANGER))).limits).toEqual([]);
  });

  it('of a fault of ours is the denial alone', () => {
    const reader = {
      read: () => {
        throw new Error('bug');
      },
      functionsNamed: () => [],
    };
    const broken = policy(
      [rule({ conditions: [when('effect.amount', 'eq', '1')] })],
      {},
      { reader },
    );
    expect(explainPolicy(broken, calls(transfer(5n)))).toMatchObject({
      units: [],
      limits: [],
      charges: [],
      verdict: { code: 'ERR_INTERNAL' },
    });
  });
});
