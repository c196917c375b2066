import {
  FIELD_PRIME,
  isBoundaryError,
  type PolicyDocument,
  type PolicyRule,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { abiFunction, CAIRO_PRIMITIVES, FELT } from '../fixtures/cairo.ts';
import { document, FRIEND_HEX, rule, STARKNET, TOKEN_HEX, when } from '../fixtures/language.ts';
import { compilePolicy } from './compile-policy.ts';

type Limit = NonNullable<PolicyDocument['limits']>[number];

const APPROVAL = { required: 1, approvers: ['ann', 'bob'], expires_in_seconds: 600 };
const LIMIT: Limit = {
  name: 'daily',
  metric: 'amount',
  token: TOKEN_HEX,
  per: 'request',
  max: '5',
};

const withConditions = (...conditions: PolicyRule['conditions']) =>
  document([rule({ conditions })]);
const withLimit = (change: Partial<Limit>) =>
  document([rule()], { limits: [{ ...LIMIT, ...change }] });

function problems(value: unknown): readonly string[] {
  try {
    compilePolicy(value, CAIRO_PRIMITIVES);
    return [];
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    expect(error.code).toBe('ERR_POLICY_DOCUMENT_INVALID');
    return error.details.problems as readonly string[];
  }
}

describe('refused at load, conditions', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'a field of no source',
      withConditions(when('targt', 'eq', '0x1')),
      'rules[0].conditions[0].field: found "targt", expected one of target, selector, effect.kind, effect.token, effect.recipient, effect.amount, function_name, <function>.<parameter>; did you mean "target"?',
    ],
    [
      'a field of another source',
      withConditions(when('target', 'eq', '0x1', 'system')),
      'rules[0].conditions[0].field: found "target", expected one of current_unix_timestamp, utc_hour, utc_weekday, utc_minute_of_day',
    ],
    [
      'an effect there is not',
      withConditions(when('effect.amout', 'eq', '1')),
      'rules[0].conditions[0].field: found "effect.amout", expected one of target, selector, effect.kind, effect.token, effect.recipient, effect.amount, function_name, <function>.<parameter>; did you mean "effect.amount"?',
    ],
    [
      'an order of addresses',
      withConditions(when('target', 'gt', '0x1')),
      'rules[0].conditions[0].operator: found "gt", expected an operator for address, as target is: eq, in, in_condition_set',
    ],
    [
      'an order of text',
      withConditions(when('id', 'lte', '5', 'client')),
      'rules[0].conditions[0].operator: found "lte", expected an operator for text, as id is: eq, in, in_condition_set, contains, starts_with, ends_with',
    ],
    [
      'part of a number',
      withConditions(when('nonce', 'contains', '5', 'starknet_transaction')),
      'rules[0].conditions[0].operator: found "contains", expected an operator for number, as nonce is: eq, gt, gte, lt, lte, in, in_condition_set',
    ],
    [
      'part of the name of a function',
      withConditions(when('function_name', 'starts_with', 'trans')),
      'rules[0].conditions[0].operator: found "starts_with", expected one of eq, in, in_condition_set',
    ],
    [
      'a word where a number is needed',
      withConditions(when('transfer.amount', 'lte', 'ten')),
      'rules[0].conditions[0].value: found "ten", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'one word among numbers',
      withConditions(when('selector', 'in', ['1', 'two'])),
      'rules[0].conditions[0].value[1]: found "two", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'a chain by another name',
      withConditions(when('chain_id', 'eq', 'SN_SEPOLA', 'starknet_transaction')),
      'rules[0].conditions[0].value: found "SN_SEPOLA", expected a whole number in quotes: decimal digits, or 0x and hex digits, or SN_MAIN, SN_SEPOLIA; did you mean "SN_SEPOLIA"?',
    ],
    [
      'no address',
      withConditions(when('target', 'eq', 'my token')),
      'rules[0].conditions[0].value: found "my token", expected an address in quotes: 0x and hex digits',
    ],
    [
      'a negative address',
      withConditions(when('target', 'eq', '-1')),
      'rules[0].conditions[0].value: found "-1", expected an address in quotes: 0x and hex digits',
    ],
    [
      'an order of what only the request tells, by a word',
      withConditions(when('asset', 'lt', 'BTC', 'hyperliquid_action')),
      'rules[0].conditions[0].value: found "BTC", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'a function no ABI knows',
      withConditions(when('function_name', 'eq', 'trasnfer')),
      'rules[0].conditions[0].value: found "trasnfer", expected a function that an ABI knows; add its ABI under abis',
    ],
    [
      'a parameter of a function no ABI knows',
      withConditions(when('swap.amount', 'eq', '1')),
      'rules[0].conditions[0].field: found "swap.amount", expected a function that an ABI knows; add the ABI of swap under abis',
    ],
    [
      'a parameter the function has not',
      withConditions(when('approve.amonut', 'eq', '1')),
      'rules[0].conditions[0].field: found "approve.amonut", expected a value; parameters of approve: approve.spender, approve.amount; did you mean "approve.amount"?',
    ],
    [
      'a set there is not',
      document([rule({ conditions: [when('target', 'in_condition_set', 'frends')] })], {
        condition_sets: [
          { id: 'friends', items: [] },
          { id: 'tokens', items: [] },
        ],
      }),
      'rules[0].conditions[0].value: found "frends", expected one of friends, tokens; did you mean "friends"?',
    ],
    [
      'an item of a set that is no address',
      document([rule({ conditions: [when('target', 'in_condition_set', 'friends')] })], {
        condition_sets: [{ id: 'friends', items: [FRIEND_HEX, 'bob'] }],
      }),
      'rules[0].conditions[0].condition set friends, items[1]: found "bob", expected an address in quotes: 0x and hex digits',
    ],
    [
      'one value behind in',
      withConditions(when('target', 'in', '0x1')),
      'rules[0].conditions[0].value: found "0x1", expected a list of values behind the operator in',
    ],
    [
      'a list behind eq',
      withConditions(when('target', 'eq', ['0x1'])),
      'rules[0].conditions[0].value: found a list of 1, expected one value behind the operator eq',
    ],
    [
      'the empty text, which every text contains',
      withConditions(when('content', 'contains', '', 'message')),
      'rules[0].conditions[0].value: found "", expected text; every text contains the empty one',
    ],
    [
      'an abi nobody reads',
      withConditions({ ...when('target', 'eq', '0x1'), abi: [] }),
      'rules[0].conditions[0].abi: found a list of 0, expected nothing; starknet_call reads no abi',
    ],
    [
      'types nobody reads',
      withConditions({
        ...when('target', 'eq', '0x1'),
        typed_data: { types: {}, primary_type: 'A' },
      }),
      'rules[0].conditions[0].typed_data: found an object, expected nothing; starknet_call reads no types',
    ],
    [
      'two sets in one condition',
      document([rule({ conditions: [when('target', 'in_condition_set', ['a', 'b'])] })], {
        condition_sets: [
          { id: 'a', items: [] },
          { id: 'b', items: [] },
        ],
      }),
      'rules[0].conditions[0].value: found a list of 2, expected the id of one condition set',
    ],
    [
      'a set where there are none',
      withConditions(when('target', 'in_condition_set', 'a')),
      'rules[0].conditions[0].value: found "a", expected an id under condition_sets, which is empty',
    ],
    [
      'neither true nor false',
      withConditions(when('reduce_only', 'eq', 'yes', 'hyperliquid_action')),
      'rules[0].conditions[0].value: found "yes", expected true or false, in quotes',
    ],
    [
      'a word beyond any order',
      withConditions(when('asset', 'gte', 'BTC', 'hyperliquid_action')),
      'rules[0].conditions[0].value: found "BTC", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'a word above all others',
      withConditions(when('asset', 'gt', 'BTC', 'hyperliquid_action')),
      'rules[0].conditions[0].value: found "BTC", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'a word at most',
      withConditions(when('asset', 'lte', 'BTC', 'hyperliquid_action')),
      'rules[0].conditions[0].value: found "BTC", expected a whole number in quotes: decimal digits, or 0x and hex digits',
    ],
    [
      'the empty beginning',
      withConditions(when('content', 'starts_with', '', 'message')),
      'rules[0].conditions[0].value: found "", expected text; every text contains the empty one',
    ],
    [
      'the empty end',
      withConditions(when('content', 'ends_with', '', 'message')),
      'rules[0].conditions[0].value: found "", expected text; every text contains the empty one',
    ],
    [
      'something before an aggregation',
      withConditions(when('my.aggregation.x', 'lt', '1', 'reference')),
      'rules[0].conditions[0].field: found "my.aggregation.x", expected aggregation.<id>',
    ],
    [
      'an aggregation without an id',
      withConditions(when('aggregation.', 'lt', '1', 'reference')),
      'rules[0].conditions[0].field: found "aggregation.", expected aggregation.<id>',
    ],
    [
      'an order of a body',
      withConditions(when('a.b', 'lt', '5', 'action_request_body')),
      'rules[0].conditions[0].operator: found "lt", expected one of eq, in, in_condition_set',
    ],
    [
      'a path of a body with a gap',
      withConditions(when('a..b', 'eq', '5', 'action_request_body')),
      'rules[0].conditions[0].field: found "a..b", expected names joined by full stops',
    ],
    [
      'no aggregation',
      withConditions(when('total', 'lt', '1', 'reference')),
      'rules[0].conditions[0].field: found "total", expected aggregation.<id>',
    ],
  ];

  it.each(cases)('%s', (_name, value, text) => {
    expect(problems(value)).toEqual([text]);
  });
});

