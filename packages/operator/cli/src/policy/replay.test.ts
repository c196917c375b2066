import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilePolicy } from '@countersign/policy';
import {
  type DecisionEntry,
  decisionEntryBytes,
  LIMITS,
  outcomeEntryBytes,
  settleEntryBytes,
} from '@countersign/protocol';
import { slotOf } from '@countersign/signer';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { POLICY_PRIMITIVES } from './policy-primitives.ts';
import { readRecorded } from './recorded-request.ts';
import { type ReplayPlan, type ReplayReport, replay } from './replay.ts';
import { createReplayLedger } from './replay-ledger.ts';

const NOW_MS = Date.UTC(2026, 11, 1, 12);
const MINUTE_MS = 60_000;
const TRANSFER = 0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12en;
const TOKEN = 0x70cen;
const FRIEND = 0xf1n;
const APPROVAL = { required: 1, approvers: ['alice'], expires_in_seconds: 60 };

const PAY = {
  name: 'pay',
  method: 'starknet_signSessionTransaction',
  action: 'ALLOW',
  conditions: [
    {
      field_source: 'starknet_call',
      field: 'transfer.recipient',
      operator: 'eq',
      value: `0x${FRIEND.toString(16)}`,
    },
  ],
};
const LIMIT = {
  name: 'ten minutes',
  metric: 'amount',
  token: `0x${TOKEN.toString(16)}`,
  per: 'window',
  window: { type: 'sliding', seconds: 600 },
  max: '100',
};
const POLICY = { version: '1.0', name: 'p', rules: [PAY], limits: [LIMIT] };

interface Payment {
  readonly amount?: bigint;
  readonly to?: bigint;
  readonly nonce?: bigint;
  readonly minute?: number;
  readonly keyId?: string;
  /** Denied then, with this code. */
  readonly code?: string;
  readonly rule?: string;
  readonly calls?: NonNullable<DecisionEntry['asked']>['calls'];
}

function messageOf({ amount = 10n, to = FRIEND, nonce = 1n, minute = 0, calls }: Payment) {
  return {
    accountAddress: 0xacc0n,
    chainId: 1n,
    accountNonce: nonce,
    // Outside executions end with the second they name.
    validUntilSec: BigInt(NOW_MS / 1000 + minute * 60 + 60),
    calls: calls ?? [{ to: TOKEN, selector: TRANSFER, calldata: [to, amount, 0n] }],
  };
}

function entryOf(payment: Payment): Uint8Array {
  const { minute = 0, keyId = 'trading', code, rule } = payment;
  return decisionEntryBytes({
    timeMs: NOW_MS + minute * MINUTE_MS,
    requestId: 'r',
    clientId: 'bot',
    method: 'POST',
    target: '/v1/sign/session-transaction',
    bodySha256: '00'.repeat(32),
    policyHash: '00'.repeat(32),
    asked: messageOf(payment),
    ...(code === undefined
      ? {
          outcome: 'allow',
          message: {
            kind: 'outside-v2',
            keyId,
            publicKey: 1n,
            domainHash: undefined,
            messageHash: 2n,
            custodian: 'local',
          },
        }
      : { outcome: 'deny', code, rule }),
  });
}

function run(
  entries: readonly Uint8Array[],
  policy: object = POLICY,
  plan: Partial<ReplayPlan> = {},
): ReplayReport {
  const ledger = createReplayLedger();
  onTestFinished(() => ledger.close());
  const compiled = compilePolicy(policy, POLICY_PRIMITIVES);
  const whole = { policy: compiled, onlyKey: undefined, assumedKey: 'trading', from: 0, ...plan };
  const indexed = entries.map((entry, index) => ({ index, entry }));
  return replay(indexed, { assumedKind: 'outside-v2', ...whole }, ledger);
}

const changesOf = (changes: ReplayReport['widens']): readonly string[] =>
  changes.map(({ index, was, is }) => `${index}: ${was.outcome} → ${is.outcome} by ${is.rule}`);

