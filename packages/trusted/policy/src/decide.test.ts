import type { ErrorCode } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { decide, type PolicyDecision } from './decide.ts';
import { DENIED_ENTRYPOINTS } from './denied-selectors.ts';
import {
  ACCOUNT,
  APPROVE,
  BALANCE_OF,
  FRIEND,
  HORIZON_SEC,
  INTENT,
  KEY,
  MAINNET,
  NOW_SEC,
  OTHER_TOKEN,
  PERMIT,
  POLICY,
  ROUTER,
  SEPOLIA,
  STRANGER,
  SWAP,
  TOKEN,
  TRANSFER,
  TRANSFER_FROM,
  UPGRADE,
  withKey,
} from './fixtures/shop.ts';
import type { IntentCall, KeyringPolicy, SessionIntent } from './keyring-policy.ts';

const ask = (change: Partial<SessionIntent>, policy: KeyringPolicy = POLICY): PolicyDecision =>
  decide(policy, { ...INTENT, ...change }, NOW_SEC);

const transfer = (amount: bigint, to = TOKEN, recipient = FRIEND): IntentCall => ({
  to,
  selector: TRANSFER,
  calldata: [recipient, amount, 0n],
});
const call = (selector: bigint, calldata: readonly bigint[] = [], to = TOKEN): IntentCall => ({
  to,
  selector,
  calldata,
});

const ALLOWED = { outcome: 'allow', keyId: 'trading', messageKind: 'invoke-v2' };

describe('decide allows', () => {
  const cases: readonly (readonly [string, Partial<SessionIntent>])[] = [
    ['the request of these tests', {}],
    ['the default key, when none is named', { keyId: undefined }],
    ['a validity that ends in a second', { validUntilSec: NOW_SEC + 1n }],
    ['a validity at the horizon', { validUntilSec: NOW_SEC + HORIZON_SEC }],
    ['an amount at the cap per call', { calls: [transfer(100n)] }],
    ['amounts at the cap per request', { calls: [transfer(100n), transfer(50n)] }],
    ['nothing, as an amount', { calls: [transfer(0n)] }],
    ['any amount of a token without a cap', { calls: [transfer(10n ** 30n, OTHER_TOKEN)] }],
    ['a view of a limited token', { calls: [call(BALANCE_OF, [STRANGER])] }],
    ['an entrypoint nobody knows, on a listed target', { calls: [call(SWAP, [1n], ROUTER)] }],
    [
      'several kinds of calls at once',
      { calls: [call(APPROVE, [ROUTER, 100n, 0n]), call(SWAP, [1n], ROUTER)] },
    ],
  ];

  it.each(cases)('%s', (_name, change) => {
    expect(ask(change)).toEqual(ALLOWED);
  });

  it('the kind that was asked for, or the first of the key', () => {
    expect(ask({ messageKind: 'outside-v2' })).toEqual({ ...ALLOWED, messageKind: 'outside-v2' });
    const policy = withKey({ messageKinds: ['outside-v2', 'invoke-v2'] });
    expect(ask({}, policy)).toEqual({ ...ALLOWED, messageKind: 'outside-v2' });
  });

  it('what the word all opens', () => {
    const policy: KeyringPolicy = {
      ...withKey({ targets: 'all', recipients: 'all' }),
      chains: 'all',
      clients: new Map([['bot', { keyIds: 'all', accounts: 'all' }]]),
    };
    const calls = [call(SWAP, [], 0x999n), transfer(1n, OTHER_TOKEN, STRANGER)];
    expect(ask({ calls, chainId: 7n, accountAddress: 0x5n }, policy)).toEqual(ALLOWED);
  });
});

type Refusal = readonly [string, Partial<SessionIntent>, ErrorCode, string];

