import { randomBytes } from 'node:crypto';
import { computeRequestMac, LIMITS, Secret, type SignerAnswer } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  createEdgeWorld,
  type EdgeWorld,
  type EdgeWorldOptions,
  obliging,
} from '../../test/edge-world.ts';
import { AGENT, MAX_SKEW_MS, NOW_MS } from '../../test/settings.ts';

const OPERATOR = { operatorId: 'ops', secret: 'operator-secret-0123456789' };
const FREEZE = { method: 'POST', path: '/v1/freeze', body: '{"scope":"all"}' } as const;
const RECEIPT = '7-0123456789abcdef';

const FROZEN: SignerAnswer = {
  outcome: 'frozen',
  id: 1,
  scope: 'all',
  sinceMs: NOW_MS,
  receipt: RECEIPT,
};

function newWorld(options: EdgeWorldOptions = {}): EdgeWorld {
  const { settings, ...rest } = options;
  return createEdgeWorld({
    settings: {
      operators: [{ operatorId: OPERATOR.operatorId, secrets: [OPERATOR.secret, 'next-secret'] }],
      ...settings,
    },
    signer: (question) => {
      if (question.op === 'freeze') return FROZEN;
      const body = Buffer.from('{"freezes":[]}', 'utf8');
      if (question.op === 'freezes') return { answer: { outcome: 'document', id: 1 }, body };
      return obliging(question);
    },
    ...rest,
  });
}

interface Wish extends Call {
  readonly secret?: string;
  readonly operatorId?: string;
}

/** Asks as an operator, with parts replaced after signing. */
function ask(world: EdgeWorld, wish: Wish = {}): Promise<Answer> {
  const { method, path, body } = { ...FREEZE, ...wish };
  const timestamp = String(wish.timestampMs ?? NOW_MS);
  const requestNonce = wish.requestNonce ?? randomBytes(16).toString('hex');
  const signature = computeRequestMac(new Secret(wish.secret ?? OPERATOR.secret), {
    timestamp,
    requestNonce,
    method,
    target: path,
    body: Buffer.from(body, 'utf8'),
  });
  return world.call({
    method,
    path,
    body,
    anonymous: true,
    ...(wish.sentBody === undefined ? {} : { sentBody: wish.sentBody }),
    headers: {
      'x-countersign-operator': wish.operatorId ?? OPERATOR.operatorId,
      'x-keyring-timestamp': timestamp,
      'x-keyring-nonce': requestNonce,
      'x-keyring-signature': signature,
      ...wish.headers,
    },
  });
}

const codeOf = (answer: Answer): unknown => answer.headers['x-countersign-code'];

describe('a request of an operator is refused', () => {
  const cases: readonly (readonly [string, Wish, string])[] = [
    ['without a name', { headers: { 'x-countersign-operator': undefined } }, 'HEADER_MISSING'],
    ['with an empty name', { headers: { 'x-countersign-operator': ' ' } }, 'HEADER_MISSING'],
    ['without a time', { headers: { 'x-keyring-timestamp': undefined } }, 'HEADER_MISSING'],
    ['without a signature', { headers: { 'x-keyring-signature': undefined } }, 'HEADER_MISSING'],
    ['of an unknown operator', { operatorId: 'nobody' }, 'SIGNATURE_INVALID'],
    ['with the secret of a client', { secret: AGENT.secret }, 'SIGNATURE_INVALID'],
    ['in the name of a client', { operatorId: AGENT.clientId }, 'SIGNATURE_INVALID'],
    [
      'in the name of a client, with its secret',
      { operatorId: AGENT.clientId, secret: AGENT.secret },
      'SIGNATURE_INVALID',
    ],
    ['with another body', { sentBody: '{"scope":"key:default"}' }, 'SIGNATURE_INVALID'],
    ['from long ago', { timestampMs: NOW_MS - MAX_SKEW_MS - 1 }, 'TIMESTAMP_SKEW'],
    ['with a full stop in its nonce', { requestNonce: 'a.b' }, 'NONCE_MALFORMED'],
  ];

  it.each(cases)('%s', async (_name, wish, code) => {
    const world = newWorld();
    expect(codeOf(await ask(world, wish))).toBe(`ERR_AUTH_${code}`);
    expect(world.asked).toEqual([]);
  });

  it('that names a client too', async () => {
    const world = newWorld();
    const answer = await ask(world, { headers: { 'x-keyring-client-id': AGENT.clientId } });
    expect(codeOf(answer)).toBe('ERR_REQUEST_INVALID');
    expect(world.asked).toEqual([]);
  });

  it.each(['superset', 'strict', 'legacy'] as const)(
    'alike for a stranger and a wrong secret, in %s',
    async (profile) => {
      const world = newWorld({ settings: { profile } });
      const [stranger, wrong] = [
        await ask(world, { operatorId: 'nobody' }),
        await ask(world, { secret: 'wrong' }),
      ];
      const { requestId: _one, ...first } = stranger.json;
      const { requestId: _two, ...second } = wrong.json;
      expect([stranger.status, first]).toEqual([wrong.status, second]);
    },
  );

  it('with what the signer says', async () => {
    const signer = (): SignerAnswer => ({
      outcome: 'refused',
      id: 1,
      code: 'ERR_REQUEST_INVALID',
      details: { field: 'scope', expected: 'a configured client or key' },
    });
    const answer = await ask(newWorld({ signer }));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'ERR_REQUEST_INVALID']);
  });
});

