import { compilePolicy } from '@countersign/policy';
import { type PolicyDocument, parsePolicyDocument } from '@countersign/protocol';
import { hash } from 'starknet';
import { describe, expect, it } from 'vitest';
import { type AccountGrant, compileGrant } from './account-grant.ts';
import { enforcementOf } from './enforcement.ts';
import { POLICY_PRIMITIVES } from './policy-primitives.ts';

const TOKEN = '0x70ce';
const SESSION = 'starknet_signSessionTransaction';
const APPROVAL = { required: 1, approvers: ['alice'], expires_in_seconds: 60 };

const condition = (field: string, operator: string, value: string | string[]) => {
  const [field_source, ...path] = field.split(':');
  return { field_source, field: path.join(':'), operator, value };
};
const FUNCTIONS = condition('starknet_call:function_name', 'in', ['transfer', 'approve']);
const TARGET = condition('starknet_call:target', 'eq', TOKEN);
const PAY = { name: 'pay', method: SESSION, action: 'ALLOW', conditions: [FUNCTIONS] };
const PER_CALL = { name: 'a call', metric: 'amount', token: TOKEN, per: 'call', max: '10' };
const DAILY = {
  name: 'a day',
  metric: 'amount',
  token: TOKEN,
  per: 'window',
  window: { type: 'fixed', seconds: 86_400 },
  max: '100',
  group_by: ['key'],
};
const POLICY = { version: '1.0', name: 'p', rules: [PAY], limits: [PER_CALL, DAILY] };

/** A document that also compiles, so that no test is about what never could be. */
function read(value: object): PolicyDocument {
  const document = parsePolicyDocument(value);
  compilePolicy(document, POLICY_PRIMITIVES);
  return document;
}

/** Who enforces a clause, by its path. */
function enforcerOf(path: string, changes: object): string {
  const clause = enforcementOf(read({ ...POLICY, ...changes })).find((one) => one.path === path);
  if (clause === undefined) throw new Error(`no clause ${path}`);
  return clause.by;
}

function grantOf(changes: object = {}): AccountGrant {
  const compiled = compileGrant(read({ ...POLICY, ...changes }));
  if (typeof compiled === 'string') throw new Error(compiled);
  return compiled.grant;
}

const rule = (changes: object): object => ({ rules: [{ ...PAY, ...changes }] });
const limits = (...all: object[]): object => ({ limits: all });

describe('the session account', () => {
  it.each<readonly [string, string, object]>([
    ['lists functions', 'rules[0].conditions[0]', {}],
    ['and so holds a rule that says nothing else', 'rules[0]', {}],
    [
      'lists them by selector',
      'rules[0].conditions[0]',
      rule({
        conditions: [
          condition('starknet_call:selector', 'eq', hash.getSelectorFromName('approve')),
        ],
      }),
    ],
    ['has a maximum per call', 'limits[0]', {}],
    ['has a fixed window', 'limits[1]', {}],
    [
      'has those of the only rule',
      'rules[0].limits[0]',
      { rules: [{ ...PAY, limits: [PER_CALL] }], limits: [DAILY] },
    ],
    [
      'has an end',
      'rules[0].conditions[1]',
      rule({
        conditions: [FUNCTIONS, condition('starknet_transaction:valid_until', 'lte', '1800000000')],
      }),
    ],
    [
      'counts transactions',
      'limits[0]',
      limits({ name: 'ever', metric: 'requests', per: 'lifetime', max: '50', group_by: ['key'] }),
    ],
    [
      'has nothing that a rule denies by functions it does not list',
      'rules[1]',
      {
        rules: [
          PAY,
          {
            ...PAY,
            name: 'no',
            action: 'DENY',
            conditions: [TARGET, condition('starknet_call:function_name', 'eq', 'transfer_from')],
          },
        ],
      },
    ],
  ])('%s', (_, path, changes) => {
    expect(enforcerOf(path, changes)).toBe('session account');
  });
});