describe('refused at load, the document', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'two rules of one name',
      document([rule(), rule()]),
      'rules[1].name: found "pay", expected a name no other rule or limit has',
    ],
    [
      'a rule and a limit of one name',
      withLimit({ name: 'pay' }),
      'limits[0].name: found "pay", expected a name no other rule or limit has',
    ],
    [
      'a name of ours',
      document([rule({ name: 'policy.no-rule' })]),
      'rules[0].name: found "policy.no-rule", expected a name that does not begin with "policy.", which is ours',
    ],
    [
      'two sets of one id',
      document([rule()], {
        condition_sets: [
          { id: 'a', items: [] },
          { id: 'a', items: [] },
        ],
      }),
      'condition_sets[1].id: found "a", expected an id no other condition set has',
    ],
    [
      'two owners',
      document([rule()], { owner: { user_id: 'u' }, owner_id: 'q' }),
      'owner: found an object, expected either owner or owner_id',
    ],
    [
      'two tokens of one address, written differently',
      document([rule()], {
        tokens: [
          { address: '0x1', symbol: 'X', decimals: 1 },
          { address: '0x01', symbol: 'Y', decimals: 1 },
        ],
      }),
      'tokens[1].address: found "1", expected an address no other token has',
    ],
    [
      'the field prime as an address',
      document([rule()], {
        tokens: [{ address: `0x${FIELD_PRIME.toString(16)}`, symbol: 'X', decimals: 1 }],
      }),
      `tokens[0].address: found "0x${FIELD_PRIME.toString(16)}", expected an address below the field prime`,
    ],
    [
      'an address beyond the field',
      document([rule()], {
        tokens: [{ address: `0x${'f'.repeat(64)}`, symbol: 'X', decimals: 1 }],
      }),
      `tokens[0].address: found "0x${'f'.repeat(64)}", expected an address below the field prime`,
    ],
    [
      'typed data without conditions',
      document([rule({ method: 'eth_signTypedData_v4', conditions: [] })]),
      'rules[0].conditions: found a list of 0, expected at least one condition; types bound what is signed',
    ],
    [
      'limits of a rule that denies',
      document([rule({ action: 'DENY', limits: [LIMIT] })]),
      'rules[0].limits: found a list of 1, expected nothing, because the action is DENY',
    ],
    [
      'a demand without approvers',
      document([rule({ action: 'REQUIRE_APPROVAL' })]),
      'rules[0].approval: found nothing, expected who approves: required, approvers, expires_in_seconds',
    ],
    [
      'approvers without a demand',
      document([rule({ approval: APPROVAL })]),
      'rules[0].approval: found an object, expected nothing, because the action is ALLOW',
    ],
    [
      'more approvals than approvers',
      document([rule({ action: 'REQUIRE_APPROVAL', approval: { ...APPROVAL, required: 3 } })]),
      'rules[0].approval.required: found the number 3, expected at most 2, one per approver',
    ],
    [
      'one approver twice',
      document([
        rule({ action: 'REQUIRE_APPROVAL', approval: { ...APPROVAL, approvers: ['ann', 'ann'] } }),
      ]),
      'rules[0].approval.approvers: found a list of 2, expected names of which no two are the same',
    ],
    [
      'an ABI that is none',
      document([rule()], { abis: [{ targets: ['0x1'], abi: [{ type: 'function', name: 5 }] }] }),
      expect.stringMatching(/^abis: /) as unknown as string,
    ],
    [
      'a number nobody can hash',
      document([rule()], { abis: [{ targets: ['0x1'], abi: [{ type: 'event', size: 0.5 }] }] }),
      'policy: found an object, expected whole numbers below 2^53 and well-formed text throughout',
    ],
  ];

  it.each(cases)('%s', (_name, value, text) => {
    expect(problems(value)).toEqual([text]);
  });
});

