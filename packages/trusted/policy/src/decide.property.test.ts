import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type PolicyDecision } from './decide.ts';
import { deniedEntrypointName } from './denied-selectors.ts';
import {
  ACCOUNT,
  APPROVE,
  BALANCE_OF,
  FRIEND,
  HORIZON_SEC,
  MAINNET,
  NOW_SEC,
  OTHER_TOKEN,
  PERMIT,
  ROUTER,
  SEPOLIA,
  STRANGER,
  SWAP,
  TOKEN,
  TRANSFER,
  TRANSFER_FROM,
  UPGRADE,
} from './fixtures/shop.ts';
import type {
  Grant,
  IntentCall,
  KeyPolicy,
  KeyringPolicy,
  SessionIntent,
  TokenCap,
} from './keyring-policy.ts';
import { readTokenCall } from './token-call.ts';

const ADDRESSES = [TOKEN, OTHER_TOKEN, ROUTER, ACCOUNT];
const PEOPLE = [FRIEND, STRANGER, ROUTER];

const amount = fc.bigInt({ min: 0n, max: 120n });
const calldata = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...PEOPLE), amount, fc.constant(0n)) },
  fc.tuple(fc.constantFrom(...PEOPLE), fc.constantFrom(...PEOPLE), amount, fc.constant(0n)),
  fc.array(fc.bigInt({ min: 0n, max: 1n << 130n }), { maxLength: 5 }),
);
const call: fc.Arbitrary<IntentCall> = fc.record({
  to: fc.constantFrom(...ADDRESSES),
  selector: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(TRANSFER, APPROVE, TRANSFER_FROM, BALANCE_OF, SWAP) },
    fc.constantFrom(PERMIT, UPGRADE),
  ),
  calldata,
});

function grant<T>(items: readonly T[]): fc.Arbitrary<Grant<T>> {
  return fc.oneof(
    fc.constant('all' as const),
    fc.subarray([...items]).map((list) => new Set(list)),
  );
}

const cap: fc.Arbitrary<TokenCap> = fc.record({
  maxPerCall: amount,
  maxPerRequest: fc.bigInt({ min: 0n, max: 300n }),
});
const caps = fc
  .array(fc.tuple(fc.constantFrom(TOKEN, OTHER_TOKEN), cap), { maxLength: 2 })
  .map((list) => new Map(list));

const key: fc.Arbitrary<KeyPolicy> = fc.record({
  messageKinds: fc.constantFrom<KeyPolicy['messageKinds']>(
    ['invoke-v2'],
    ['outside-v2', 'invoke-v2'],
  ),
  targets: grant(ADDRESSES),
  recipients: grant(PEOPLE),
  caps,
});

const policy: fc.Arbitrary<KeyringPolicy> = fc.record({
  chains: grant([SEPOLIA, MAINNET]),
  maxValiditySec: fc.constant(HORIZON_SEC),
  clients: fc
    .record({ keyIds: grant(['a', 'b']), accounts: grant([ACCOUNT, 0x1n]) })
    .map((client) => new Map([['bot', client]])),
  keys: key.map((value) => new Map([['a', value]])),
  defaultKeyId: fc.constant('a'),
});

const intent: fc.Arbitrary<SessionIntent> = fc.record({
  clientId: fc.constantFrom('bot', 'bot', 'bot', 'thief'),
  keyId: fc.constantFrom(undefined, 'a', 'a', 'b'),
  messageKind: fc.constantFrom(undefined, undefined, 'invoke-v2', 'outside-v2'),
  accountAddress: fc.constant(ACCOUNT),
  chainId: fc.constantFrom(SEPOLIA, SEPOLIA, MAINNET),
  validUntilSec: fc.constantFrom(NOW_SEC, NOW_SEC + 1n, NOW_SEC + 60n, NOW_SEC + HORIZON_SEC + 1n),
  calls: fc.array(call, { minLength: 1, maxLength: 4 }),
});

const judge = (rules: KeyringPolicy, asked: SessionIntent): PolicyDecision =>
  decide(rules, asked, NOW_SEC);
const isAllowed = (rules: KeyringPolicy, asked: SessionIntent): boolean =>
  judge(rules, asked).outcome === 'allow';

const RUNS = { numRuns: 2_000 };

describe('a batch', () => {
  it('with a call that is denied alone is denied, wherever the call stands', () => {
    fc.assert(
      fc.property(policy, intent, call, fc.nat(4), (rules, asked, bad, place) => {
        fc.pre(!isAllowed(rules, { ...asked, calls: [bad] }));
        const calls = asked.calls.toSpliced(place % (asked.calls.length + 1), 0, bad);
        expect(isAllowed(rules, { ...asked, calls })).toBe(false);
      }),
      RUNS,
    );
  });

  it('that is denied stays denied with one call more', () => {
    fc.assert(
      fc.property(policy, intent, call, fc.nat(4), (rules, asked, more, place) => {
        fc.pre(!isAllowed(rules, asked));
        const calls = asked.calls.toSpliced(place % (asked.calls.length + 1), 0, more);
        expect(isAllowed(rules, { ...asked, calls })).toBe(false);
      }),
      RUNS,
    );
  });

  it('is decided alike in any order of its calls', () => {
    const shuffled = intent.chain((asked) =>
      fc
        .shuffledSubarray([...asked.calls], { minLength: asked.calls.length })
        .map((calls) => [asked, { ...asked, calls }] as const),
    );
    fc.assert(
      fc.property(policy, shuffled, (rules, [asked, mixed]) => {
        expect(isAllowed(rules, mixed)).toBe(isAllowed(rules, asked));
      }),
      RUNS,
    );
  });
});

