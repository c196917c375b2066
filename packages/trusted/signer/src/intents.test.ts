/**
 * Intents in the signer: what is asked, who may answer, what is executed.
 *
 * @module
 */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifySignature } from '@countersign/crypto';
import { intentDigest, type SignerAnswer } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  CAROL,
  carefulSettings,
  createIntentWorld,
  DOCUMENT,
  EXPIRES_SEC,
  FRIEND,
  HOURLY_MAX,
  type IntentWorld,
  newPerson,
  OPERATOR,
  type Person,
  type Shown,
  START_MS,
  STRANGER,
  TOKEN,
} from '../test/intent-world.ts';
import { entriesOf } from '../test/pipeline-world.ts';
import { signedRequest, transferBody } from '../test/request.ts';
import { AGENT, OTHER, PUBLIC_KEY } from '../test/settings.ts';

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const codeOf = (answer: SignerAnswer): string =>
  answer.outcome === 'refused' ? answer.code : answer.outcome;

async function approve(
  world: IntentWorld,
  intent: Shown,
  ...people: readonly Person[]
): Promise<void> {
  for (const person of people) {
    expect(await world.answer(person, intent)).toMatchObject({ intentId: intent.intentId });
  }
}

/** An intent both needed people have approved. */
async function approved(world: IntentWorld, amount = 100): Promise<Shown> {
  const intent = await world.prepare(amount);
  await approve(world, intent, ALICE, BOB);
  return intent;
}

