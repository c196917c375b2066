import type { PolicyDocument, PolicyRule } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { abiFunction, arrayOf, CAIRO_PRIMITIVES, U256 } from '../fixtures/cairo.ts';
import {
  calls,
  FRIEND_HEX,
  intentOf,
  policy,
  rule,
  STARKNET,
  TOKEN_HEX,
  transaction,
  transfer,
  when,
} from '../fixtures/language.ts';
import {
  APPROVE,
  BALANCE_OF,
  FRIEND,
  NOW_SEC,
  OTHER_TOKEN,
  ROUTER,
  STRANGER,
  SWAP,
  TOKEN,
  TRANSFER,
} from '../fixtures/shop.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { PolicyIntent } from './policy-intent.ts';

const APPROVAL = { required: 1, approvers: ['ann', 'bob'], expires_in_seconds: 600 };
const FAITHFUL = { profile: 'faithful' } as const;
const NO_AMOUNTS = when('target', 'eq', TOKEN_HEX);

const bodyItem = (value: string) => when('items', 'eq', value, 'action_request_body');

/** Denies what the condition says. */
const never = (...conditions: PolicyRule['conditions']): PolicyRule =>
  rule({ name: 'never', method: '*', action: 'DENY', conditions });
const all = (change: Partial<PolicyRule> = {}): PolicyRule =>
  rule({ name: 'all', method: '*', conditions: [], ...change });

const decide = (
  rules: readonly PolicyRule[],
  intent: PolicyIntent = calls(transfer(60n)),
  change: Partial<PolicyDocument> = {},
) => evaluatePolicy(policy(rules, change), intent);

/** Code, rule and call of a denial; the outcome of anything else. */
function short(verdict: ReturnType<typeof evaluatePolicy>): string {
  if (verdict.outcome !== 'deny') return verdict.outcome;
  const { call } = verdict.details;
  expect(verdict.details.rule).toBe(verdict.rule);
  return [verdict.code, verdict.rule, ...(call === undefined ? [] : [call])].join(' ');
}

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