describe('only the boundary', () => {
  const also = (one: object): object => rule({ conditions: [FUNCTIONS, one] });

  it.each<readonly [string, string, object]>([
    ['knows contracts', 'rules[0].conditions[1]', also(TARGET)],
    ['and so holds a rule that names one', 'rules[0]', also(TARGET)],
    [
      'knows arguments',
      'rules[0].conditions[1]',
      also(condition('starknet_call:transfer.recipient', 'eq', '0x1')),
    ],
    ['knows the hour', 'rules[0].conditions[1]', also(condition('system:utc_hour', 'gte', '6'))],
    ['knows clients', 'rules[0].conditions[1]', also(condition('client:id', 'eq', 'bot'))],
    [
      'knows how far ahead an end is',
      'rules[0].conditions[1]',
      also(condition('starknet_transaction:validity_seconds', 'lte', '600')),
    ],
    [
      'refuses what the list has',
      'rules[1]',
      {
        rules: [
          PAY,
          {
            ...PAY,
            name: 'no',
            action: 'DENY',
            conditions: [condition('starknet_call:function_name', 'eq', 'approve')],
          },
        ],
      },
    ],
    ['asks people', 'rules[0]', rule({ action: 'REQUIRE_APPROVAL', approval: APPROVAL })],
    [
      'asks people when it is too much',
      'limits[1]',
      limits(PER_CALL, { ...DAILY, exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL }),
    ],
    [
      'holds a condition that other rules do not have',
      'rules[0].conditions[0]',
      {
        rules: [
          PAY,
          {
            ...PAY,
            name: 'more',
            conditions: [condition('starknet_call:function_name', 'eq', 'increase_allowance')],
          },
        ],
      },
    ],
    [
      'holds an end that other rules do not have',
      'rules[0].conditions[1]',
      {
        rules: [
          {
            ...PAY,
            conditions: [
              FUNCTIONS,
              condition('starknet_transaction:valid_until', 'lt', '1800000000'),
            ],
          },
          { ...PAY, name: 'more' },
        ],
      },
    ],
    [
      'has sliding windows',
      'limits[1]',
      limits(PER_CALL, { ...DAILY, window: { type: 'sliding', seconds: 86_400 } }),
    ],
    ['adds up over all keys', 'limits[1]', limits(PER_CALL, { ...DAILY, group_by: [] })],
    [
      'counts each client apart',
      'limits[1]',
      limits(PER_CALL, { ...DAILY, group_by: ['key', 'client'] }),
    ],
    [
      'counts any token',
      'limits[1]',
      limits({ ...PER_CALL, token: 'any' }, { ...DAILY, token: 'any' }),
    ],
    ['adds up per request', 'limits[0]', limits({ ...PER_CALL, per: 'request' }, DAILY)],
    ['has a window without a maximum per call', 'limits[0]', limits(DAILY)],
    ['has a maximum per call without a window', 'limits[0]', limits(PER_CALL)],
    ['takes 0 for a maximum', 'limits[1]', limits(PER_CALL, { ...DAILY, max: '0' })],
    [
      'has a second window for a token',
      'limits[2]',
      limits(PER_CALL, DAILY, {
        ...DAILY,
        name: 'an hour',
        window: { type: 'fixed', seconds: 3_600 },
      }),
    ],
    ['counts some calls only', 'limits[1]', limits(PER_CALL, { ...DAILY, conditions: [TARGET] })],
    [
      'counts what one of two rules matches',
      'rules[0].limits[0]',
      {
        rules: [
          { ...PAY, limits: [PER_CALL] },
          { ...PAY, name: 'more' },
        ],
        limits: [DAILY],
      },
    ],
    [
      'counts transfers for others',
      'limits[1]',
      rule({
        conditions: [condition('starknet_call:function_name', 'in', ['transfer', 'transfer_from'])],
      }),
    ],
    [
      'counts burning',
      'limits[1]',
      rule({ conditions: [condition('starknet_call:function_name', 'in', ['transfer', 'burn'])] }),
    ],
    [
      'counts calls',
      'limits[0]',
      limits({ name: 'ever', metric: 'calls', per: 'lifetime', max: '5', group_by: ['key'] }),
    ],
    [
      'counts requests in a window',
      'limits[0]',
      limits({
        name: 'pace',
        metric: 'requests',
        per: 'window',
        window: { type: 'fixed', seconds: 60 },
        max: '5',
        group_by: ['key'],
      }),
    ],
  ])('%s', (_, path, changes) => {
    expect(enforcerOf(path, changes)).toBe('only the boundary');
  });

  it('holds everything of a policy that names no functions: an empty list allows all', () => {
    const policy = rule({ conditions: [TARGET] });
    expect(compileGrant(read({ ...POLICY, ...policy }))).toEqual(expect.stringContaining('empty'));
    const enforcers = enforcementOf(read({ ...POLICY, ...policy })).map(({ by }) => by);
    expect(new Set(enforcers)).toEqual(new Set(['only the boundary']));
  });
});