describe('a request that needs approval', () => {
  it('is answered with what would be signed, and signs nothing', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare(100, { nonce: '7' });
    expect(intent).toMatchObject({
      status: 'pending',
      type: 'sign',
      account: '0xacc0',
      chain: '0x534e5f5345504f4c4941',
      accountNonce: '0x7',
      messageKind: 'invoke-v2',
      keyId: 'default',
      expiresAt: new Date(START_MS + EXPIRES_SEC * 1_000).toISOString(),
      required: [{ rules: ['stranger'], required: 2, approvers: ['alice', 'bob', 'carol'] }],
      answers: [],
      calls: [{ to: TOKEN, selector: expect.any(String), calldata: [STRANGER, '0x64', '0x0'] }],
      receipt: expect.stringMatching(/^0-[0-9a-f]{16}$/),
    });
    expect(intent.digest).toBe(intentDigest(JSON.stringify(intent.document)));
    expect(entriesOf(world.ledger)).toEqual([
      expect.objectContaining({
        type: 'decision',
        outcome: 'ask',
        intent: { id: intent.intentId, digest: intent.digest },
        message: expect.objectContaining({ messageHash: intent.document.messageHash }),
      }),
    ]);
  });

  it('expires with its validity when that ends first', async () => {
    const world = createIntentWorld();
    const validUntil = START_MS / 1_000 + 10;
    const intent = await world.prepare(100, {
      body: { validUntil, calls: callsTo(STRANGER, 100) },
    });
    expect(intent.expiresAt).toBe(new Date(validUntil * 1_000).toISOString());
  });

  it('reserves nothing', async () => {
    const world = createIntentWorld();
    for (let i = 0; i < 5; i++) await world.prepare(HOURLY_MAX);
    expect(codeOf(await world.pay(HOURLY_MAX))).toBe('signed');
  });

  it('uses up its request nonce', async () => {
    const world = createIntentWorld();
    const body = transferBody({ calls: callsTo(STRANGER, 1) });
    const { request } = signedRequest({ body });
    const ask = () => world.peer.ask({ op: 'sign', id: 1, request }, body);
    expect([codeOf(await ask()), codeOf(await ask())]).toEqual(['asked', 'ERR_REQUEST_NONCE_USED']);
  });

  it.each([
    ['has nobody who could answer', { approvers: [] }, 'ERR_POLICY_APPROVAL_REQUIRED'],
    [
      'has too few who could',
      { approvers: [{ id: 'alice', kind: 'ed25519' as const, publicKey: ALICE.publicKey }] },
      'ERR_POLICY_APPROVAL_REQUIRED',
    ],
  ])('is denied when it %s', async (_name, changes, code) => {
    const world = createIntentWorld({ settings: carefulSettings(changes) });
    expect(codeOf(await world.pay(1, { to: STRANGER }))).toBe(code);
    expect(entriesOf(world.ledger)[0]).toMatchObject({ outcome: 'deny', code });
  });

  it('is denied when something else speaks against it', async () => {
    const world = createIntentWorld();
    expect(codeOf(await world.pay(100_001, { to: STRANGER }))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    // Of what the ledger counts, too: a lifetime of 50,000.
    expect(codeOf(await world.pay(50_001, { to: STRANGER }))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
    expect(codeOf(await world.operate('freeze', 'all'))).toBe('frozen');
    expect(codeOf(await world.pay(1, { to: STRANGER }))).toBe('ERR_FROZEN');
  });

  it('is throttled when too many wait, until some are over', async () => {
    const world = createIntentWorld();
    for (let i = 0; i < 64; i++) await world.prepare();
    expect(codeOf(await world.pay(1, { to: STRANGER }))).toBe('ERR_INTENT_LIMIT');
    expect(codeOf(await world.pay(1, { to: STRANGER, client: OTHER }))).toBe('asked');
    expect(codeOf(await world.pay(1))).toBe('signed');
    world.clock.advance(EXPIRES_SEC * 1_000);
    expect(codeOf(await world.pay(1, { to: STRANGER }))).toBe('asked');
  });

  it('because of a limit asks those of the limit, and all of them where there are several', async () => {
    const world = createIntentWorld();
    const limit = await world.prepare(HOURLY_MAX + 1, { to: FRIEND });
    expect(limit.required).toEqual([
      { rules: ['hourly'], required: 1, approvers: ['alice', 'bob'] },
    ]);
    expect(limit.document.exceeded).toEqual([
      { limit: 'hourly', bucket: expect.any(String), amount: '1001', max: '1000' },
    ]);
    const both = await world.prepare(HOURLY_MAX + 1);
    expect(both.required).toMatchObject([{ rules: ['stranger'] }, { rules: ['hourly'] }]);
  });
});

describe('an answer is refused', () => {
  const cases: readonly (readonly [
    string,
    (world: IntentWorld, intent: Shown) => Promise<unknown>,
    string,
  ])[] = [
    [
      'to an intent that never was',
      (world, intent) => world.answer(ALICE, { ...intent, intentId: 'there-never-was-one' }),
      'ERR_INTENT_NOT_FOUND',
    ],
    [
      'of somebody who is not asked',
      (world, intent) => world.answer(newPerson('dave'), intent),
      'ERR_INTENT_NOT_FOUND',
    ],
    [
      'of the client itself',
      (world, intent) => world.answer(newPerson(AGENT.clientId), intent),
      'ERR_INTENT_NOT_FOUND',
    ],
    [
      'in the name of another',
      (world, intent) => world.answer({ ...BOB, id: 'alice' }, intent),
      'ERR_APPROVAL_INVALID',
    ],
    [
      'that was signed for the opposite',
      (world, intent) => world.answer(ALICE, intent, 'deny', { answer: 'approve' }),
      'ERR_APPROVAL_INVALID',
    ],
    [
      'that was signed for another document',
      (world, intent) =>
        world.answer(ALICE, { ...intent, document: { ...intent.document, keyId: 'other' } }),
      'ERR_APPROVAL_INVALID',
    ],
    [
      'that is neither yes nor no',
      (world, intent) => world.answer(ALICE, intent, 'maybe'),
      'ERR_REQUEST_INVALID',
    ],
    [
      'with both kinds of evidence',
      (world, intent) =>
        world.answer(ALICE, intent, 'approve', {
          passkey: { authenticatorData: 'AA', clientDataJSON: 'AA', signature: 'AA' },
        }),
      'ERR_REQUEST_INVALID',
    ],
    [
      'without evidence',
      (world, intent) => world.answer(ALICE, intent, 'approve', { signature: undefined }),
      'ERR_REQUEST_INVALID',
    ],
    [
      'with a passkey nobody has',
      (world, intent) =>
        world.answer(ALICE, intent, 'approve', {
          signature: undefined,
          passkey: { authenticatorData: 'AA', clientDataJSON: 'AA', signature: 'AA' },
        }),
      'ERR_APPROVAL_INVALID',
    ],
    [
      'with more members',
      (world, intent) => world.answer(ALICE, intent, 'approve', { comment: 'fine' }),
      'ERR_REQUEST_INVALID',
    ],
  ];

  it.each(cases)('%s, and nothing is written', async (_name, act, code) => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    const size = world.ledger.size();
    expect(await act(world, intent)).toBe(code);
    expect(world.ledger.size()).toBe(size);
    expect(await world.show(intent)).toMatchObject({ status: 'pending', answers: [] });
  });

  it('when it was given to another intent of the same content', async () => {
    const world = createIntentWorld();
    const [one, two] = [
      await world.prepare(1, { nonce: '7' }),
      await world.prepare(1, { nonce: '7' }),
    ];
    const kept = { ...two, intentId: one.intentId };
    expect(await world.answer(ALICE, kept)).toBe('ERR_APPROVAL_INVALID');
    expect(await world.answer(ALICE, { ...one, intentId: two.intentId })).toBe(
      'ERR_APPROVAL_INVALID',
    );
  });

  it('once the intent is over', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    world.clock.advance(EXPIRES_SEC * 1_000);
    expect(await world.answer(ALICE, intent)).toBe('ERR_INTENT_EXPIRED');
  });

  it('once it is denied, and once it is executed', async () => {
    const world = createIntentWorld();
    const denied = await world.prepare();
    await world.answer(BOB, denied, 'deny');
    expect(await world.answer(ALICE, denied)).toBe('ERR_INTENT_DENIED');
    const executed = await approved(world);
    await world.execute(executed);
    expect(await world.answer(CAROL, executed)).toBe('ERR_INTENT_USED');
  });

  it('when the same approver said something else before', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    await world.answer(ALICE, intent);
    expect(await world.answer(ALICE, intent, 'deny')).toBe('ERR_INTENT_USED');
  });
});