describe('refused at load, limits', () => {
  const { token: _token, ...tokenless } = LIMIT;
  const cases: readonly (readonly [string, unknown, string])[] = [
    [
      'an amount of nothing',
      document([rule()], { limits: [tokenless] }),
      'limits[0].token: found nothing, expected the address of a token in quotes, or any',
    ],
    [
      'calls of a token',
      withLimit({ metric: 'calls' }),
      `limits[0].token: found "${TOKEN_HEX}", expected nothing; calls have no token, conditions can name one`,
    ],
    [
      'calls per call',
      document([rule()], { limits: [{ ...tokenless, metric: 'calls', per: 'call' }] }),
      'limits[0].per: found "call", expected one of request, window, lifetime',
    ],
    [
      'requests per request',
      document([rule()], { limits: [{ ...tokenless, metric: 'requests' }] }),
      'limits[0].per: found "request", expected one of window, lifetime',
    ],
    [
      'requests per call',
      document([rule()], { limits: [{ ...tokenless, metric: 'requests', per: 'call' }] }),
      'limits[0].per: found "call", expected one of window, lifetime',
    ],
    [
      'approvers of more, twice the same',
      withLimit({
        exceeded: 'REQUIRE_APPROVAL',
        approval: { ...APPROVAL, approvers: ['ann', 'ann'] },
      }),
      'limits[0].approval.approvers: found a list of 2, expected names of which no two are the same',
    ],
    [
      'a limit of a rule, by its place',
      document([rule({ limits: [{ ...tokenless, metric: 'calls', per: 'call' }] })]),
      'rules[0].limits[0].per: found "call", expected one of request, window, lifetime',
    ],
    [
      'a window without a length',
      withLimit({ per: 'window' }),
      'limits[0].window: found nothing, expected type and seconds, because the limit is per window',
    ],
    [
      'a length without a window',
      withLimit({ window: { type: 'fixed', seconds: 60 } }),
      'limits[0].window: found an object, expected nothing, because the limit is per request',
    ],
    [
      'a demand without approvers',
      withLimit({ exceeded: 'REQUIRE_APPROVAL' }),
      'limits[0].approval: found nothing, expected who approves what exceeds the limit',
    ],
    [
      'approvers without a demand',
      withLimit({ approval: APPROVAL }),
      'limits[0].approval: found an object, expected nothing, unless exceeded is REQUIRE_APPROVAL',
    ],
    [
      'a token beyond the field',
      withLimit({ token: `0x${'f'.repeat(64)}` }),
      `limits[0].token: found "0x${'f'.repeat(64)}", expected an address below the field prime`,
    ],
    [
      'amounts of a method whose amounts nobody reads',
      document([rule({ method: 'personal_sign', conditions: [], limits: [LIMIT] })]),
      'rules[0].limits[0].metric: found "amount", expected calls or requests; amounts of personal_sign are not read',
    ],
  ];

  it.each(cases)('%s', (_name, value, text) => {
    expect(problems(value)).toEqual([text]);
  });
});

