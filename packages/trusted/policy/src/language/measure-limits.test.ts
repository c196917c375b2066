import type { PolicyDocument } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { CAIRO_PRIMITIVES } from '../fixtures/cairo.ts';
import {
  calls,
  FRIEND_HEX,
  intentOf,
  policy,
  rule,
  TOKEN_HEX,
  transfer,
  when,
} from '../fixtures/language.ts';
import {
  ACCOUNT,
  APPROVE,
  BALANCE_OF,
  FRIEND,
  OTHER_TOKEN,
  ROUTER,
  STRANGER,
  SWAP,
  TOKEN,
  TRANSFER,
} from '../fixtures/shop.ts';
import type { CallReader } from '../starknet/call-reader.ts';
import { UNLIMITED_AMOUNT } from './amounts.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { PolicyIntent } from './policy-intent.ts';

type Limit = NonNullable<PolicyDocument['limits']>[number];

const APPROVAL = { required: 1, approvers: ['ann'], expires_in_seconds: 600 };
const DAY = { type: 'sliding', seconds: 86_400 } as const;
const ALL = rule({ name: 'all', method: '*', conditions: [] });

const limit = (change: Partial<Limit> = {}): Limit => ({
  name: 'cap',
  metric: 'amount',
  token: TOKEN_HEX,
  per: 'request',
  max: '100',
  ...change,
});
const counting = (change: Partial<Limit>): Limit => {
  const { token: _token, ...rest } = limit({ metric: 'calls', ...change });
  return rest;
};
const approve = (amount: bigint, spender = ROUTER) => ({
  to: TOKEN,
  selector: APPROVE,
  calldata: [spender, amount, 0n],
});
const other = (amount: bigint) => ({ ...transfer(amount), to: OTHER_TOKEN });

const decide = (limits: readonly Limit[], intent: PolicyIntent) =>
  evaluatePolicy(policy([ALL], { limits: [...limits] }), intent);

function short(verdict: ReturnType<typeof evaluatePolicy>): string {
  if (verdict.outcome !== 'deny') return verdict.outcome;
  const { call, amount, max, per } = verdict.details;
  return [verdict.code, verdict.rule, call, amount, max, per]
    .filter((x) => x !== undefined)
    .join(' ');
}

describe('exceeded, within one request', () => {
  const cases: readonly (readonly [string, Limit, PolicyIntent, string])[] = [
    ['per call', limit({ per: 'call' }), calls(transfer(101n)), '0 101 100 call'],
    [
      'per call, the second',
      limit({ per: 'call' }),
      calls(transfer(100n), transfer(101n)),
      '1 101 100 call',
    ],
    ['per request', limit(), calls(transfer(60n), transfer(41n)), '1 101 100 request'],
    [
      'per request, the call that crosses it',
      limit(),
      calls(transfer(60n), transfer(41n), transfer(9n)),
      '1 110 100 request',
    ],
    [
      'an allowance counts like a transfer',
      limit(),
      calls(transfer(60n), approve(41n)),
      '1 101 100 request',
    ],
    [
      'the high half of an amount',
      limit(),
      calls({ to: TOKEN, selector: TRANSFER, calldata: [FRIEND, 0n, 1n] }),
      `0 ${1n << 128n} 100 request`,
    ],
    ['any token', limit({ token: 'any' }), calls(other(101n)), '0 101 100 request'],
    ['calls', counting({ max: '1' }), calls(transfer(1n), transfer(1n)), '1 2 1 request'],
    [
      'calls of one recipient',
      counting({ max: '1', group_by: ['recipient'] }),
      calls(transfer(1n), transfer(1n, STRANGER), transfer(1n)),
      '2 2 1 request',
    ],
    [
      'amounts of one recipient',
      limit({ group_by: ['recipient'] }),
      calls(transfer(60n), transfer(60n, STRANGER), transfer(41n)),
      '2 101 100 request',
    ],
    [
      'more than a window holds',
      limit({ per: 'window', window: DAY }),
      calls(transfer(101n)),
      '0 101 100 window',
    ],
    [
      'more than a lifetime holds',
      limit({ per: 'lifetime' }),
      calls(transfer(101n)),
      '0 101 100 lifetime',
    ],
    ['nothing fits', limit({ max: '0' }), calls(transfer(1n)), '0 1 0 request'],
  ];

  it.each(cases)('%s', (_name, item, intent, details) => {
    expect(short(decide([item], intent))).toBe(`ERR_POLICY_LIMIT_EXCEEDED cap ${details}`);
  });

  it('the earliest call is named, whatever the order of the limits', () => {
    const limits = [limit({ name: 'b' }), limit({ name: 'a', per: 'call', max: '60' })];
    const intent = calls(transfer(61n), transfer(60n));
    expect(short(decide(limits, intent))).toBe('ERR_POLICY_LIMIT_EXCEEDED a 0 61 60 call');
  });
});