describe('a policy that decides otherwise', () => {
  it('widens where it lets through what was denied', () => {
    const denied = entryOf({ code: 'ERR_POLICY_NO_RULE', rule: 'policy.no-rule' });
    const { widens, narrows, compared, assumed } = run([denied]);
    expect(changesOf(widens)).toEqual(['0: deny → allow by pay']);
    expect([narrows.length, compared, assumed]).toEqual([0, 1, 1]);
    expect(widens[0]).toMatchObject({
      time: '2026-12-01T12:00:00.000Z',
      client: 'bot',
      key: 'trading',
      asked: 'transfer of 10 base units of 0x70ce to 0xf1',
      was: { code: 'ERR_POLICY_NO_RULE', rule: 'policy.no-rule' },
    });
  });

  it('narrows where it denies what was signed', () => {
    const { widens, narrows } = run([entryOf({ to: 0xbadn })]);
    expect(changesOf(narrows)).toEqual(['0: allow → deny by policy.no-rule']);
    expect(widens).toEqual([]);
  });

  it.each([
    ['ERR_POLICY_APPROVAL_REQUIRED', ['0: ask → allow by pay'], []],
    [undefined, [], []],
  ])('compares with %s', (code, widens, narrows) => {
    const report = run([entryOf(code === undefined ? {} : { code })]);
    expect([changesOf(report.widens), changesOf(report.narrows)]).toEqual([widens, narrows]);
  });

  it('asks where nobody was asked', () => {
    const rules = [{ ...PAY, action: 'REQUIRE_APPROVAL', approval: APPROVAL }];
    const policy = { ...POLICY, rules };
    expect(changesOf(run([entryOf({})], policy).narrows)).toEqual(['0: allow → ask by pay']);
    const denied = entryOf({ code: 'ERR_POLICY_RULE_DENIED' });
    expect(changesOf(run([denied], policy).widens)).toEqual(['0: deny → ask by pay']);
  });

  it('is no other where lists denied what it denies too', () => {
    const denied = entryOf({ to: 0xbadn, code: 'ERR_POLICY_RECIPIENT_DENIED' });
    const { widens, narrows, compared } = run([denied]);
    expect([widens.length, narrows.length, compared]).toEqual([0, 0, 1]);
  });
});

describe('windows', () => {
  it('fill to the unit, and count a slot once', () => {
    const { narrows } = run([
      entryOf({ amount: 60n, nonce: 1n }),
      entryOf({ amount: 60n, nonce: 1n }),
      entryOf({ amount: 40n, nonce: 2n }),
      entryOf({ amount: 1n, nonce: 3n }),
    ]);
    expect(changesOf(narrows)).toEqual(['3: allow → deny by ten minutes']);
  });

  it('empty as time goes by in the log', () => {
    // Until the signature ends after a minute, and ten minutes beyond, with its last millisecond.
    const { narrows } = run([
      entryOf({ amount: 100n, nonce: 1n }),
      entryOf({ amount: 1n, nonce: 2n, minute: 11 }),
      entryOf({ amount: 1n, nonce: 3n, minute: 12 }),
    ]);
    expect(changesOf(narrows)).toEqual(['1: allow → deny by ten minutes']);
  });

  it('hold what was signed, also what would be denied now', () => {
    const { narrows } = run([
      entryOf({ amount: 101n, nonce: 1n }),
      entryOf({ amount: 1n, nonce: 2n }),
    ]);
    expect(changesOf(narrows)).toEqual([
      '0: allow → deny by ten minutes',
      '1: allow → deny by ten minutes',
    ]);
  });

  it('hold nothing of what was denied, so each request is judged by itself', () => {
    const denied = (nonce: bigint): Uint8Array =>
      entryOf({ amount: 60n, nonce, code: 'ERR_POLICY_LIMIT_EXCEEDED', rule: 'other' });
    const { widens } = run([denied(1n), denied(2n)]);
    expect(changesOf(widens)).toEqual(['0: deny → allow by pay', '1: deny → allow by pay']);
  });

  it('never make a narrower limit look wider', () => {
    const code = 'ERR_POLICY_LIMIT_EXCEEDED';
    const entries = [
      entryOf({ amount: 60n, nonce: 1n }),
      entryOf({ amount: 41n, nonce: 2n, code, rule: 'ten minutes' }),
      entryOf({ amount: 40n, nonce: 3n }),
    ];
    const { widens, narrows } = run(entries, { ...POLICY, limits: [{ ...LIMIT, max: '50' }] });
    expect([widens.length, narrows.length]).toEqual([0, 2]);
  });

  it('take many buckets, up to what one entry can name', () => {
    const many = (count: number): Uint8Array =>
      entryOf({
        calls: Array.from({ length: count }, (_, i) => ({
          to: TOKEN,
          selector: TRANSFER,
          calldata: [BigInt(i + 1), 1n, 0n],
        })),
      });
    const rules = [{ ...PAY, conditions: [] }];
    const grouped = { ...LIMIT, group_by: ['recipient'] };
    const limits = [grouped, { ...grouped, name: 'again' }];
    const { narrows } = run([many(32), many(33)], { ...POLICY, rules, limits });
    expect(narrows.map(({ index, is }) => [index, is.code])).toEqual([
      [1, 'ERR_POLICY_CHARGES_TOO_MANY'],
    ]);
  });

  it('ask when the limit does', () => {
    const limit = { ...LIMIT, exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL };
    const entries = [entryOf({ amount: 100n, nonce: 1n }), entryOf({ nonce: 2n })];
    const { narrows } = run(entries, { ...POLICY, limits: [limit] });
    expect(changesOf(narrows)).toEqual(['1: allow → ask by ten minutes']);
  });

  it('are filled by entries that are not compared', () => {
    const entries = [entryOf({ amount: 100n, nonce: 1n }), entryOf({ nonce: 2n })];
    const { narrows, compared, skipped } = run(entries, POLICY, { from: 1 });
    expect(changesOf(narrows)).toEqual(['1: allow → deny by ten minutes']);
    expect([compared, skipped.earlier]).toEqual([1, 1]);
  });

  it('end earlier when the chain said so', () => {
    const payment = { amount: 100n, nonce: 1n };
    const slot = slotOf({ kind: 'outside-v2', ...messageOf(payment) });
    const settlement = { kind: 'executed', atMs: NOW_MS } as const;
    const settle = settleEntryBytes({ timeMs: NOW_MS + MINUTE_MS, slot, settlement });
    const later = entryOf({ nonce: 2n, minute: 11 });
    expect(run([entryOf(payment), later]).narrows).toHaveLength(1);
    expect(run([entryOf(payment), settle, later]).narrows).toHaveLength(0);
  });

  it('follow a clock that was put back', () => {
    const reset = Buffer.from(
      JSON.stringify({
        format: 'countersign-entry/v1',
        type: 'clock-reset',
        time: new Date(NOW_MS).toISOString(),
        from: new Date(NOW_MS + 60 * MINUTE_MS).toISOString(),
        to: new Date(NOW_MS).toISOString(),
      }),
    );
    const ahead = entryOf({ amount: 100n, nonce: 1n, minute: 60 });
    const { narrows } = run([ahead, reset, entryOf({ nonce: 2n })]);
    expect(changesOf(narrows)).toEqual(['2: allow → deny by ten minutes']);
  });
});

