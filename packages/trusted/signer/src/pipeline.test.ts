import { createHash } from 'node:crypto';
import {
  createScureHashBackend,
  hashSessionMessage,
  selectorOf,
  signHash,
  verifySignature,
} from '@countersign/crypto';
import {
  BoundaryError,
  CURVE_ORDER,
  Secret,
  type SignerAnswer,
  signerAnswerSchema,
  toHex,
} from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  configFrom,
  createTestClock,
  createWorld,
  entriesOf,
  newDataDir,
  openTestLedger,
  type World,
} from '../test/pipeline-world.ts';
import {
  freshNonce,
  signedRequest,
  signQuestion,
  transferBody,
  type Wish,
} from '../test/request.ts';
import {
  AGENT,
  MAX_SKEW_MS,
  NONCE_TTL_MS,
  NOW_MS,
  NOW_SEC,
  OTHER,
  PUBLIC_KEY,
  policySettings,
  signerSettings,
} from '../test/settings.ts';
import type { SignQuestion } from './pipeline.ts';

const STORE_DOWN = (): never => {
  throw new BoundaryError('ERR_STORE_UNAVAILABLE');
};

function sign(world: World, wish: Wish = {}): Promise<SignerAnswer> {
  const { question, body } = signQuestion(wish);
  return world.pipeline.sign(question, body);
}

function signedOf(answer: SignerAnswer): Extract<SignerAnswer, { outcome: 'signed' }> {
  if (answer.outcome === 'signed') return answer;
  throw new Error(`not signed: ${JSON.stringify(answer)}`);
}

describe('an allowed request', () => {
  it('is committed, signed and checked, in this order', async () => {
    const world = createWorld();
    await sign(world);
    expect(world.happened).toEqual([
      'received',
      'judged',
      'commit starts',
      'commit is durable',
      'committed',
      'key used',
      'signed',
      'signature checked',
      'verified',
    ]);
  });

  it('gets a signature that holds for the hash of what was asked', async () => {
    const world = createWorld();
    const { signed } = signedOf(await sign(world));
    const { domainHash, messageHash } = hashSessionMessage(
      {
        kind: 'invoke-v2',
        accountAddress: 0xacc0n,
        chainId: 0x534e5f5345504f4c4941n,
        accountNonce: 7n,
        validUntilSec: BigInt(NOW_SEC + 300),
        calls: [
          { to: 0x10cen, selector: selectorOf('transfer'), calldata: [0x1a4d10bdn, 100n, 0n] },
        ],
      },
      createScureHashBackend(),
    );
    const [publicKey, r, s, validUntil] = signed.signature.map(BigInt);
    expect(signed).toMatchObject({
      kind: 'invoke-v2',
      keyId: 'default',
      domainHash: toHex(domainHash ?? 0n),
      messageHash: toHex(messageHash),
      publicKey: toHex(PUBLIC_KEY),
      custodian: 'local',
      decidedAtMs: NOW_MS,
    });
    expect([publicKey, validUntil]).toEqual([PUBLIC_KEY, BigInt(NOW_SEC + 300)]);
    expect(verifySignature(messageHash, { r: r ?? 0n, s: s ?? 0n }, PUBLIC_KEY)).toBe(true);
    expect(s).toBeLessThanOrEqual((CURVE_ORDER - 1n) / 2n);
  });

  it('leaves one entry that says what was asked, decided and signed', async () => {
    const world = createWorld();
    const wish = { body: transferBody(), requestId: 'rent-7' };
    const { signed, receipt } = signedOf(await sign(world, wish));
    const [entry] = entriesOf(world.ledger);
    expect(world.ledger.size()).toBe(1);
    expect(receipt).toMatch(/^0-[0-9a-f]{16}$/);
    expect(entry).toMatchObject({
      type: 'decision',
      outcome: 'allow',
      client: AGENT.clientId,
      requestId: 'rent-7',
      policy: world.config.policyHash,
      request: {
        method: 'POST',
        target: '/v1/sign/session-transaction',
        bodySha256: createHash('sha256').update(wish.body).digest('hex'),
      },
      message: { messageHash: signed.messageHash, publicKey: signed.publicKey, custodian: 'local' },
    });
  });

  it('gives an answer the edge accepts', async () => {
    const answer = await sign(createWorld());
    expect(signerAnswerSchema.parse(JSON.parse(JSON.stringify(answer)))).toEqual(answer);
  });

  it('of the older kind has no domain hash', async () => {
    const world = createWorld();
    const body = transferBody({ messageKind: 'invoke-v1' });
    const { signed } = signedOf(await sign(world, { body }));
    expect('domainHash' in signed).toBe(false);
    expect(entriesOf(world.ledger)[0]?.message).not.toHaveProperty('domainHash');
  });
});