describe('decide refuses, by one change', () => {
  const cases: readonly Refusal[] = [
    [
      'a validity that ends now',
      { validUntilSec: NOW_SEC },
      'ERR_POLICY_VALIDITY_EXPIRED',
      'validity.expired',
    ],
    [
      'a validity of zero',
      { validUntilSec: 0n },
      'ERR_POLICY_VALIDITY_EXPIRED',
      'validity.expired',
    ],
    [
      'a validity a second past the horizon',
      { validUntilSec: NOW_SEC + HORIZON_SEC + 1n },
      'ERR_POLICY_VALIDITY_TOO_LONG',
      'validity.horizon',
    ],
    ['another chain', { chainId: MAINNET }, 'ERR_POLICY_CHAIN_DENIED', 'chain.listed'],
    ['no calls', { calls: [] }, 'ERR_POLICY_CALL_UNDECODABLE', 'call.none'],
    [
      'a call to the account',
      { calls: [call(SWAP, [], ACCOUNT)] },
      'ERR_POLICY_SELF_CALL',
      'call.self',
    ],
    [
      'an entrypoint of administration',
      { calls: [call(UPGRADE, [1n])] },
      'ERR_POLICY_SELECTOR_DENIED',
      'call.denied-selector',
    ],
    ['a client nobody knows', { clientId: 'thief' }, 'ERR_POLICY_KEY_DENIED', 'client.key'],
    [
      'a client named like a method',
      { clientId: 'constructor' },
      'ERR_POLICY_KEY_DENIED',
      'client.key',
    ],
    ['a client with no keys', { clientId: 'idle' }, 'ERR_POLICY_KEY_DENIED', 'client.key'],
    ['a key of someone else', { keyId: 'cold' }, 'ERR_POLICY_KEY_DENIED', 'client.key'],
    ['another account', { accountAddress: 0xacc1n }, 'ERR_POLICY_ACCOUNT_DENIED', 'client.account'],
    [
      'a granted key that does not exist',
      { keyId: 'gone' },
      'ERR_POLICY_KEY_UNKNOWN',
      'key.exists',
    ],
    [
      'a kind the key does not sign',
      { messageKind: 'invoke-v1' },
      'ERR_POLICY_MESSAGE_KIND_DENIED',
      'key.message-kind',
    ],
    [
      'a contract that is not listed',
      { calls: [call(SWAP, [], 0x999n)] },
      'ERR_POLICY_TARGET_DENIED',
      'key.targets',
    ],
    [
      'a recipient that is not listed',
      { calls: [transfer(1n, TOKEN, STRANGER)] },
      'ERR_POLICY_RECIPIENT_DENIED',
      'key.recipients',
    ],
    [
      'a recipient that is not listed, of a token without a cap',
      { calls: [transfer(1n, OTHER_TOKEN, STRANGER)] },
      'ERR_POLICY_RECIPIENT_DENIED',
      'key.recipients',
    ],
    [
      'a spender that is not listed',
      { calls: [call(APPROVE, [STRANGER, 1n, 0n])] },
      'ERR_POLICY_RECIPIENT_DENIED',
      'key.recipients',
    ],
    [
      'a recipient that is not listed, from another owner',
      { calls: [call(TRANSFER_FROM, [FRIEND, STRANGER, 1n, 0n])] },
      'ERR_POLICY_RECIPIENT_DENIED',
      'key.recipients',
    ],
    [
      'a way to give that these rules do not decode',
      { calls: [call(PERMIT, [FRIEND, 1n, 0n], OTHER_TOKEN)] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'key.recipients',
    ],
    [
      'a transfer with a felt too many',
      { calls: [call(TRANSFER, [FRIEND, 1n, 0n, 0n])] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'key.recipients',
    ],
    [
      'a transfer whose amount overflows its half',
      { calls: [call(TRANSFER, [FRIEND, 1n << 128n, 0n])] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'key.recipients',
    ],
    [
      'an amount above the cap per call',
      { calls: [transfer(101n)] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'key.caps.per-call',
    ],
    [
      'an amount above the cap by its high half',
      { calls: [call(TRANSFER, [FRIEND, 0n, 1n])] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'key.caps.per-call',
    ],
    [
      'an allowance above the cap per call',
      { calls: [call(APPROVE, [FRIEND, 101n, 0n])] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'key.caps.per-call',
    ],
    [
      'amounts above the cap per request together',
      { calls: [transfer(80n), transfer(71n)] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'key.caps.per-request',
    ],
    [
      'transfer and allowance above the cap per request together',
      { calls: [transfer(80n), call(APPROVE, [FRIEND, 71n, 0n])] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'key.caps.per-request',
    ],
    [
      'an entrypoint nobody knows, on a limited token',
      { calls: [call(SWAP, [1n])] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'key.caps',
    ],
  ];

  it.each(cases)('%s', (_name, change, code, rule) => {
    expect(ask(change)).toMatchObject({ outcome: 'deny', code, rule, details: { rule } });
  });

  it.each(DENIED_ENTRYPOINTS.map(({ name, selector }) => [name, selector] as const))(
    '%s, on any target',
    (name, selector) => {
      const policy = withKey({ targets: 'all', recipients: 'all' });
      for (const to of [TOKEN, ROUTER, 0x999n]) {
        expect(ask({ calls: [call(selector, [], to)] }, policy)).toMatchObject({
          rule: 'call.denied-selector',
          details: { entrypoint: name, call: 0 },
        });
      }
    },
  );

  it('an empty list like a list without the item', () => {
    const nothing = new Set<never>();
    const refusals = [
      ask({}, { ...POLICY, chains: nothing }),
      ask({}, withKey({ targets: nothing })),
      ask({}, withKey({ recipients: nothing })),
    ];
    expect(refusals.map((decision) => 'rule' in decision && decision.rule)).toEqual([
      'chain.listed',
      'key.targets',
      'key.recipients',
    ]);
  });

  it('a token with a cap of zero, but not its views', () => {
    const policy = withKey({ caps: new Map([[TOKEN, { maxPerCall: 0n, maxPerRequest: 0n }]]) });
    expect(ask({ calls: [transfer(1n)] }, policy)).toMatchObject({ rule: 'key.caps.per-call' });
    expect(ask({ calls: [call(BALANCE_OF, [1n])] }, policy).outcome).toBe('allow');
  });

  it('opaque and malformed token calls to a limited token, whoever may receive', () => {
    const policy = withKey({ recipients: 'all' });
    for (const bad of [call(PERMIT), call(TRANSFER, [FRIEND, 1n]), call(SWAP)]) {
      expect(ask({ calls: [bad] }, policy)).toMatchObject({
        code: 'ERR_POLICY_CALL_UNDECODABLE',
        rule: 'key.caps',
      });
    }
  });
});

describe('the refusal that is named', () => {
  it('is the first in the order of the wire contract', () => {
    /** Everything wrong at once; each step puts the next thing right. */
    let intent: SessionIntent = {
      ...INTENT,
      clientId: 'idle',
      keyId: 'gone',
      messageKind: 'invoke-v1',
      accountAddress: STRANGER,
      chainId: MAINNET,
      validUntilSec: NOW_SEC,
      calls: [
        call(UPGRADE, [], STRANGER),
        call(PERMIT, [], 0x999n),
        transfer(101n, TOKEN, STRANGER),
      ],
    };
    const steps: readonly (readonly [string, Partial<SessionIntent>])[] = [
      ['validity.expired', { validUntilSec: NOW_SEC + HORIZON_SEC + 1n }],
      ['validity.horizon', { validUntilSec: NOW_SEC + 1n }],
      ['chain.listed', { chainId: SEPOLIA }],
      ['call.self', { calls: [call(UPGRADE, [], TOKEN), ...intent.calls.slice(1)] }],
      ['call.denied-selector', { calls: intent.calls.slice(1) }],
      ['client.key', { clientId: 'bot' }],
      ['client.account', { accountAddress: ACCOUNT }],
      ['key.exists', { keyId: 'trading' }],
      ['key.message-kind', { messageKind: 'invoke-v2' }],
      ['key.targets', { calls: [transfer(101n, TOKEN, STRANGER)] }],
      ['key.recipients', { calls: [transfer(101n)] }],
      ['key.caps.per-call', { calls: [transfer(100n), transfer(51n)] }],
      ['key.caps.per-request', { calls: [transfer(100n), transfer(50n)] }],
    ];
    for (const [rule, repair] of steps) {
      expect(decide(POLICY, intent, NOW_SEC)).toMatchObject({ outcome: 'deny', rule });
      intent = { ...intent, ...repair };
    }
    expect(decide(POLICY, intent, NOW_SEC)).toEqual(ALLOWED);
  });

  it('names the call that is to blame', () => {
    const good = transfer(20n);
    const blame = (bad: IntentCall): unknown => {
      const decision = ask({ calls: [good, good, bad, good] });
      return decision.outcome === 'deny' && decision.details.call;
    };
    const bad = [
      call(SWAP, [], ACCOUNT),
      call(UPGRADE),
      call(SWAP, [], 0x999n),
      transfer(1n, TOKEN, STRANGER),
      transfer(101n),
      transfer(100n),
      call(SWAP),
    ];
    expect(bad.map(blame)).toEqual([2, 2, 2, 2, 2, 3, 2]);
  });

  it('judges self-calls and administration call by call, as the older contract does', () => {
    const [upgrade, self] = [call(UPGRADE), call(SWAP, [], ACCOUNT)];
    expect(ask({ calls: [upgrade, self] })).toMatchObject({ rule: 'call.denied-selector' });
    expect(ask({ calls: [self, upgrade] })).toMatchObject({ rule: 'call.self' });
  });

  it('repeats nothing of the request but names and places', () => {
    const decision = ask({ calls: [transfer(101n, TOKEN, FRIEND)] });
    expect(decision).toMatchObject({
      details: { call: 0, expected: 'at most 100 base units', rule: 'key.caps.per-call' },
    });
  });
});

describe('caps', () => {
  it('are kept apart by token', () => {
    const caps = new Map([
      [TOKEN, { maxPerCall: 100n, maxPerRequest: 100n }],
      [OTHER_TOKEN, { maxPerCall: 100n, maxPerRequest: 100n }],
    ]);
    const policy = withKey({ caps });
    const both = [transfer(100n), transfer(100n, OTHER_TOKEN)];
    expect(ask({ calls: both }, policy).outcome).toBe('allow');
    expect(ask({ calls: [...both, transfer(1n)] }, policy).outcome).toBe('deny');
  });

  it('add up past 2^256 without wrapping', () => {
    const half = (1n << 128n) - 1n;
    const all = call(TRANSFER, [FRIEND, half, half]);
    const most = (1n << 256n) - 1n;
    const policy = withKey({
      caps: new Map([[TOKEN, { maxPerCall: most, maxPerRequest: most }]]),
    });
    expect(ask({ calls: [all] }, policy).outcome).toBe('allow');
    expect(ask({ calls: [all, transfer(1n)] }, policy)).toMatchObject({
      rule: 'key.caps.per-request',
    });
  });

  it('bind the key that signs, not its neighbour', () => {
    const keys = new Map([
      ['trading', KEY],
      ['free', { ...KEY, caps: new Map() }],
    ]);
    const clients = new Map([['bot', { keyIds: 'all' as const, accounts: 'all' as const }]]);
    const policy: KeyringPolicy = { ...POLICY, keys, clients };
    const calls = [transfer(500n)];
    expect(ask({ calls, keyId: 'free' }, policy).outcome).toBe('allow');
    expect(ask({ calls }, policy).outcome).toBe('deny');
  });
});