describe('lists', () => {
  const changes = [
    { kind: 'balance', token: TOKEN, party: FRIEND, amount: 5n },
    { kind: 'balance', token: TOKEN, party: STRANGER, amount: 5n },
  ] as const;
  const simulated = (count: number) =>
    intentOf(transaction([transfer(60n)], { simulatedChanges: changes.slice(0, count) }));
  const friend = when('party', 'eq', FRIEND_HEX, 'simulated_change');

  it.each([
    ['every item of an allowing rule', [rule({ conditions: [friend] })], 1, 'allow'],
    [
      'not every item of an allowing rule',
      [rule({ conditions: [friend] })],
      2,
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    [
      'no item of an allowing rule',
      [rule({ conditions: [friend] })],
      0,
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    ['any item of a denying rule', [all(), never(friend)], 2, 'ERR_POLICY_RULE_DENIED never 0'],
    ['no item of a denying rule', [all(), never(friend)], 0, 'allow'],
  ] as const)('%s', (_name, rules, count, expected) => {
    expect(short(decide(rules, simulated(count)))).toBe(expected);
  });

  it.each([
    ['an allowing rule', [rule({ method: '*', conditions: [bodyItem('x')] })], 'pay'],
    ['a denying rule', [all(), never(bodyItem('x'))], 'never'],
    ['a denying rule that another item matches', [all(), never(bodyItem('y'))], 'never'],
  ] as const)('with an item that cannot be read are an error in %s', (_name, rules, name) => {
    const body = { items: ['y', {}] };
    const intent = intentOf({ kind: 'action_request_body', body }, { method: 'transfer' });
    expect(short(decide(rules, intent))).toBe(`ERR_POLICY_EVALUATION_FAILED ${name}`);
  });

  describe('in a rule that demands an approval', () => {
    const ask = rule({
      name: 'ask',
      action: 'REQUIRE_APPROVAL',
      approval: APPROVAL,
      conditions: [],
    });
    const friends = { ...ask, conditions: [friend] };
    const named = {
      ...ask,
      name: 'named',
      conditions: [when('function_name', 'eq', 'transfer'), friend],
    };

    it.each([
      ['any item asks, beside a rule that allows', [all(), friends], 2, 'require_approval'],
      ['every item asks, beside a rule that allows', [all(), friends], 1, 'require_approval'],
      ['no item asks nobody', [all(), friends], 0, 'allow'],
      ['every item permits once it is approved', [friends], 1, 'require_approval'],
      ['any item permits nothing', [friends], 2, 'ERR_POLICY_NO_RULE policy.no-rule 0'],
      [
        'any item beside a condition of one value',
        [named],
        2,
        'ERR_POLICY_NO_RULE policy.no-rule 0',
      ],
      ['no item permits nothing', [friends], 0, 'ERR_POLICY_NO_RULE policy.no-rule 0'],
      [
        'two rules that only ask permit nothing',
        [friends, named],
        2,
        'ERR_POLICY_NO_RULE policy.no-rule 0',
      ],
    ] as const)('%s', (_name, rules, count, expected) => {
      expect(short(decide(rules, simulated(count)))).toBe(expected);
    });

    it('a rule that only asks is named by the demand, not among those that allow', () => {
      expect(decide([all(), friends], simulated(2))).toMatchObject({
        rules: ['all'],
        approvals: [{ rules: ['ask'] }],
      });
      expect(decide([all(), friends], simulated(1))).toMatchObject({
        rules: ['all', 'ask'],
        approvals: [{ rules: ['ask'] }],
      });
    });

    it('an amount in a list of the calldata does not hide behind a small one', () => {
      const abi = [abiFunction('pay_many', { amounts: arrayOf(U256) })];
      const abis = [{ targets: ['0x2007'], abi: abi as never }];
      const large = { ...ask, conditions: [when('pay_many.amounts', 'gt', '1000')] };
      const selector = CAIRO_PRIMITIVES.selectorOf('pay_many');
      const pay = (...amounts: readonly bigint[]) =>
        calls({
          to: ROUTER,
          selector,
          calldata: [BigInt(amounts.length), ...amounts.flatMap((amount) => [amount, 0n])],
        });
      expect(short(decide([all(), large], pay(10n, 5_000n), { abis }))).toBe('require_approval');
      expect(short(decide([all(), large], pay(10n, 1_000n), { abis }))).toBe('allow');
    });

    it('a limit of the rule counts what it only asks about', () => {
      const limits = [{ name: 'once', metric: 'requests', per: 'lifetime', max: '0' }] as const;
      const limited = { ...friends, limits: [...limits] };
      expect(short(decide([all(), limited], simulated(2)))).toBe(
        'ERR_POLICY_LIMIT_EXCEEDED once 0',
      );
      expect(short(decide([all(), limited], simulated(0)))).toBe('allow');
    });
  });

  it('without a simulation is an error', () => {
    expect(short(decide([all(), never(friend)]))).toBe('ERR_POLICY_EVALUATION_FAILED never 0');
  });
});

describe('condition sets', () => {
  const sets = (item: string | { value: string; added_at: number }): Partial<PolicyDocument> => ({
    condition_sets: [{ id: 'friends', cooling_seconds: 3_600, items: [item] }],
  });
  const inSet = when('transfer.recipient', 'in_condition_set', 'friends');
  const added = (secondsAgo: number) =>
    sets({ value: FRIEND_HEX, added_at: Number(NOW_SEC) - secondsAgo });
  const allow = [rule({ conditions: [inSet] })];
  const asking = rule({
    name: 'ask',
    action: 'REQUIRE_APPROVAL',
    approval: APPROVAL,
    conditions: [inSet],
  });

  it.each([
    ['an item without a time counts', allow, sets(FRIEND_HEX), 'allow'],
    ['an item that has cooled counts', allow, added(3_600), 'allow'],
    [
      'an item that is cooling does not allow',
      allow,
      added(3_599),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    [
      'an item that is cooling denies',
      [all(), never(inSet)],
      added(0),
      'ERR_POLICY_RULE_DENIED never 0',
    ],
    ['an item that is cooling asks', [all(), asking], added(0), 'require_approval'],
    [
      'an item that is cooling does not permit, once approved',
      [asking],
      added(3_599),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    ['an item that has cooled permits, once approved', [asking], added(3_600), 'require_approval'],
    ['another item does not allow', allow, sets('0x1'), 'ERR_POLICY_NO_RULE policy.no-rule 0'],
  ] as const)('%s', (_name, rules, change, expected) => {
    expect(short(decide(rules, undefined, change))).toBe(expected);
  });
});

describe('approval', () => {
  const ask = (change: Partial<PolicyRule> = {}): PolicyRule =>
    rule({
      name: 'ask',
      action: 'REQUIRE_APPROVAL',
      approval: APPROVAL,
      conditions: [],
      ...change,
    });
  const terms = { required: 1, approvers: ['ann', 'bob'], expiresInSec: 600 };

  it('beats a rule that allows, for one call of many', () => {
    const large = ask({ conditions: [when('transfer.amount', 'gt', '50')] });
    expect(decide([rule(), large], calls(transfer(1n), transfer(60n)))).toEqual({
      outcome: 'require_approval',
      rules: ['pay', 'ask'],
      charges: [],
      approvals: [{ rules: ['ask'], ...terms }],
    });
  });

  it('does not beat a rule that denies', () => {
    expect(short(decide([ask(), never()]))).toBe('ERR_POLICY_RULE_DENIED never 0');
  });

  it('of several rules must all be given; the same terms are one demand', () => {
    const two = { ...APPROVAL, required: 2 };
    const turned = { ...APPROVAL, approvers: ['bob', 'ann'] };
    const verdict = decide([
      ask(),
      ask({ name: 'both', approval: two }),
      ask({ name: 'again', approval: turned }),
    ]);
    expect(verdict).toMatchObject({
      approvals: [
        { rules: ['ask', 'again'], ...terms },
        { rules: ['both'], ...terms, required: 2 },
      ],
    });
  });
});

describe('governed tokens', () => {
  const limits: Partial<PolicyDocument> = {
    limits: [{ name: 'cap', metric: 'amount', token: TOKEN_HEX, per: 'request', max: '100' }],
  };
  const any: Partial<PolicyDocument> = {
    limits: [{ name: 'cap', metric: 'amount', token: 'any', per: 'request', max: '100' }],
  };
  const unknown = { to: TOKEN, selector: SWAP, calldata: [] };
  const malformed = { to: TOKEN, selector: TRANSFER, calldata: [FRIEND] };
  const carrier = CAIRO_PRIMITIVES.selectorOf('execute_from_outside_v2');
  const broken = { to: ROUTER, selector: carrier, calldata: [1n] };

  it.each([
    ['an unknown call', unknown, limits, 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0'],
    ['a malformed call', malformed, limits, 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0'],
    [
      'an unknown call to any contract',
      { ...unknown, to: ROUTER },
      any,
      'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0',
    ],
    ['an unknown call elsewhere', { ...unknown, to: ROUTER }, limits, 'allow'],
    ['a malformed call elsewhere', { ...malformed, to: ROUTER }, limits, 'allow'],
    [
      'a malformed call elsewhere that carries calls',
      broken,
      limits,
      'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0',
    ],
    ['a malformed call that carries calls, and no token with a limit', broken, {}, 'allow'],
    [
      'a call that gives nothing away',
      { to: TOKEN, selector: BALANCE_OF, calldata: [FRIEND] },
      limits,
      'allow',
    ],
    [
      'an allowance of nothing',
      { to: TOKEN, selector: APPROVE, calldata: [ROUTER, 0n, 0n] },
      limits,
      'allow',
    ],
  ] as const)('%s', (_name, call, change, expected) => {
    expect(short(decide([all()], calls(call), change))).toBe(expected);
  });

  describe('behind a function that only its own ABI knows', () => {
    const abi = [abiFunction('stake', { amount: U256 }), abiFunction('peek', {}, 'view')];
    const [stake, peek] = ['stake', 'peek'].map(CAIRO_PRIMITIVES.selectorOf);
    const abis = (target: string) => ({ abis: [{ targets: [target], abi: abi as never }] });
    const call = (to: bigint, selector = stake) => {
      return { to, selector: selector ?? 0n, calldata: selector === peek ? [] : [5n, 0n] };
    };
    const denied = 'ERR_POLICY_CALL_UNDECODABLE policy.undecodable 0';

    it.each([
      ['on the token', call(TOKEN), { ...limits, ...abis(TOKEN_HEX) }, denied],
      ['on any contract', call(ROUTER), { ...any, ...abis('0x2007') }, denied],
      ['on another contract', call(ROUTER), { ...limits, ...abis('0x2007') }, 'allow'],
      ['without limits', call(TOKEN), abis(TOKEN_HEX), 'allow'],
      ['a view of the token', call(TOKEN, peek), { ...limits, ...abis(TOKEN_HEX) }, 'allow'],
      ['a view of any contract', call(ROUTER, peek), { ...any, ...abis('0x2007') }, 'allow'],
    ] as const)('%s', (_name, item, change, expected) => {
      expect(short(decide([all()], calls(item), change))).toBe(expected);
    });

    it('the reason says so', () => {
      const verdict = decide([all()], calls(call(TOKEN)), { ...limits, ...abis(TOKEN_HEX) });
      expect(verdict).toMatchObject({
        details: { reason: expect.stringContaining('only the ABI of this contract knows stake') },
      });
    });

    it('effects are in doubt: false where it allows, an error where it denies', () => {
      const big = when('effect.amount', 'gt', '1000');
      const change = abis('0x2007');
      const small = rule({ conditions: [when('effect.amount', 'lte', '1000')] });
      expect(short(decide([small], calls(call(ROUTER)), change))).toBe(
        'ERR_POLICY_NO_RULE policy.no-rule 0',
      );
      expect(short(decide([all(), never(big)], calls(call(ROUTER)), change))).toBe(
        'ERR_POLICY_EVALUATION_FAILED never 0',
      );
    });
  });
});

describe('faithful', () => {
  const short1 = calls({ to: TOKEN, selector: TRANSFER, calldata: [FRIEND] });
  const gone = when('target', 'in_condition_set', 'gone');
  const order = when('id', 'lte', '5', 'client');

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