describe('when the entry cannot be written', () => {
  it('nothing is signed and nothing is noted', async () => {
    const world = createWorld({ ledgerParts: () => ({ commit: STORE_DOWN }) });
    const answer = await sign(world);
    expect(answer).toEqual({
      outcome: 'refused',
      id: 1,
      code: 'ERR_STORE_UNAVAILABLE',
      details: {},
    });
    expect(world.timesSigned()).toBe(0);
    expect(world.happened).toEqual(['received', 'judged', 'commit starts']);
    expect(world.ledger.size()).toBe(0);
  });

  it('an unexpected fault is not told', async () => {
    const commit = (): never => {
      throw new TypeError('text of a library');
    };
    const world = createWorld({ ledgerParts: () => ({ commit }) });
    expect(await sign(world)).toMatchObject({ code: 'ERR_INTERNAL', details: {} });
    expect(world.timesSigned()).toBe(0);
  });

  it('all requests of the batch are refused, and none is signed', async () => {
    const world = createWorld({ ledgerParts: () => ({ commit: STORE_DOWN }) });
    const answers = await Promise.all([sign(world), sign(world), sign(world)]);
    expect(answers.map((answer) => answer.outcome)).toEqual(['refused', 'refused', 'refused']);
    expect(world.happened.filter((what) => what === 'commit starts')).toHaveLength(1);
    expect(world.timesSigned()).toBe(0);
  });

  it('the request can be sent again once the store is back: its nonce was not used up', async () => {
    let down = true;
    const world = createWorld({
      ledgerParts: (ledger) => ({
        commit: (batch) => (down ? STORE_DOWN() : ledger.commit(batch)),
      }),
    });
    const { question, body } = signQuestion();
    await world.pipeline.sign(question, body);
    down = false;
    expect((await world.pipeline.sign(question, body)).outcome).toBe('signed');
  });

  it('a denial is not told either: it was not written down', async () => {
    const world = createWorld({ ledgerParts: () => ({ commit: STORE_DOWN }) });
    const answer = await sign(world, { body: transferBody({ validUntil: 1 }) });
    expect(answer).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  });
});