describe('not exceeded', () => {
  const cases: readonly (readonly [string, Limit, PolicyIntent])[] = [
    ['per call', limit({ per: 'call' }), calls(transfer(100n), transfer(100n))],
    ['per request', limit(), calls(transfer(60n), transfer(40n))],
    ['another token', limit(), calls(other(500n))],
    ['tokens apart', limit({ token: 'any' }), calls(transfer(100n), other(100n))],
    [
      'recipients apart',
      limit({ group_by: ['recipient'] }),
      calls(transfer(100n), transfer(100n, STRANGER)),
    ],
    ['an allowance of nothing', limit({ max: '0' }), calls(approve(0n))],
    [
      'reading',
      limit({ max: '0' }),
      calls({ to: TOKEN, selector: BALANCE_OF, calldata: [FRIEND] }),
    ],
    [
      'no calls of a token in an action without any',
      limit({ max: '0' }),
      intentOf({ kind: 'message', content: new Uint8Array() }),
    ],
    [
      'calls it is not about',
      counting({ max: '0', conditions: [when('target', 'eq', '0x1')] }),
      calls(transfer(1n)),
    ],
  ];

  it.each(cases)('%s', (_name, item, intent) => {
    expect(short(decide([item], intent))).toBe('allow');
  });
});

describe('an amount without bound', () => {
  const reader: CallReader = {
    read: () => ({
      kind: 'decoded',
      functionName: 'set_approval_for_all',
      parameters: new Map(),
      effects: [{ kind: 'operator', token: TOKEN, recipient: ROUTER, amount: 'unlimited' }],
    }),
    functionsNamed: () => [],
  };
  const unbound = (item: Limit) =>
    evaluatePolicy(policy([ALL], { limits: [item] }, { reader }), calls(transfer(1n)));

  it.each(['call', 'request', 'lifetime'] as const)('exceeds every limit per %s', (per) => {
    const max = '9'.repeat(78);
    expect(short(unbound(limit({ per, max })))).toBe(
      `ERR_POLICY_LIMIT_EXCEEDED cap 0 unlimited ${max} ${per}`,
    );
  });

  it('is asked about where the limit asks, and charged as more than anything', () => {
    const item = limit({ per: 'lifetime', exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL });
    expect(unbound(item)).toMatchObject({
      outcome: 'require_approval',
      approvals: [{ rules: ['cap'] }],
      charges: [{ amount: UNLIMITED_AMOUNT }],
    });
  });
});

describe('a limit of an action without calls', () => {
  it('names no call', () => {
    const message = intentOf({ kind: 'message', content: new Uint8Array() });
    const verdict = decide([counting({ per: 'lifetime', metric: 'requests', max: '0' })], message);
    expect(verdict).toMatchObject({ code: 'ERR_POLICY_LIMIT_EXCEEDED', rule: 'cap' });
    expect(verdict).not.toHaveProperty('details.call');
  });
});

describe('limits of a rule', () => {
  const small = (change: Partial<Limit> = {}) =>
    rule({ limits: [limit({ max: '10', ...change })] });
  const decideRules = (rules: Parameters<typeof policy>[0], intent: PolicyIntent) =>
    short(evaluatePolicy(policy(rules), intent));

  it('hold for what it matches', () => {
    expect(decideRules([small()], calls(transfer(11n)))).toMatch(
      /^ERR_POLICY_LIMIT_EXCEEDED cap 0/,
    );
    expect(decideRules([small()], calls(transfer(10n)))).toBe('allow');
  });

  it('hold although another rule allows more', () => {
    expect(decideRules([ALL, small()], calls(transfer(11n)))).toMatch(/LIMIT_EXCEEDED/);
  });

  it('do not count what another rule matches', () => {
    expect(decideRules([ALL, small()], calls(transfer(10n), transfer(90n, STRANGER)))).toBe(
      'allow',
    );
  });

  it('and of the policy hold both', () => {
    const both = policy([small()], { limits: [limit({ name: 'all', max: '5' })] });
    expect(short(evaluatePolicy(both, calls(transfer(6n))))).toMatch(/LIMIT_EXCEEDED all/);
    expect(short(evaluatePolicy(both, calls(transfer(11n))))).toMatch(/LIMIT_EXCEEDED cap/);
  });
});

