import { type ErrorCode, EXPLAIN_PATH, type SignerSettings } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createWorld, type World } from '../test/pipeline-world.ts';
import { refusalLater } from '../test/refusal.ts';
import { signedRequest, transferBody, transferCall, type Wish } from '../test/request.ts';
import { AGENT, NOW_SEC, OTHER, policySettings, signerSettings } from '../test/settings.ts';
import { explainQuestion } from './explainer.ts';

const FRIEND = '0x1a4d10bd';
const APPROVAL = { required: 1, approvers: ['alice'], expires_in_seconds: 60 };

const toFriend = { field_source: 'starknet_call', field: 'transfer.recipient', operator: 'eq' };
const PAY = {
  name: 'pay a friend',
  method: 'starknet_signSessionTransaction',
  action: 'ALLOW',
  conditions: [{ ...toFriend, value: FRIEND }],
};
const LIMIT = {
  name: 'hourly',
  metric: 'amount',
  token: '0x10ce',
  per: 'window',
  window: { type: 'sliding', seconds: 3_600 },
  max: '1000',
};
const DOCUMENT = { version: '1.0', name: 'shop', rules: [PAY], limits: [LIMIT] };

function settingsWith(document: object, client: object = {}): SignerSettings {
  const policy = policySettings();
  const [agent] = policy.clients;
  return signerSettings({
    policy: {
      ...policy,
      clients: [{ clientId: AGENT.clientId, keyIds: 'all', accounts: 'all', ...agent, ...client }],
      keys: policy.keys.map((key) => ({ ...key, policy: 'shop' })),
      documents: [{ policyId: 'shop', document: JSON.parse(JSON.stringify(document)) }],
    },
  });
}

async function explain(world: World, wish: Wish = {}): Promise<Readonly<Record<string, unknown>>> {
  const { request, body } = signedRequest({ target: EXPLAIN_PATH, ...wish });
  const { config } = world;
  const question = { op: 'explain', id: 7, request } as const;
  const document = await explainQuestion(world, config, question, body);
  expect(document.answer).toEqual({ outcome: 'document', id: 7 });
  return JSON.parse(Buffer.from(document.body).toString('utf8'));
}

const refusal = async (act: () => Promise<unknown>): Promise<{ code: ErrorCode }> => {
  const { code } = await refusalLater(act);
  return { code };
};