describe('a policy', () => {
  it('that grants less allows nothing more', () => {
    const pair = policy.chain((wide) =>
      fc.tuple(fc.constant(wide), narrowed(wide)).map(([a, b]) => ({ wide: a, narrow: b })),
    );
    fc.assert(
      fc.property(pair, intent, ({ wide, narrow }, asked) => {
        if (isAllowed(narrow, asked)) expect(isAllowed(wide, asked)).toBe(true);
      }),
      RUNS,
    );
  });

  it('allows exactly what every rule, read on its own, allows', () => {
    fc.assert(
      fc.property(policy, intent, (rules, asked) => {
        expect(isAllowed(rules, asked)).toBe(modelAllows(rules, asked));
      }),
      { numRuns: 5_000 },
    );
  });

  it('decides the same thing twice, and changes nothing it was given', () => {
    fc.assert(
      fc.property(policy, intent, (rules, asked) => {
        const before = structuredClone([rules, asked]);
        expect(judge(rules, asked)).toEqual(judge(rules, asked));
        expect([rules, asked]).toEqual(before);
      }),
    );
  });

  it('is exercised by these generators on both sides', () => {
    const seen = fc.sample(fc.tuple(policy, intent), { numRuns: 3_000, seed: 7 });
    const allowed = seen.filter(([rules, asked]) => isAllowed(rules, asked)).length;
    expect(allowed).toBeGreaterThan(30);
    expect(allowed).toBeLessThan(seen.length - 30);
  });
});

/** The rules once more, as a set of conditions instead of a sequence. */
function modelAllows(rules: KeyringPolicy, asked: SessionIntent): boolean {
  const client = rules.clients.get(asked.clientId);
  const keyId = asked.keyId ?? rules.defaultKeyId;
  const signing = rules.keys.get(keyId);
  if (client === undefined || signing === undefined) return false;
  const kind = asked.messageKind ?? signing.messageKinds[0];
  const ahead = asked.validUntilSec - NOW_SEC;
  return [
    ahead > 0n && ahead <= rules.maxValiditySec,
    has(rules.chains, asked.chainId),
    has(client.keyIds, keyId) && has(client.accounts, asked.accountAddress),
    signing.messageKinds.includes(kind),
    asked.calls.length > 0,
    asked.calls.every((item) => item.to !== asked.accountAddress),
    asked.calls.every((item) => deniedEntrypointName(item.selector) === undefined),
    asked.calls.every((item) => has(signing.targets, item.to)),
    asked.calls.every((item) => recipientFits(signing, item)),
    [...signing.caps].every(([token, limit]) => capHolds(asked, token, limit)),
  ].every(Boolean);
}

function recipientFits({ recipients }: KeyPolicy, item: IntentCall): boolean {
  const reading = readTokenCall(item.selector, item.calldata);
  if (recipients === 'all' || reading.kind === 'harmless' || reading.kind === 'unknown')
    return true;
  return reading.kind === 'decoded' && recipients.has(reading.call.recipient);
}

function capHolds(asked: SessionIntent, token: bigint, limit: TokenCap): boolean {
  const amounts = asked.calls
    .filter((item) => item.to === token)
    .map((item) => readTokenCall(item.selector, item.calldata))
    .map((reading) => {
      if (reading.kind === 'decoded') return reading.call.amount;
      return reading.kind === 'harmless' ? 0n : undefined;
    });
  const known = amounts.filter((item) => item !== undefined);
  const total = known.reduce((sum, item) => sum + item, 0n);
  const each = known.every((item) => item <= limit.maxPerCall);
  return known.length === amounts.length && each && total <= limit.maxPerRequest;
}

function has<T>(allowed: Grant<T>, item: T): boolean {
  return allowed === 'all' || [...allowed].includes(item);
}

/** A policy that grants a part of what `wide` grants. */
function narrowed(wide: KeyringPolicy): fc.Arbitrary<KeyringPolicy> {
  const [[clientId, client] = ['', undefined]] = wide.clients;
  const [[keyId, signing] = ['', undefined]] = wide.keys;
  if (client === undefined || signing === undefined) return fc.constant(wide);
  return fc
    .record({
      chains: part(wide.chains, [SEPOLIA, MAINNET]),
      keyIds: part(client.keyIds, ['a', 'b']),
      accounts: part(client.accounts, [ACCOUNT]),
      targets: part(signing.targets, ADDRESSES),
      recipients: part(signing.recipients, PEOPLE),
      lower: fc.bigInt({ min: 0n, max: 40n }),
    })
    .map(({ chains, keyIds, accounts, targets, recipients, lower }) => ({
      ...wide,
      chains,
      clients: new Map([[clientId, { keyIds, accounts }]]),
      keys: new Map([[keyId, { ...signing, targets, recipients, caps: lowered(signing, lower) }]]),
    }));
}

function part<T>(granted: Grant<T>, all: readonly T[]): fc.Arbitrary<Grant<T>> {
  const listed = fc
    .subarray(granted === 'all' ? [...all] : [...granted])
    .map((list) => new Set(list));
  return granted === 'all' ? fc.oneof(fc.constant(granted), listed) : listed;
}

function lowered({ caps: limits }: KeyPolicy, by: bigint): ReadonlyMap<bigint, TokenCap> {
  const less = (value: bigint): bigint => (value > by ? value - by : 0n);
  return new Map(
    [...limits].map(([token, { maxPerCall, maxPerRequest }]) => [
      token,
      { maxPerCall: less(maxPerCall), maxPerRequest: less(maxPerRequest) },
    ]),
  );
}