describe('answers', () => {
  it.each([[[ALICE, BOB]], [[BOB, ALICE]], [[CAROL, ALICE]], [[ALICE, BOB, CAROL]]])(
    'of enough people approve, in any order',
    async (people) => {
      const world = createIntentWorld();
      const intent = await world.prepare();
      for (const person of people) await world.answer(person, intent);
      expect(await world.show(intent)).toMatchObject({ status: 'approved' });
      expect(codeOf(await world.execute(intent))).toBe('signed');
    },
  );

  it('of one person count once, however often they are sent', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    for (let i = 0; i < 3; i++) {
      expect(await world.answer(ALICE, intent)).toMatchObject({ status: 'pending' });
    }
    expect(entriesOf(world.ledger).filter(({ type }) => type === 'approval')).toHaveLength(1);
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_PENDING');
  });

  it('stand in the log with their evidence', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    await world.answer(ALICE, intent);
    expect(entriesOf(world.ledger)[1]).toEqual({
      format: 'countersign-entry/v1',
      type: 'approval',
      time: new Date(START_MS).toISOString(),
      intent: { id: intent.intentId, digest: intent.digest },
      approver: 'alice',
      answer: 'approve',
      signature: expect.stringMatching(/^[A-Za-z0-9_-]{86}$/),
    });
  });

  it('of one who says no end it, whoever agreed before', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    expect(await world.answer(CAROL, intent, 'deny')).toMatchObject({ status: 'denied' });
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_DENIED');
  });

  it('do not count any more once the approver is gone, or has another key', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const approvers = [ALICE, newPerson('bob'), CAROL].map(({ id, publicKey }) => ({
      id,
      kind: 'ed25519' as const,
      publicKey,
    }));
    world.signer.configure(carefulSettings({ approvers }));
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_PENDING');
    await world.answer(CAROL, intent);
    expect(codeOf(await world.execute(intent))).toBe('signed');
  });
});