describe('the faithful profile', () => {
  const faithful = (value: object) => problems({ ...value, profile: 'faithful' });

  it.each([
    ['two rules of one name', document([rule(), rule()])],
    ['an order of text', withConditions(when('id', 'lte', '5', 'client'))],
    [
      'a word where a number is needed',
      withConditions(when('nonce', 'eq', 'x', 'starknet_transaction')),
    ],
    ['a set that is gone', withConditions(when('target', 'in_condition_set', 'gone'))],
    [
      'a chain nobody reads here',
      withConditions(when('Payment.amount', 'lt', '5', 'xrpl_transaction')),
    ],
  ])('loads %s', (_name, value) => {
    expect(faithful(value)).toEqual([]);
  });

  it('asks nobody', () => {
    expect(faithful(withLimit({ exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL }))).toEqual([
      'limits[0].exceeded: found "REQUIRE_APPROVAL", expected DENY in the faithful profile, which asks nobody',
    ]);
  });
});

describe('problems', () => {
  it('are all named at once', () => {
    const bad = [when('targt', 'eq', '0x1'), when('target', 'gt', '0x1')];
    expect(
      problems(document([rule({ conditions: bad }), rule({ name: 'b', conditions: bad })])),
    ).toHaveLength(4);
  });

  it('do not swallow faults that are none of the document', () => {
    const broken = {
      ...CAIRO_PRIMITIVES,
      selectorOf: () => {
        throw new RangeError('fault');
      },
    };
    expect(() => compilePolicy(document([rule()]), broken)).toThrow(RangeError);
  });
});