describe('a request nonce', () => {
  it('works once within one batch', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    const answers = await Promise.all([
      world.pipeline.sign(question, body),
      world.pipeline.sign({ ...question, id: 2 }, body),
    ]);
    expect(world.happened.filter((what) => what === 'commit starts')).toHaveLength(1);
    expect(answers[0]?.outcome).toBe('signed');
    expect(answers[1]).toMatchObject({ id: 2, code: 'ERR_REQUEST_NONCE_USED' });
    expect(world.timesSigned()).toBe(1);
  });

  it('works once, one after the other, and the replay is in the log', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    await world.pipeline.sign(question, body);
    const answer = await world.pipeline.sign(question, body);
    expect(answer).toMatchObject({
      outcome: 'refused',
      code: 'ERR_REQUEST_NONCE_USED',
      receipt: expect.stringMatching(/^1-[0-9a-f]{16}$/),
    });
    expect(entriesOf(world.ledger)[1]).toMatchObject({
      outcome: 'deny',
      code: 'ERR_REQUEST_NONCE_USED',
      client: AGENT.clientId,
    });
    expect(entriesOf(world.ledger)[1]).not.toHaveProperty('asked');
    expect(world.timesSigned()).toBe(1);
  });

  it('works once, also for another body under the same nonce', async () => {
    const world = createWorld();
    const requestNonce = freshNonce();
    await sign(world, { requestNonce });
    const answer = await sign(world, { requestNonce, body: transferBody({ nonce: '0x8' }) });
    expect(answer).toMatchObject({ code: 'ERR_REQUEST_NONCE_USED' });
    expect(world.timesSigned()).toBe(1);
  });

  it('works once across a restart', async () => {
    const [dataDir, clock] = [newDataDir(), createTestClock()];
    const { question, body } = signQuestion();
    const before = createWorld({ dataDir, clock });
    await before.pipeline.sign(question, body);
    before.ledger.close();
    const after = createWorld({ ledger: openTestLedger(dataDir, clock), clock });
    const answer = await after.pipeline.sign(question, body);
    expect(answer).toMatchObject({ code: 'ERR_REQUEST_NONCE_USED' });
    expect(after.timesSigned()).toBe(0);
    expect(entriesOf(after.ledger).map((entry) => entry.outcome)).toEqual(['allow', 'deny']);
  });

  it('works once for each client', async () => {
    const world = createWorld();
    const requestNonce = freshNonce();
    const answers = [
      await sign(world, { requestNonce }),
      await sign(world, { requestNonce, client: OTHER }),
    ];
    expect(answers.map((answer) => answer.outcome)).toEqual(['signed', 'signed']);
  });

  it('is used up by a denial', async () => {
    const world = createWorld();
    const requestNonce = freshNonce();
    const denied = await sign(world, { requestNonce, body: transferBody({ validUntil: NOW_SEC }) });
    expect(denied).toMatchObject({ code: 'ERR_POLICY_VALIDITY_EXPIRED' });
    expect(await sign(world, { requestNonce })).toMatchObject({ code: 'ERR_REQUEST_NONCE_USED' });
    expect(world.timesSigned()).toBe(0);
  });

  it('stays used until the request is too old to be accepted', async () => {
    const clock = createTestClock();
    const world = createWorld({ clock, settings: signerSettings({ nonceTtlMs: 1 }) });
    const { question, body } = signQuestion({ timestampMs: NOW_MS + MAX_SKEW_MS });
    await world.pipeline.sign(question, body);
    const codes = new Set<string>();
    for (let passedMs = 0; passedMs <= NONCE_TTL_MS; passedMs += 10_000) {
      const answer = await world.pipeline.sign(question, body);
      codes.add(answer.outcome === 'refused' ? answer.code : answer.outcome);
      clock.advance(10_000);
    }
    expect([...codes]).toEqual(['ERR_REQUEST_NONCE_USED', 'ERR_AUTH_TIMESTAMP_SKEW']);
  });
});