describe('an entry is not compared', () => {
  const long = Array.from({ length: 8 }, () => ({
    to: TOKEN,
    selector: TRANSFER,
    calldata: Array.from({ length: 255 }, () => 2n ** 250n),
  }));

  it.each<readonly [string, Uint8Array, string, Partial<ReplayPlan>]>([
    ['for another key', entryOf({ keyId: 'other' }), 'otherKey', { onlyKey: 'trading' }],
    [
      'without a known key',
      entryOf({ code: 'ERR_POLICY_NO_RULE' }),
      'keyUnknown',
      { assumedKey: undefined },
    ],
    ['denied by a fixed rule', entryOf({ code: 'ERR_POLICY_SELF_CALL' }), 'notByPolicy', {}],
    ['denied by a freeze', entryOf({ code: 'ERR_FROZEN' }), 'notByPolicy', {}],
    ['denied as a replay', entryOf({ code: 'ERR_REQUEST_NONCE_USED' }), 'notByPolicy', {}],
    [
      'without calls',
      entryOf({ code: 'ERR_POLICY_CALL_UNDECODABLE', rule: 'call.none' }),
      'notByPolicy',
      {},
    ],
    ['with a digest of its calldata', entryOf({ calls: long }), 'notReplayable', {}],
    [
      'about an outcome',
      outcomeEntryBytes({ timeMs: NOW_MS, requestId: 'r', decidedAt: 0, code: 'ERR_INTERNAL' }),
      'other',
      {},
    ],
    ['that cannot be read', Buffer.from('{'), 'other', {}],
  ])('%s', (_, entry, reason, plan) => {
    const { compared, entries, skipped } = run([entry], POLICY, plan);
    expect([compared, entries]).toEqual([0, 1]);
    expect(Object.entries(skipped).filter(([, count]) => count > 0)).toEqual([[reason, 1]]);
  });

  it('that is as long as an entry can be, and read all the same', () => {
    expect(entryOf({ calls: long }).length).toBeLessThanOrEqual(LIMITS.logEntryBytes);
    expect(readRecorded(entryOf({ calls: long })).kind).toBe('digest only');
  });
});

it('a replay leaves nothing behind', () => {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  vi.stubEnv('TMPDIR', directory);
  onTestFinished(() => void vi.unstubAllEnvs());
  const ledger = createReplayLedger();
  expect(readdirSync(directory)).toHaveLength(1);
  ledger.close();
  expect(readdirSync(directory)).toEqual([]);
});
