/**
 * Written policies in the pipeline: what they deny, what they reserve, what counts once.
 *
 * @module
 */

import { checkSpending } from '@countersign/ledger';
import type { PolicySettings, SignerAnswer, SignerSettings } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  createTestClock,
  createWorld,
  entriesOf,
  newDataDir,
  openTestLedger,
  type World,
} from '../test/pipeline-world.ts';
import { signQuestion, transferBody, transferCall } from '../test/request.ts';
import { NOW_SEC, policySettings, signerSettings } from '../test/settings.ts';

const TOKEN = '0x10ce';
const FRIEND = '0x1a4d10bd';
const HOUR_SEC = 3_600;

const LIMIT = {
  name: 'hourly',
  metric: 'amount',
  token: TOKEN,
  per: 'window',
  window: { type: 'sliding', seconds: HOUR_SEC },
  max: '1000',
};

const DOCUMENT = {
  version: '1.0',
  name: 'shop',
  rules: [
    {
      name: 'pay a friend',
      method: 'starknet_signSessionTransaction',
      action: 'ALLOW',
      conditions: [
        {
          field_source: 'starknet_call',
          field: 'transfer.recipient',
          operator: 'eq',
          value: FRIEND,
        },
      ],
    },
    {
      name: 'never this account',
      method: '*',
      action: 'DENY',
      conditions: [
        { field_source: 'starknet_transaction', field: 'account', operator: 'eq', value: '0xbad' },
      ],
    },
  ],
  limits: [LIMIT],
};

type Documents = NonNullable<PolicySettings['documents']>;

function settingsWith(changes: object = {}): SignerSettings {
  const policy = policySettings();
  const document = { ...DOCUMENT, ...changes } as Documents[number]['document'];
  return signerSettings({
    policy: {
      ...policy,
      keys: policy.keys.map((key) => ({ ...key, policy: 'shop' })),
      documents: [{ policyId: 'shop', document }],
    },
  });
}

/** Pays so much under an account nonce; outside executions end with the second they name. */
function pay(
  world: World,
  amount: number,
  nonce: number,
  changes: object = {},
): Promise<SignerAnswer> {
  const calldata = [FRIEND, `0x${amount.toString(16)}`, '0x0'];
  const body = transferBody({
    nonce: String(nonce),
    messageKind: 'outside-v2',
    calls: [transferCall({ calldata })],
    ...changes,
  });
  const { question } = signQuestion({ body, timestampMs: world.clock.nowMs() });
  return world.pipeline.sign(question, body);
}

function outcomeOf(answer: SignerAnswer): string {
  return answer.outcome === 'refused' ? answer.code : answer.outcome;
}

const codes = async (answers: readonly Promise<SignerAnswer>[]): Promise<readonly string[]> =>
  (await Promise.all(answers)).map(outcomeOf);

describe('a written policy', () => {
  it.each<readonly [string, object, string, string]>([
    [
      'no rule allows',
      { calls: [transferCall({ calldata: ['0x9', '0x1', '0x0'] })] },
      'ERR_POLICY_NO_RULE',
      'policy.no-rule',
    ],
    ['a rule denies', { accountAddress: '0xbad' }, 'ERR_POLICY_RULE_DENIED', 'never this account'],
    [
      'cannot be decoded',
      { calls: [transferCall({ calldata: [FRIEND] })] },
      'ERR_POLICY_EVALUATION_FAILED',
      'pay a friend',
    ],
    [
      'moves a governed token in an unknown way',
      { calls: [transferCall(), transferCall({ entrypoint: 'mystery' })] },
      'ERR_POLICY_CALL_UNDECODABLE',
      'policy.undecodable',
    ],
  ])('refuses what %s, and says which rule', async (_, changes, code, rule) => {
    const world = createWorld({ settings: settingsWith() });
    const answer = await pay(world, 1, 1, changes);
    expect(answer).toMatchObject({ outcome: 'refused', code, details: { rule } });
    expect(entriesOf(world.ledger)).toMatchObject([{ outcome: 'deny', code, rule }]);
    expect(world.timesSigned()).toBe(0);
  });

  it('that demands approval signs nothing', async () => {
    const approval = { required: 1, approvers: ['alice'], expires_in_seconds: 60 };
    const [rule] = DOCUMENT.rules;
    const rules = [{ ...rule, action: 'REQUIRE_APPROVAL', approval }];
    const world = createWorld({ settings: settingsWith({ rules }) });
    expect(outcomeOf(await pay(world, 1, 1))).not.toBe('signed');
    expect(world.timesSigned()).toBe(0);
  });
});