describe('a compiled policy', () => {
  const governed = (...limits: readonly Limit[]) =>
    compilePolicy(document([rule()], { limits: [...limits] }), CAIRO_PRIMITIVES).governedTokens;

  it('governs tokens with an amount limit, of rules too', () => {
    expect(governed()).toEqual(new Set());
    const { token: _token, ...tokenless } = LIMIT;
    expect(governed({ ...tokenless, metric: 'calls' })).toEqual(new Set());
    expect(governed(LIMIT)).toEqual(new Set([BigInt(TOKEN_HEX)]));
    expect(governed(LIMIT, { ...LIMIT, name: 'any', token: 'any' })).toBe('any');
    const ofRule = document([rule({ limits: [LIMIT] })]);
    expect(compilePolicy(ofRule, CAIRO_PRIMITIVES).governedTokens).toEqual(
      new Set([BigInt(TOKEN_HEX)]),
    );
  });

  it('has one document for what decides alike, another for what does not', () => {
    const of = (value: PolicyDocument) =>
      JSON.stringify(compilePolicy(value, CAIRO_PRIMITIVES).document);
    const plain = document([rule()]);
    const marked = { ...plain, id: 'x', owner_id: 'y', created_at: 5 };
    expect(of({ ...marked, rules: [rule({ id: 'z' })] })).toBe(of(plain));
    expect(of(document([rule({ name: 'other' })]))).not.toBe(of(plain));
    expect(of({ ...plain, profile: 'faithful' })).not.toBe(of(plain));
  });

  it('takes one owner, either way, and limits that count what there is', () => {
    const plain = document([rule()]);
    expect(problems({ ...plain, owner: { user_id: 'u' } })).toEqual([]);
    expect(problems({ ...plain, owner: { user_id: 'u' }, owner_id: null })).toEqual([]);
    expect(problems({ ...plain, owner_id: 'q' })).toEqual([]);
    expect(problems({ ...plain, owner: null, owner_id: 'q' })).toEqual([]);
    expect(problems(document([rule({ method: '*', limits: [LIMIT] })]))).toEqual([]);
    const { token: _token, ...calls } = { ...LIMIT, metric: 'calls' as const };
    const signing = rule({ method: 'personal_sign', conditions: [], limits: [calls] });
    expect(problems(document([signing]))).toEqual([]);
  });

  it('denies more in the faithful profile, said or not', () => {
    const limits = [LIMIT, { ...LIMIT, name: 'b', exceeded: 'DENY' as const }];
    expect(problems(document([rule()], { profile: 'faithful', limits }))).toEqual([]);
  });

  it('names its format in what is hashed', () => {
    expect(compilePolicy(document([rule()]), CAIRO_PRIMITIVES).document).toMatchObject({
      format: 'countersign-policy/v1',
    });
  });

  it('knows functions of the ABIs in the document', () => {
    const abis = [{ targets: ['0x9'], abi: [abiFunction('swap', { amount: FELT })] }];
    const value = document([rule({ conditions: [when('swap.amount', 'lte', '5')] })], { abis });
    expect(problems(value)).toEqual([]);
  });

  it('keeps one place for conditions that read the same', () => {
    const conditions = [when('target', 'eq', '0x1'), when('target', 'eq', '0x2')];
    const compiled = compilePolicy(
      document([rule({ conditions }), rule({ name: 'b', method: '*', conditions })]),
      CAIRO_PRIMITIVES,
    );
    expect(compiled.program.slots).toBe(1);
    expect(compiled.program.rulesByMethod.get(STARKNET)).toHaveLength(2);
    expect(compiled.program.rulesForAll).toHaveLength(1);
  });
});