describe('conditions of a limit', () => {
  const toFriend = limit({ conditions: [when('effect.recipient', 'eq', FRIEND_HEX)] });

  it('say what it counts', () => {
    expect(short(decide([toFriend], calls(transfer(60n), transfer(90n, STRANGER))))).toBe('allow');
    expect(short(decide([toFriend], calls(transfer(60n), transfer(41n))))).toMatch(
      /LIMIT_EXCEEDED/,
    );
  });

  it('hold for a call when they hold for any of its effects', () => {
    const effects = [FRIEND, STRANGER].map((recipient) => ({
      kind: 'transfer' as const,
      token: TOKEN,
      recipient,
      amount: 60n,
    }));
    const reader: CallReader = {
      read: () => ({ kind: 'decoded', functionName: 'split', parameters: new Map(), effects }),
      functionsNamed: () => [],
    };
    const compiled = policy([ALL], { limits: [toFriend] }, { reader });
    expect(short(evaluatePolicy(compiled, calls(transfer(1n))))).toMatch(
      /LIMIT_EXCEEDED cap 0 120/,
    );
  });

  it('in doubt deny', () => {
    const counted = counting({ conditions: [when('effect.recipient', 'eq', FRIEND_HEX)] });
    const unknown = calls({ to: ROUTER, selector: SWAP, calldata: [] });
    expect(short(decide([counted], unknown))).toBe('ERR_POLICY_EVALUATION_FAILED cap 0');
  });

  it.each(['strict', 'faithful'] as const)('that cannot be evaluated deny, %s', (profile) => {
    const simulated = limit({ conditions: [when('amount', 'lt', '0', 'simulated_change')] });
    const compiled = policy([ALL], { profile, limits: [simulated] });
    expect(evaluatePolicy(compiled, calls(transfer(1n)))).toMatchObject({
      code: 'ERR_POLICY_EVALUATION_FAILED',
      rule: 'cap',
      details: { call: 0, condition: 'limits[0].conditions[0]' },
    });
  });
});