describe('a limit over time', () => {
  it('holds to the unit, and says what is left', async () => {
    const world = createWorld({ settings: settingsWith() });
    expect(await codes([pay(world, 600, 1), pay(world, 400, 2)])).toEqual(['signed', 'signed']);
    expect(await pay(world, 1, 3)).toMatchObject({
      outcome: 'refused',
      code: 'ERR_POLICY_LIMIT_EXCEEDED',
      details: { rule: 'hourly', limit: 'hourly', amount: '1', max: '1000', left: '0' },
    });
    const [, , last] = entriesOf(world.ledger);
    expect(last).toMatchObject({ outcome: 'deny', rule: 'hourly' });
  });

  it('lets exactly one of two through that arrive together', async () => {
    const world = createWorld({ settings: settingsWith() });
    const outcomes = await codes([pay(world, 600, 1), pay(world, 600, 2)]);
    expect(outcomes).toEqual(['signed', 'ERR_POLICY_LIMIT_EXCEEDED']);
  });

  it('counts the calls of a request together', async () => {
    const world = createWorld({ settings: settingsWith() });
    const half = transferCall({ calldata: [FRIEND, '0x1f5', '0x0'] });
    const answer = await pay(world, 0, 1, { calls: [half, half] });
    expect(outcomeOf(answer)).toBe('ERR_POLICY_LIMIT_EXCEEDED');
  });

  it('counts what is signed again once', async () => {
    const world = createWorld({ settings: settingsWith() });
    const again = [1, 2, 3].map(() => pay(world, 600, 1));
    expect(await codes(again)).toEqual(['signed', 'signed', 'signed']);
    expect(outcomeOf(await pay(world, 400, 2))).toBe('signed');
  });

  it('counts the larger of two payloads of one account nonce', async () => {
    const world = createWorld({ settings: settingsWith() });
    expect(await codes([pay(world, 300, 1), pay(world, 600, 1)])).toEqual(['signed', 'signed']);
    expect(await codes([pay(world, 401, 2), pay(world, 400, 3)])).toEqual([
      'ERR_POLICY_LIMIT_EXCEEDED',
      'signed',
    ]);
  });

  it('counts until the signature cannot be used any more, and the window beyond', async () => {
    const clock = createTestClock();
    const world = createWorld({ settings: settingsWith(), clock });
    const next = (validFor: number, nonce: number): Promise<SignerAnswer> =>
      pay(world, 1_000, nonce, { validUntil: Math.floor(clock.nowMs() / 1000) + validFor });
    expect(outcomeOf(await next(300, 1))).toBe('signed');
    clock.advance((300 + HOUR_SEC) * 1000);
    expect(outcomeOf(await next(300, 2))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    clock.advance(1_000);
    expect(outcomeOf(await next(300, 3))).toBe('signed');
  });

  it('counts an invoke until the end of the hour it is valid in', async () => {
    const clock = createTestClock();
    const world = createWorld({ settings: settingsWith(), clock });
    const invoke = (nonce: number): Promise<SignerAnswer> =>
      pay(world, 1_000, nonce, {
        messageKind: 'invoke-v2',
        validUntil: Math.floor(clock.nowMs() / 1000) + 1,
      });
    expect(outcomeOf(await invoke(1))).toBe('signed');
    // NOW_MS is a whole hour: it ends an hour later, and the window an hour after that.
    expect(NOW_SEC % HOUR_SEC).toBe(0);
    clock.advance(2 * HOUR_SEC * 1000 - 1);
    expect(outcomeOf(await invoke(2))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    clock.advance(1);
    expect(outcomeOf(await invoke(3))).toBe('signed');
  });

  it('is remembered across a restart', async () => {
    const [dataDir, clock] = [newDataDir(), createTestClock()];
    const first = openTestLedger(dataDir, clock);
    const before = createWorld({ settings: settingsWith(), clock, ledger: first });
    expect(outcomeOf(await pay(before, 600, 1))).toBe('signed');
    first.close();
    const after = createWorld({ settings: settingsWith(), clock, dataDir });
    expect(outcomeOf(await pay(after, 600, 2))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    expect(outcomeOf(await pay(after, 600, 1))).toBe('signed');
  });

  it('keeps what was spent when the cap is lowered', async () => {
    const [dataDir, clock] = [newDataDir(), createTestClock()];
    const world = createWorld({ settings: settingsWith(), clock, dataDir });
    expect(outcomeOf(await pay(world, 600, 1))).toBe('signed');
    const lower = settingsWith({ limits: [{ ...LIMIT, max: '700' }] });
    const next = createWorld({ settings: lower, clock, ledger: world.ledger });
    expect(outcomeOf(await pay(next, 101, 2))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    expect(outcomeOf(await pay(next, 100, 3))).toBe('signed');
  });

  it('can be added up from the log alone', async () => {
    const world = createWorld({ settings: settingsWith() });
    await Promise.all([1, 2, 3, 4, 5].map((nonce) => pay(world, 300, nonce)));
    const entries = Array.from(
      { length: world.ledger.size() },
      (_, index) => world.ledger.entry(index) ?? new Uint8Array(0),
    );
    const report = checkSpending(entries);
    expect(report).toMatchObject({ buckets: 1, reservations: 3 });
    expect(report.fault).toBeUndefined();
  });
});