describe('executing', () => {
  it('signs what was shown', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const answer = await world.execute(intent);
    if (answer.outcome !== 'signed') throw new Error(JSON.stringify(answer));
    expect(answer.signed.messageHash).toBe(intent.document.messageHash);
    const [, r, s] = answer.signed.signature;
    const signature = { r: BigInt(r), s: BigInt(s) };
    expect(verifySignature(BigInt(answer.signed.messageHash), signature, PUBLIC_KEY)).toBe(true);
    expect(entriesOf(world.ledger).at(-1)).toMatchObject({
      outcome: 'allow',
      intent: { id: intent.intentId, digest: intent.digest },
      asked: { calls: intent.document.calls },
      spending: { reserved: expect.arrayContaining([expect.objectContaining({ amount: '100' })]) },
    });
  });

  it('works once, also when it is asked for twice at a time and after a restart', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const codes = (await world.executeAtOnce(intent, 8)).map(codeOf).toSorted(byText);
    expect(codes).toEqual([...Array(7).fill('ERR_INTENT_USED'), 'signed']);
    world.ledger.close();
    const again = createIntentWorld({ dataDir: world.dataDir, clock: world.clock });
    expect(codeOf(await again.execute(intent))).toBe('ERR_INTENT_USED');
  });

  it.each([
    ['nobody has answered', async () => undefined, 'ERR_INTENT_PENDING'],
    [
      'too few have',
      (world: IntentWorld, intent: Shown) => world.answer(ALICE, intent),
      'ERR_INTENT_PENDING',
    ],
  ] as const)('is refused when %s, and logged', async (_name, act, code) => {
    const world = createIntentWorld();
    const intent = await world.prepare();
    await act(world, intent);
    expect(codeOf(await world.execute(intent))).toBe(code);
    expect(entriesOf(world.ledger).at(-1)).toMatchObject({ outcome: 'deny', code });
  });

  it('is refused once it is over, to the millisecond', async () => {
    const world = createIntentWorld();
    const [early, late] = [await approved(world), await approved(world)];
    world.clock.advance(EXPIRES_SEC * 1_000 - 1);
    expect(codeOf(await world.execute(early))).toBe('signed');
    world.clock.advance(1);
    expect(codeOf(await world.execute(late))).toBe('ERR_INTENT_EXPIRED');
  });

  it('is refused to another client as if there were nothing', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const answer = await world.execute(intent, OTHER);
    const nothing = await world.execute({ intentId: 'there-never-was-one' });
    expect([codeOf(answer), codeOf(nothing)]).toEqual(Array(2).fill('ERR_INTENT_NOT_FOUND'));
    expect(await world.show(intent, OTHER)).toBe('ERR_INTENT_NOT_FOUND');
  });

  it('is refused when the policy is another one', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const document = { ...DOCUMENT, name: 'another' };
    world.signer.configure(carefulSettings({}, document));
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_STALE');
    world.signer.configure(carefulSettings());
    expect(codeOf(await world.execute(intent))).toBe('signed');
  });

  it('is refused when the key is another one', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const keys = [{ keyId: 'default', source: 'inline' as const, privateKey: '0x1234' }];
    world.signer.configure(carefulSettings({ keys }));
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_STALE');
  });

  it('is refused while its scope is frozen, and works afterwards', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    await world.operate('freeze', 'account:0xacc0');
    expect(codeOf(await world.execute(intent))).toBe('ERR_FROZEN');
    world.ledger.unfreeze('account:0xacc0', Buffer.from('{}'));
    expect(codeOf(await world.execute(intent))).toBe('signed');
  });

  it('takes no body, and no other path', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const target = `/v1/intents/${intent.intentId}/execute`;
    const withBody = signedRequest({ target, body: Buffer.from('{}') });
    const asked = { op: 'execute', id: 1, request: withBody.request };
    expect(codeOf(await world.peer.ask(asked, withBody.body))).toBe('ERR_REQUEST_INVALID');
    for (const wrong of [
      '/v1/sign/session-transaction',
      `${target}/more`,
      `/v1/intents/x/execute`,
    ]) {
      const { request } = signedRequest({ target: wrong, body: new Uint8Array(0) });
      const answer = await world.peer.ask({ op: 'execute', id: 1, request });
      expect(codeOf(answer)).toMatch(/ERR_AUTH_SIGNATURE_INVALID|ERR_INTENT_NOT_FOUND/);
    }
    expect(codeOf(await world.execute(intent))).toBe('signed');
  });

  it('lifts the limits it was about and no other', async () => {
    const world = createIntentWorld();
    const intent = await world.prepare(40_000, { to: FRIEND });
    await approve(world, intent, BOB);
    expect(codeOf(await world.execute(intent))).toBe('signed');
    // What was approved counts: the lifetime has 10,000 left, the hour nothing.
    const second = await world.prepare(10_000, { to: FRIEND });
    const third = await world.prepare(1, { to: FRIEND });
    await approve(world, second, ALICE);
    await approve(world, third, ALICE);
    expect(codeOf(await world.execute(second))).toBe('signed');
    expect(codeOf(await world.execute(third))).toBe('ERR_POLICY_LIMIT_EXCEEDED');
  });

  it('is stale when a limit is in the way that fitted when it was asked', async () => {
    const world = createIntentWorld();
    const intent = await approved(world, HOURLY_MAX);
    expect(codeOf(await world.pay(1))).toBe('signed');
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_STALE');
    // Asked anew, the limit is part of the question.
    const again = await world.prepare(HOURLY_MAX);
    await approve(world, again, ALICE, CAROL);
    expect(codeOf(await world.execute(again))).toBe('signed');
  });

  it('is refused for a document that was altered in the store', async () => {
    for (const change of [
      "document = replace(document, '0x64', '0x65')",
      `document = replace(document, '"required":2', '"required":1')`,
      'expires_at_ms = expires_at_ms + 1000000',
      "owner = 'client:other'",
      "digest = '00' || substr(digest, 3)",
      'asked_at = asked_at + 1',
    ]) {
      const world = createIntentWorld();
      const intent = await approved(world);
      const client = change.startsWith('owner') ? OTHER : AGENT;
      world.ledger.close();
      const db = new DatabaseSync(join(world.dataDir, 'ledger.db'));
      expect([change, db.prepare(`UPDATE intents SET ${change}`).run().changes]).toEqual([
        change,
        1,
      ]);
      db.close();
      const again = createIntentWorld({ dataDir: world.dataDir, clock: world.clock });
      expect([change, codeOf(await again.execute(intent, client))]).toEqual([
        change,
        'ERR_STORE_CORRUPT',
      ]);
    }
  });

  it('is refused for answers that were written into the store', async () => {
    const world = createIntentWorld();
    const [intent, other] = [await world.prepare(), await approved(world)];
    world.ledger.close();
    const db = new DatabaseSync(join(world.dataDir, 'ledger.db'));
    db.prepare(
      'INSERT INTO intent_answers SELECT ?, approver, answer, evidence, entry FROM intent_answers WHERE intent_id = ?',
    ).run(intent.intentId, other.intentId);
    db.close();
    const again = createIntentWorld({ dataDir: world.dataDir, clock: world.clock });
    expect(codeOf(await again.execute(intent))).toBe('ERR_INTENT_PENDING');
  });
});