describe('charges', () => {
  const window = limit({ per: 'window', window: DAY });
  const charges = (item: Limit, intent: PolicyIntent) => {
    const verdict = decide([item], intent);
    if (verdict.outcome === 'deny') throw new Error(short(verdict));
    return verdict.charges;
  };

  it('add up per bucket', () => {
    expect(charges(window, calls(transfer(60n), approve(40n)))).toEqual([
      {
        limit: 'cap',
        bucket: '["vault","cap","sliding",86400,[["token","0x70c3"]]]',
        window: DAY,
        amount: 100n,
        max: 100n,
        exceeded: 'deny',
      },
    ]);
  });

  it('of nothing are none', () => {
    expect(charges(window, calls(approve(0n)))).toEqual([]);
  });

  it('have a bucket per group, in one order', () => {
    const grouped = limit({
      per: 'lifetime',
      group_by: ['account', 'key', 'client', 'recipient'],
    });
    expect(charges(grouped, calls(transfer(1n), transfer(2n, STRANGER)))).toMatchObject([
      {
        amount: 1n,
        window: { type: 'lifetime' },
        bucket: `["vault","cap","lifetime",0,[["token","0x70c3"],["recipient","${FRIEND_HEX}"],["client","bot"],["key","trading"],["account","0x${ACCOUNT.toString(16)}"]]]`,
      },
      { amount: 2n },
    ]);
  });

  it('of calls are not counted apart by token, unless it says so', () => {
    const bucketsOf = (item: Limit) => charges(item, calls(transfer(1n))).map((c) => c.bucket);
    expect(bucketsOf(counting({ per: 'lifetime' }))).toEqual(['["vault","cap","lifetime",0,[]]']);
    expect(bucketsOf(counting({ per: 'lifetime', group_by: ['token'] }))).toEqual([
      '["vault","cap","lifetime",0,[["token","0x70c3"]]]',
    ]);
  });

  it('are counted for nobody where there is nobody', () => {
    const ever = { per: 'lifetime' as const };
    const groups: Limit['group_by'] = ['token', 'recipient', 'account'];
    const message = intentOf({ kind: 'message', content: new Uint8Array() });
    const counted = counting({ ...ever, group_by: groups });
    expect(charges(counted, message)).toMatchObject([
      {
        amount: 1n,
        bucket: '["vault","cap","lifetime",0,[["token",null],["recipient",null],["account",null]]]',
      },
    ]);
    const burn = { to: TOKEN, selector: CAIRO_PRIMITIVES.selectorOf('burn'), calldata: [5n, 0n] };
    const burnt = limit({ ...ever, group_by: ['recipient'] });
    expect(charges(burnt, calls(burn))).toMatchObject([
      {
        amount: 5n,
        bucket: '["vault","cap","lifetime",0,[["token","0x70c3"],["recipient",null]]]',
      },
    ]);
  });

  it('have buckets of their own for any token', () => {
    const any = limit({ token: 'any', per: 'lifetime' });
    expect(charges(any, calls(transfer(1n), other(2n))).map(({ bucket }) => bucket)).toEqual([
      '["vault","cap","lifetime",0,[["token","0x70c3"]]]',
      '["vault","cap","lifetime",0,[["token","0x70c4"]]]',
    ]);
  });

  it('count calls, and requests once', () => {
    const requests = counting({ metric: 'requests', per: 'lifetime' });
    expect(charges(counting({ per: 'lifetime' }), calls(transfer(1n), approve(1n)))).toMatchObject([
      { amount: 2n },
    ]);
    expect(charges(requests, calls(transfer(1n), approve(1n)))).toMatchObject([{ amount: 1n }]);
    const byRecipient = { ...requests, group_by: ['recipient' as const] };
    const three = calls(transfer(1n), transfer(1n), transfer(1n, STRANGER));
    expect(charges(byRecipient, three)).toMatchObject([{ amount: 1n }, { amount: 1n }]);
  });

  it('say who is asked when they do not fit', () => {
    const asking = { ...window, exceeded: 'REQUIRE_APPROVAL' as const, approval: APPROVAL };
    const demand = { rules: ['cap'], required: 1, approvers: ['ann'], expiresInSec: 600 };
    expect(charges(asking, calls(transfer(1n)))).toMatchObject([
      { exceeded: 'require_approval', approval: demand },
    ]);
    expect(decide([asking], calls(transfer(101n)))).toMatchObject({
      outcome: 'require_approval',
      approvals: [demand],
      charges: [{ amount: 101n }],
    });
  });

  it('keep their bucket when the cap changes, and no client can name the bucket of another', () => {
    const bucket = (item: Limit, clientId: string) =>
      charges(item, { ...calls(transfer(1n)), clientId })[0]?.bucket;
    const grouped = limit({ per: 'lifetime', group_by: ['client'] });
    expect(bucket({ ...grouped, max: '5' }, 'bot')).toBe(bucket(grouped, 'bot'));
    expect(bucket(grouped, 'bot"],["key","x')).not.toContain('"],["key","x"');
  });
});

describe('a call with several effects', () => {
  it('counts as one call', () => {
    const effects = [FRIEND, STRANGER].map((recipient) => ({
      kind: 'transfer' as const,
      token: TOKEN,
      recipient,
      amount: 60n,
    }));
    const reader: CallReader = {
      read: () => ({ kind: 'decoded', functionName: 'split', parameters: new Map(), effects }),
      functionsNamed: () => [],
    };
    const decideWith = (item: Limit) =>
      short(evaluatePolicy(policy([ALL], { limits: [item] }, { reader }), calls(transfer(1n))));
    expect(decideWith(counting({ max: '1' }))).toBe('allow');
    expect(decideWith(limit())).toMatch(/LIMIT_EXCEEDED cap 0 120/);
  });
});