describe('Privy', () => {
  const TO = condition('ethereum_transaction:to', 'eq', `0x${'1'.repeat(40)}`);
  const SEND = { name: 'send', method: 'eth_sendTransaction', action: 'ALLOW', conditions: [TO] };
  const ethereum = (changes: object, profile = 'strict'): object => ({
    chain_type: 'ethereum',
    profile,
    rules: [{ ...SEND, ...changes }],
    limits: [],
  });
  const PACE = { name: 'pace', metric: 'requests', per: 'lifetime', max: '5' };

  it.each<readonly [string, string, object, string]>([
    ['allows by its own rules', 'rules[0]', ethereum({}), 'Privy'],
    ['reads their conditions', 'rules[0].conditions[0]', ethereum({}), 'Privy'],
    [
      'denies as a faithful policy does',
      'rules[0]',
      ethereum({ action: 'DENY' }, 'faithful'),
      'Privy',
    ],
    ['lets errors past what denies', 'rules[0]', ethereum({ action: 'DENY' }), 'only the boundary'],
    [
      'asks nobody',
      'rules[0]',
      ethereum({ action: 'REQUIRE_APPROVAL', approval: APPROVAL }),
      'only the boundary',
    ],
    ['adds nothing up', 'rules[0].limits[0]', ethereum({ limits: [PACE] }), 'only the boundary'],
    [
      'would allow more than a rule with a limit',
      'rules[0]',
      ethereum({ limits: [PACE] }),
      'only the boundary',
    ],
    [
      'knows no clients',
      'rules[0].conditions[0]',
      ethereum({ conditions: [TO, condition('client:id', 'eq', 'bot')] }),
      'only the boundary',
    ],
    [
      'knows no hours',
      'rules[0]',
      ethereum({ conditions: [condition('system:utc_hour', 'gte', '6')] }),
      'only the boundary',
    ],
    [
      'knows the time',
      'rules[0].conditions[0]',
      ethereum({ conditions: [condition('system:current_unix_timestamp', 'lt', '1800000000')] }),
      'Privy',
    ],
    [
      'is not asked for Hyperliquid',
      'rules[0]',
      ethereum({ method: 'hyperliquid_signAction', conditions: [] }),
      'only the boundary',
    ],
  ])('%s', (_, path, changes, by) => {
    expect(enforcerOf(path, changes)).toBe(by);
  });
});

describe('nobody', () => {
  it.each<readonly [string, string, object]>([
    [
      'knows a fee no signature commits to',
      'rules[0].conditions[0]',
      rule({ conditions: [condition('starknet_transaction:max_fee', 'lte', '9')] }),
    ],
    [
      'knows a tip',
      'rules[0].conditions[0]',
      rule({ conditions: [condition('starknet_transaction:tip', 'eq', '0')] }),
    ],
    [
      'simulates',
      'rules[0].conditions[0]',
      rule({ conditions: [condition('simulated_change:amount', 'gte', '0')] }),
    ],
    [
      'keeps sums of others',
      'rules[0].conditions[0]',
      rule({ conditions: [condition('reference:aggregation.x', 'lte', '9')] }),
    ],
    [
      'reads another chain',
      'rules[0].conditions[0]',
      rule({
        method: 'signTransaction',
        conditions: [condition('solana_program_instruction:programId', 'eq', 'x')],
      }),
    ],
    ['judges its methods', 'rules[0]', rule({ method: 'signTransaction', conditions: [] })],
  ])('%s', (_, path, changes) => {
    expect(enforcerOf(path, { ...changes, limits: [] })).toBe('nobody');
  });
});

describe('a grant', () => {
  it('has the functions of all rules, the end, the count and the spending policy', () => {
    const ends = condition('starknet_transaction:valid_until', 'lt', '1800000000');
    const ever = {
      name: 'ever',
      metric: 'requests',
      per: 'lifetime',
      max: '50',
      group_by: ['key'],
    };
    const less = { ...PER_CALL, name: 'less', max: '7' };
    const grant = grantOf({
      ...rule({ conditions: [FUNCTIONS, ends] }),
      ...limits(PER_CALL, less, DAILY, ever),
    });
    expect(grant).toEqual({
      entrypoints: ['transfer', 'approve'].map((name) => ({
        name,
        selector: hash.getSelectorFromName(name),
      })),
      validUntil: '1799999999',
      maxCalls: 50,
      spendingPolicies: [
        { token: TOKEN, maxPerCall: '7', maxPerWindow: '100', windowSeconds: 86_400 },
      ],
    });
  });

  it('leaves open what the policy leaves open', () => {
    expect(grantOf(limits())).toEqual({ entrypoints: expect.any(Array), spendingPolicies: [] });
  });

  it('never has what no session key may call', () => {
    const conditions = [
      condition('starknet_call:selector', 'in', [
        hash.getSelectorFromName('upgrade'),
        hash.getSelectorFromName('transfer'),
      ]),
    ];
    expect(grantOf(rule({ conditions })).entrypoints).toHaveLength(1);
    const only = [condition('starknet_call:selector', 'eq', hash.getSelectorFromName('upgrade'))];
    expect(compileGrant(read({ ...POLICY, ...rule({ conditions: only }) }))).toBeTypeOf('string');
  });

  it('has the functions that all conditions of a rule leave', () => {
    const conditions = [FUNCTIONS, condition('starknet_call:transfer.amount', 'lte', '5')];
    expect(grantOf(rule({ conditions })).entrypoints.map(({ name }) => name)).toEqual(['transfer']);
  });
});