describe('looking', () => {
  it('shows an approver what waits, and no other', async () => {
    const world = createIntentWorld();
    const stranger = await world.prepare();
    const limit = await world.prepare(HOURLY_MAX + 1, { to: FRIEND });
    const denied = await world.prepare();
    await world.answer(BOB, denied, 'deny');
    const ids = async (who: Person): Promise<unknown> => {
      const { intents } = (await world.list(who)) as { intents: readonly Shown[] };
      return intents.map(({ intentId }) => intentId).toSorted(byText);
    };
    expect(await ids(ALICE)).toEqual([stranger.intentId, limit.intentId].toSorted(byText));
    expect(await ids(CAROL)).toEqual([stranger.intentId]);
    world.clock.advance(EXPIRES_SEC * 1_000);
    expect(await ids(ALICE)).toEqual([]);
  });

  it('shows an approver one intent in whatever state', async () => {
    const world = createIntentWorld();
    const intent = await approved(world);
    const target = `/v1/intents/${intent.intentId}`;
    expect(await world.list(CAROL, target)).toMatchObject({ status: 'approved' });
    const limit = await world.prepare(HOURLY_MAX + 1, { to: FRIEND });
    expect(await world.list(CAROL, `/v1/intents/${limit.intentId}`)).toBe('ERR_INTENT_NOT_FOUND');
  });

  it.each<[string, (world: IntentWorld) => Promise<unknown>, string]>([
    ['a stranger', (world) => world.list(newPerson('dave')), 'ERR_APPROVAL_INVALID'],
    ['somebody else', (world) => world.list({ ...BOB, id: 'alice' }), 'ERR_APPROVAL_INVALID'],
    [
      'somebody from yesterday',
      (world) => world.list(ALICE, '/v1/intents', START_MS - 30_001),
      'ERR_AUTH_TIMESTAMP_SKEW',
    ],
    [
      'somebody who signed another line',
      (world) => world.list(ALICE, '/v1/receipts/1'),
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
  ])('shows nothing to %s', async (_name, act, code) => {
    const world = createIntentWorld();
    await world.prepare();
    expect(await act(world)).toBe(code);
  });
});

describe('the end of a freeze', () => {
  async function unfreezing(world: IntentWorld, scope = 'all'): Promise<Shown> {
    const answer = await world.operate('unfreeze', scope);
    if (answer.outcome !== 'asked') throw new Error(codeOf(answer));
    return JSON.parse(answer.intent) as Shown;
  }

  it('needs everybody it asks, and the last one carries it out', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    const intent = await unfreezing(world);
    expect(intent).toMatchObject({ type: 'unfreeze', scope: 'all', status: 'pending' });
    expect(await world.answer(ALICE, intent)).toMatchObject({ status: 'pending' });
    expect(codeOf(await world.pay(1))).toBe('ERR_FROZEN');
    expect(await world.answer(BOB, intent)).toMatchObject({ status: 'executed' });
    expect(world.ledger.frozen()).toEqual([]);
    expect(codeOf(await world.pay(1))).toBe('signed');
    expect(entriesOf(world.ledger).map(({ type }) => type)).toEqual([
      'freeze',
      'unfreeze-asked',
      'approval',
      'decision',
      'approval',
      'unfreeze',
      'decision',
    ]);
    expect(entriesOf(world.ledger)[5]).toMatchObject({
      scope: 'all',
      cause: { type: 'approvals', intent: intent.intentId },
    });
  });

  it('is not reached when one of them says no', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    const intent = await unfreezing(world);
    await world.answer(ALICE, intent);
    expect(await world.answer(BOB, intent, 'deny')).toMatchObject({ status: 'denied' });
    expect(world.ledger.frozen()).toHaveLength(1);
  });

  it('is not that of another freeze of the same scope', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    const [first, second] = [await unfreezing(world), await unfreezing(world)];
    await approve(world, first, ALICE, BOB);
    world.clock.advance(1);
    await world.operate('freeze', 'all');
    await approve(world, second, ALICE);
    expect(await world.answer(BOB, second)).toBe('ERR_INTENT_STALE');
    expect(world.ledger.frozen()).toHaveLength(1);
  });

  it('is over after its time', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    const intent = await unfreezing(world);
    await world.answer(ALICE, intent);
    world.clock.advance(EXPIRES_SEC * 1_000);
    expect(await world.answer(BOB, intent)).toBe('ERR_INTENT_EXPIRED');
  });

  it('cannot be executed by a client, nor seen by one', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    const intent = await unfreezing(world);
    expect(codeOf(await world.execute(intent))).toBe('ERR_INTENT_NOT_FOUND');
    expect(await world.show(intent)).toBe('ERR_INTENT_NOT_FOUND');
  });

  it.each([
    ['is not frozen', carefulSettings(), 'ERR_REQUEST_INVALID'],
    ['nobody may unfreeze', carefulSettings({ approvers: [] }), 'ERR_NOT_FOUND'],
  ])('is not asked for what %s', async (_name, settings, code) => {
    const world = createIntentWorld({ settings });
    if (code === 'ERR_NOT_FOUND') await world.operate('freeze', 'all');
    expect(codeOf(await world.operate('unfreeze', 'all'))).toBe(code);
  });

  it('is throttled', async () => {
    const world = createIntentWorld();
    await world.operate('freeze', 'all');
    for (let i = 0; i < 64; i++) await unfreezing(world);
    expect(codeOf(await world.operate('unfreeze', 'all'))).toBe('ERR_INTENT_LIMIT');
  });
});

it('an approver is never a client', () => {
  const approvers = [{ id: AGENT.clientId, kind: 'ed25519' as const, publicKey: ALICE.publicKey }];
  expect(() => createIntentWorld({ settings: carefulSettings({ approvers }) })).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }),
  );
  expect(OPERATOR.operatorId).not.toBe(AGENT.clientId);
});

function callsTo(recipient: string, amount: number): readonly object[] {
  const calldata = [recipient, `0x${amount.toString(16)}`, '0x0'];
  return [{ contractAddress: TOKEN, entrypoint: 'transfer', calldata }];
}