describe('a request that does not authenticate', () => {
  type Request = SignQuestion['request'];
  const changes: readonly [string, Partial<Request>, string][] = [
    ['method', { method: 'PUT' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['target', { target: '/v1/sign/session-transaction?' }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['client', { clientId: OTHER.clientId }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['request nonce', { requestNonce: 'ff'.repeat(16) }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['timestamp', { timestamp: String(NOW_MS - 1) }, 'ERR_AUTH_SIGNATURE_INVALID'],
    ['form of the timestamp', { timestamp: 'now' }, 'ERR_AUTH_TIMESTAMP_MALFORMED'],
    ['form of the request nonce', { requestNonce: '1.2' }, 'ERR_AUTH_NONCE_MALFORMED'],
    ['code', { signature: 'ab'.repeat(32) }, 'ERR_AUTH_SIGNATURE_INVALID'],
  ];

  async function expectUntouched(
    world: World,
    question: SignQuestion,
    body: Uint8Array,
    code: string,
  ) {
    expect(await world.pipeline.sign(question, body)).toEqual({
      outcome: 'refused',
      id: 1,
      code,
      details: expect.anything(),
    });
    expect(world.ledger.size()).toBe(0);
    expect(world.happened).toEqual(['received']);
  }

  it.each(changes)(
    'because of its %s is refused, and nothing is logged',
    async (_, change, code) => {
      const world = createWorld();
      const { question, body } = signQuestion();
      const altered = { ...question, request: { ...question.request, ...change } };
      await expectUntouched(world, altered, body, code);
      // It has not used up the request nonce of the genuine one either.
      expect((await world.pipeline.sign(question, body)).outcome).toBe('signed');
    },
  );

  it('because of its body is refused, and nothing is logged', async () => {
    const world = createWorld();
    const { question } = signQuestion();
    const body = transferBody({ nonce: '0x8' });
    await expectUntouched(world, question, body, 'ERR_AUTH_SIGNATURE_INVALID');
  });

  it('because of its age is refused, and nothing is logged', async () => {
    const world = createWorld();
    const { question, body } = signQuestion({ timestampMs: NOW_MS - MAX_SKEW_MS - 1 });
    await expectUntouched(world, question, body, 'ERR_AUTH_TIMESTAMP_SKEW');
  });

  it('is refused too when the edge has refused it already', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    const refusal = { code: 'ERR_RATE_LIMITED' } as const;
    const request = { ...question.request, signature: '00'.repeat(32) };
    const forged = { ...question, request, refusal };
    await expectUntouched(world, forged, body, 'ERR_AUTH_SIGNATURE_INVALID');
  });
});

describe('a refusal of the edge', () => {
  const refusal = { code: 'ERR_LEAK_INBOUND', rule: 'leak' } as const;

  it('is logged and uses up the request nonce', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    const answer = await world.pipeline.sign({ ...question, refusal }, body);
    expect(answer).toMatchObject({
      outcome: 'refused',
      code: 'ERR_LEAK_INBOUND',
      receipt: expect.stringMatching(/^0-/),
    });
    expect(entriesOf(world.ledger)[0]).toMatchObject({
      outcome: 'deny',
      code: 'ERR_LEAK_INBOUND',
      rule: 'leak',
    });
    expect(await world.pipeline.sign(question, body)).toMatchObject({
      code: 'ERR_REQUEST_NONCE_USED',
    });
    expect(world.timesSigned()).toBe(0);
  });

  it('as a replay is logged, and does not take the nonce of the request it repeats', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    const replay = { ...question, refusal: { code: 'ERR_REQUEST_NONCE_USED' } as const };
    // The replay overtakes; so do others.
    const [first, second, asked] = await Promise.all([
      world.pipeline.sign(replay, body),
      world.pipeline.sign(replay, body),
      world.pipeline.sign(question, body),
    ]);
    expect([first, second]).toMatchObject([
      { outcome: 'refused', code: 'ERR_REQUEST_NONCE_USED' },
      { outcome: 'refused', code: 'ERR_REQUEST_NONCE_USED' },
    ]);
    expect(asked.outcome).toBe('signed');
    const outcomes = entriesOf(world.ledger).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['deny', 'deny', 'allow']);
    expect(await world.pipeline.sign(question, body)).toMatchObject({
      code: 'ERR_REQUEST_NONCE_USED',
    });
  });

  it('leaves nothing of the request in the log but the digest of its body', async () => {
    const world = createWorld();
    const body = transferBody({ context: { reason: 'seed words of somebody' } });
    const { question } = signQuestion({ body });
    await world.pipeline.sign({ ...question, refusal }, body);
    const text = Buffer.from(world.ledger.entry(0) ?? []).toString('utf8');
    expect(text).not.toContain('somebody');
    expect(text).not.toContain('acc0');
    expect(text).toContain(createHash('sha256').update(body).digest('hex'));
  });

  it('counts although the policy would allow', async () => {
    const world = createWorld();
    const { question, body } = signQuestion();
    await world.pipeline.sign({ ...question, refusal: { code: 'ERR_RATE_LIMITED' } }, body);
    expect(world.happened).not.toContain('key used');
  });
});

describe('a signature that does not verify', () => {
  const lying = { verify: () => false } as const;

  it('is withheld', async () => {
    const world = createWorld(lying);
    const answer = await sign(world);
    expect(answer).toEqual({
      outcome: 'refused',
      id: 1,
      receipt: expect.stringMatching(/^0-[0-9a-f]{16}$/),
      code: 'ERR_SIGNATURE_CHECK_FAILED',
      details: {},
    });
    expect(world.happened.at(-1)).toBe('signature checked');
    expect(world.happened).not.toContain('verified');
  });

  it('leaves a second entry that says so about the first', async () => {
    const world = createWorld(lying);
    await sign(world, { requestId: 'rent-8' });
    expect(entriesOf(world.ledger)).toMatchObject([
      { type: 'decision', outcome: 'allow' },
      { type: 'outcome', decidedAt: 0, requestId: 'rent-8', code: 'ERR_SIGNATURE_CHECK_FAILED' },
    ]);
  });

  it('is one by another key', async () => {
    const world = createWorld({ sign: (_, hash) => signHash(hash, new Secret(0xbadn)) });
    expect(await sign(world)).toMatchObject({ code: 'ERR_SIGNATURE_CHECK_FAILED' });
  });

  it('is one over another hash', async () => {
    const key = new Secret(0x5ec4e7n);
    const world = createWorld({ sign: (_, hash) => signHash(hash ^ 1n, key) });
    expect(await sign(world)).toMatchObject({ code: 'ERR_SIGNATURE_CHECK_FAILED' });
  });

  it('is withheld although nothing more can be written', async () => {
    const world = createWorld({ ...lying, ledgerParts: () => ({ append: STORE_DOWN }) });
    expect(await sign(world)).toMatchObject({ code: 'ERR_SIGNATURE_CHECK_FAILED' });
    expect(world.ledger.size()).toBe(1);
  });
});

describe('a key that fails', () => {
  it('is noted, and its text is not told', async () => {
    const world = createWorld({
      sign: () => {
        throw new Error('0x5ec4e7');
      },
    });
    const answer = await sign(world);
    expect(answer).toMatchObject({ outcome: 'refused', code: 'ERR_INTERNAL', details: {} });
    expect(entriesOf(world.ledger)[1]).toMatchObject({ type: 'outcome', code: 'ERR_INTERNAL' });
  });
});

describe('a reload', () => {
  it('counts for the requests after it', async () => {
    const world = createWorld();
    const policy = policySettings({ chains: ['0x1'] });
    world.pipeline.configure(configFrom(signerSettings({ policy }), world.happened));
    expect(await sign(world)).toMatchObject({ code: 'ERR_POLICY_CHAIN_DENIED' });
  });

  it('does not touch a request under way', async () => {
    const world = createWorld();
    const answer = sign(world);
    const settings = signerSettings({
      keys: [{ keyId: 'default', source: 'inline', privateKey: '0x07e4' }],
      clients: [],
    });
    world.pipeline.configure(configFrom(settings, world.happened));
    expect(signedOf(await answer).signed.publicKey).toBe(toHex(PUBLIC_KEY));
  });

  it('takes away the secrets of a client', async () => {
    const world = createWorld();
    world.pipeline.configure(configFrom(signerSettings({ clients: [] }), world.happened));
    expect(await sign(world)).toMatchObject({ code: 'ERR_AUTH_SIGNATURE_INVALID' });
  });
});

it('never writes the code of a request or a nonce into the log', async () => {
  const world = createWorld();
  const { request, body } = signedRequest({ requestNonce: 'nonce-to-search-for' });
  await world.pipeline.sign({ op: 'sign', id: 1, request }, body);
  const text = Buffer.from(world.ledger.entry(0) ?? []).toString('utf8');
  expect(text).not.toContain(request.signature);
  expect(text).not.toContain('nonce-to-search-for');
});
