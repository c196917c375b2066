import type { PolicyDocument } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { abiFunction, arrayOf, CAIRO_PRIMITIVES, U256 } from '../fixtures/cairo.ts';
import { APPROVAL, all, decide, never, short } from '../fixtures/decisions.ts';
import {
  calls,
  FRIEND_HEX,
  intentOf,
  rule,
  transaction,
  transfer,
  when,
} from '../fixtures/language.ts';
import { FRIEND, NOW_SEC, ROUTER, STRANGER, TOKEN } from '../fixtures/shop.ts';

const bodyItem = (value: string) => when('items', 'eq', value, 'action_request_body');

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
  type Item = string | { value: string; added_at: number };
  const sets = (...items: Item[]): Partial<PolicyDocument> => ({
    condition_sets: [{ id: 'friends', cooling_seconds: 3_600, items }],
  });
  const uncooled = (...items: Item[]): Partial<PolicyDocument> => ({
    condition_sets: [{ id: 'friends', items }],
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
    [
      'an item that is cooling denies, beside one that has cooled',
      [all(), never(inSet)],
      sets('0x1', { value: FRIEND_HEX, added_at: Number(NOW_SEC) }),
      'ERR_POLICY_RULE_DENIED never 0',
    ],
    [
      'an item with a time of a set without cooling counts from then on',
      allow,
      uncooled({ value: FRIEND_HEX, added_at: Number(NOW_SEC) }),
      'allow',
    ],
    [
      'an item of the future does not allow yet',
      allow,
      uncooled({ value: FRIEND_HEX, added_at: Number(NOW_SEC) + 1 }),
      'ERR_POLICY_NO_RULE policy.no-rule 0',
    ],
    ['another item does not allow', allow, sets('0x1'), 'ERR_POLICY_NO_RULE policy.no-rule 0'],
  ] as const)('%s', (_name, rules, change, expected) => {
    expect(short(decide(rules, undefined, change))).toBe(expected);
  });
});