describe('an explanation is refused', () => {
  it.each<readonly [string, Wish, object, ErrorCode]>([
    ['a stranger', { client: { ...AGENT, secret: 'wrong' } }, {}, 'ERR_AUTH_SIGNATURE_INVALID'],
    [
      'a request made to be signed',
      { target: '/v1/sign/session-transaction' },
      {},
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    ['a request made with GET', { method: 'GET' }, {}, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['an old request', { timestampMs: (NOW_SEC - 31) * 1000 }, {}, 'ERR_AUTH_TIMESTAMP_SKEW'],
    ['a body that is no JSON', { body: Buffer.from('{') }, {}, 'ERR_BODY_MALFORMED'],
    ['a body that asks for nothing', { body: Buffer.from('{}') }, {}, 'ERR_REQUEST_INVALID'],
    ['a key that is not the client’s', {}, { keyIds: ['others'] }, 'ERR_POLICY_KEY_DENIED'],
    ['an account that is not the client’s', {}, { accounts: ['0x9'] }, 'ERR_POLICY_ACCOUNT_DENIED'],
  ])('to %s', async (_, wish, client, code) => {
    const world = createWorld({ settings: settingsWith(DOCUMENT, client) });
    expect(await refusal(() => explain(world, wish))).toEqual({ code });
  });

  it('to a client the policy does not know', async () => {
    const world = createWorld({ settings: settingsWith(DOCUMENT) });
    expect(await refusal(() => explain(world, { client: OTHER }))).toEqual({
      code: 'ERR_POLICY_KEY_DENIED',
    });
  });
});

it('a request made to be explained is not signed', async () => {
  const world = createWorld({ settings: settingsWith(DOCUMENT) });
  for (const target of [EXPLAIN_PATH, '/V1/Explain/?x=/v1/sign/session-transaction']) {
    const { request, body } = signedRequest({ target });
    const answer = await world.pipeline.sign({ op: 'sign', id: 1, request }, body);
    expect(answer).toMatchObject({ outcome: 'refused', code: 'ERR_AUTH_SIGNATURE_INVALID' });
  }
  expect([world.timesSigned(), world.ledger.size()]).toEqual([0, 0]);
});

describe('an explanation', () => {
  it('of what is allowed names rule, charge and policy, and changes nothing', async () => {
    const world = createWorld({ settings: settingsWith(DOCUMENT) });
    const explained = await explain(world);
    expect(explained).toMatchObject({
      outcome: 'allow',
      keyId: 'default',
      policyHash: world.config.policyHash,
      explanation: {
        policy: 'shop',
        complete: true,
        rules: ['pay a friend'],
        calls: [{ what: 'call 0: transfer on 0x10ce', rules: [{ result: 'matches' }] }],
      },
      charges: [{ limit: 'hourly', amount: '100', max: '1000', exceeded: 'deny' }],
    });
    expect(explained).not.toHaveProperty('code');
    expect(world.ledger.size()).toBe(0);
    expect(world.happened).toEqual([]);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, string, string]>([
    [
      'no rule allows',
      { calls: [transferCall({ calldata: ['0x9', '0x1', '0x0'] })] },
      'ERR_POLICY_NO_RULE',
      'policy.no-rule',
    ],
    [
      'exceeds a limit',
      { calls: [transferCall({ calldata: [FRIEND, '0x3e9', '0x0'] })] },
      'ERR_POLICY_LIMIT_EXCEEDED',
      'hourly',
    ],
  ])('of what %s names the rule', async (_, changes, code, rule) => {
    const world = createWorld({ settings: settingsWith(DOCUMENT) });
    const explained = await explain(world, { body: transferBody(changes) });
    expect(explained).toMatchObject({ outcome: 'deny', code, rule, charges: [] });
    expect(explained).toHaveProperty('explanation');
  });

  it('of what a fixed rule denies says which, and nothing of the policy', async () => {
    const world = createWorld({ settings: settingsWith(DOCUMENT) });
    const explained = await explain(world, { body: transferBody({ validUntil: NOW_SEC }) });
    expect(explained).toMatchObject({
      outcome: 'deny',
      code: 'ERR_POLICY_VALIDITY_EXPIRED',
      rule: 'validity.expired',
      fixedRules: expect.arrayContaining([
        { rule: 'validity.expired', result: 'denies' },
        { rule: 'key.targets', result: 'not reached' },
      ]),
    });
    expect(explained).not.toHaveProperty('explanation');
  });

  it('of what has to be approved says by whom', async () => {
    const rules = [{ ...PAY, action: 'REQUIRE_APPROVAL', approval: APPROVAL }];
    const world = createWorld({ settings: settingsWith({ ...DOCUMENT, rules }) });
    expect(await explain(world)).toMatchObject({
      outcome: 'ask',
      code: 'ERR_POLICY_APPROVAL_REQUIRED',
      rule: 'pay a friend',
      explanation: { approvals: [{ required: 1, approvers: ['alice'] }] },
    });
  });

  it('of a key without a written policy has the fixed rules', async () => {
    const explained = await explain(createWorld());
    expect(explained).toMatchObject({ outcome: 'allow', charges: [] });
    expect(explained).not.toHaveProperty('explanation');
  });

  it('says when something of it is frozen', async () => {
    const world = createWorld({ settings: settingsWith(DOCUMENT) });
    world.ledger.freeze('client:agent', Buffer.from('{}'));
    expect(await explain(world)).toMatchObject({ outcome: 'deny', code: 'ERR_FROZEN' });
  });

  const value = Array.from({ length: 256 }, (_, i) => `0x${(i + 1).toString(16)}`);
  const condition = { ...toFriend, operator: 'in', value: [FRIEND, ...value.slice(1)] };
  const manyRules = (count: number): SignerSettings =>
    settingsWith({
      ...DOCUMENT,
      rules: Array.from({ length: count }, (_, i) => ({
        ...PAY,
        name: `rule ${i}`,
        conditions: Array.from({ length: 20 }, () => condition),
      })),
    });
  const calls = Array.from({ length: 64 }, () =>
    transferCall({ calldata: [FRIEND, '0x1', '0x0'] }),
  );

  it.each([
    ['without the rules of each call when it would fill a frame', 3],
    ['as the verdict alone when it would take long', 40],
  ])('comes %s', async (_, count) => {
    const world = createWorld({ settings: manyRules(count) });
    const explained = await explain(world, { body: transferBody({ calls }) });
    expect(explained).toMatchObject({
      outcome: 'allow',
      explanation: { complete: false, calls: [] },
      charges: [{ amount: '64' }],
    });
    expect(JSON.stringify(explained).length).toBeLessThan(524_288);
  });
});