it('does not exist where there are no operators', async () => {
  const world = createEdgeWorld();
  expect(codeOf(await world.call({ ...FREEZE }))).toBe('ERR_NOT_FOUND');
  expect(codeOf(await ask(world))).toBe('ERR_AUTH_HEADER_MISSING');
});

it("an operator's secret signs nothing", async () => {
  const world = newWorld();
  const client = { clientId: OPERATOR.operatorId, secret: OPERATOR.secret };
  expect(codeOf(await world.sign({}, { client }))).toBe('ERR_AUTH_CLIENT_UNKNOWN');
  const named = { clientId: AGENT.clientId, secret: OPERATOR.secret };
  expect(codeOf(await world.sign({}, { client: named }))).toBe('ERR_AUTH_SIGNATURE_INVALID');
});

describe('a freeze', () => {
  it.each([OPERATOR.secret, 'next-secret'])('reaches the signer as it was sent', async (secret) => {
    const world = newWorld();
    const answer = await ask(world, { secret, requestNonce: 'once' });
    expect([answer.status, answer.json]).toEqual([
      200,
      { scope: 'all', since: new Date(NOW_MS).toISOString(), receipt: RECEIPT },
    ]);
    expect(answer.headers['x-countersign-receipt']).toBe(RECEIPT);
    const [asked] = world.asked;
    expect(asked?.question).toMatchObject({
      op: 'freeze',
      request: {
        operatorId: 'ops',
        requestNonce: 'once',
        timestamp: String(NOW_MS),
        method: 'POST',
        target: '/v1/freeze',
      },
    });
    expect(Buffer.from(asked?.body ?? []).toString('utf8')).toBe(FREEZE.body);
    expect(world.events).toContainEqual({
      event: 'operator.frozen',
      details: { operatorId: 'ops', scope: 'all' },
    });
  });

  it('never says its reason anywhere', async () => {
    const world = newWorld();
    await ask(world, { body: '{"scope":"all","reason":"the-reason"}' });
    expect(JSON.stringify(world.events)).not.toContain('the-reason');
  });

  it('has a place when all others are taken', async () => {
    const world = newWorld({ settings: { maxInFlight: 1 } });
    expect(world.deps.beginRequest().admitted).toBe(true);
    expect(codeOf(await world.sign())).toBe('ERR_OVERLOADED');
    expect((await ask(world)).status).toBe(200);
  });

  it('is not limited by failures from the same address, or by its own number', async () => {
    const world = newWorld({
      settings: { rateLimit: { store: 'memory', windowMs: 60_000, maxRequests: 1 } },
    });
    for (let i = 0; i < 300; i++) await ask(world, { secret: 'wrong' });
    expect(codeOf(await ask(world, { secret: 'wrong' }))).toBe('ERR_ADDRESS_RATE_LIMITED');
    for (let i = 0; i < 5; i++) expect((await ask(world)).status).toBe(200);
    expect((await world.sign()).status).toBe(200);
  });

  it('is not answered before the signatures that came before it have left', async () => {
    const world = newWorld();
    const gate = Promise.withResolvers<void>();
    const releases = { begin: () => undefined, settled: () => gate.promise };
    const held = newWorld({ deps: { releases } });
    let answered = false;
    const answer = ask(held).then((value) => {
      answered = true;
      return value;
    });
    await ask(world);
    expect(answered).toBe(false);
    gate.resolve();
    expect((await answer).status).toBe(200);
  });

  it('refuses a body nobody could mean', async () => {
    const body = 'x'.repeat(LIMITS.bodyBytes + 1);
    expect(codeOf(await ask(newWorld(), { body }))).toBe('ERR_BODY_TOO_LARGE');
  });
});

it('lists what is frozen', async () => {
  const answer = await ask(newWorld(), { method: 'GET', path: '/v1/freezes', body: '' });
  expect([answer.status, answer.json]).toEqual([200, { freezes: [] }]);
});

it('tells the releases of every signature', async () => {
  const begun: unknown[] = [];
  const releases = {
    begin: (outgoing: unknown) => void begun.push(outgoing),
    settled: () => Promise.resolve(),
  };
  const world = newWorld({ deps: { releases } });
  await world.sign();
  expect(begun).toHaveLength(1);
});
