import type { SignerAnswer } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  createEdgeWorld,
  type EdgeWorld,
  type EdgeWorldOptions,
  obliging,
  type Question,
} from '../../test/edge-world.ts';
import { AGENT } from '../../test/settings.ts';

const ID = '3uHt0yK1sVw6mO9xQeZb2A';
const ANSWERS = `/v1/intents/${ID}/answers`;
const BODY = '{"approver":"alice","answer":"approve","signature":"AA"}';
const VIEW = { intentId: ID, status: 'pending' };

const APPROVER = {
  'x-countersign-approver': 'alice',
  'x-countersign-timestamp': '17',
  'x-countersign-signature': 'AA',
};

const viewed = (question: Question): ReturnType<NonNullable<EdgeWorldOptions['signer']>> => {
  const ops: readonly string[] = ['answer', 'intents', 'intent'];
  if (!ops.includes(question.op)) return obliging(question);
  const body = Buffer.from(JSON.stringify(VIEW), 'utf8');
  return { answer: { outcome: 'document', id: 1 }, body };
};

function newWorld(options: EdgeWorldOptions = {}): EdgeWorld {
  const { settings, ...rest } = options;
  return createEdgeWorld({ settings: { approvals: true, ...settings }, signer: viewed, ...rest });
}

const codeOf = (answer: Answer): unknown => answer.headers['x-countersign-code'];

const answer = (world: EdgeWorld, call: Call = {}): Promise<Answer> =>
  world.call({ method: 'POST', path: ANSWERS, body: BODY, anonymous: true, ...call });

const look = (world: EdgeWorld, call: Call = {}): Promise<Answer> =>
  world.call({ path: '/v1/intents?status=pending', anonymous: true, headers: APPROVER, ...call });

const refusing = (code: 'ERR_APPROVAL_INVALID' | 'ERR_INTENT_NOT_FOUND') => (): SignerAnswer => ({
  outcome: 'refused',
  id: 1,
  code,
  details: {},
});

describe('an answer', () => {
  it('reaches the signer as it was sent, with the id in its own capitals', async () => {
    const world = newWorld();
    expect((await answer(world)).json).toEqual(VIEW);
    const [asked] = world.asked;
    expect(asked?.question).toEqual({ op: 'answer', intentId: ID });
    expect(Buffer.from(asked?.body ?? []).toString('utf8')).toBe(BODY);
  });

  it('needs no client, and is none the better for one', async () => {
    const world = newWorld();
    await answer(world, { anonymous: false, client: AGENT });
    expect(world.asked[0]?.question).toEqual({ op: 'answer', intentId: ID });
  });

  it.each([
    ['ERR_APPROVAL_INVALID', 401],
    ['ERR_INTENT_NOT_FOUND', 404],
  ] as const)('is refused with %s as the signer says', async (code, status) => {
    const refused = await answer(newWorld({ signer: refusing(code) }));
    expect([refused.status, codeOf(refused)]).toEqual([status, code]);
  });

  it('that is not declared as JSON is not looked at', async () => {
    const world = newWorld();
    const refused = await answer(world, { headers: { 'content-type': 'text/plain' } });
    expect(codeOf(refused)).toBe('ERR_CONTENT_TYPE_UNSUPPORTED');
    expect(world.asked).toEqual([]);
  });

  it('costs whoever guesses like a failed authentication', async () => {
    const world = newWorld({ signer: refusing('ERR_APPROVAL_INVALID') });
    for (let i = 0; i < 100; i++) await answer(world);
    expect(codeOf(await answer(world))).toBe('ERR_ADDRESS_RATE_LIMITED');
  });
});

describe('a look', () => {
  it('is handed to the signer with what it is signed over', async () => {
    const world = newWorld();
    expect((await look(world)).json).toEqual(VIEW);
    expect(world.asked[0]?.question).toEqual({
      op: 'intents',
      request: {
        approver: 'alice',
        timestamp: '17',
        signature: 'AA',
        method: 'GET',
        target: '/v1/intents?status=pending',
      },
    });
  });

  it.each(['x-countersign-timestamp', 'x-countersign-signature'])('needs %s', async (name) => {
    const world = newWorld();
    const refused = await look(world, { headers: { ...APPROVER, [name]: undefined } });
    expect(codeOf(refused)).toBe('ERR_AUTH_HEADER_MISSING');
    expect(world.asked).toEqual([]);
  });

  it('has headers of a bounded size', async () => {
    const headers = { ...APPROVER, 'x-countersign-approver': 'x'.repeat(257) };
    expect(codeOf(await look(newWorld(), { headers }))).toBe('ERR_AUTH_HEADER_TOO_LARGE');
  });

  it('without an approver is a client’s, and needs its authentication', async () => {
    const world = newWorld();
    expect(codeOf(await look(world, { headers: {} }))).toBe('ERR_AUTH_HEADER_MISSING');
    const path = `/v1/intents/${ID}`;
    expect((await world.call({ path })).json).toEqual(VIEW);
    expect(world.asked[0]?.question).toMatchObject({
      op: 'intent',
      request: { clientId: AGENT.clientId, target: path },
    });
  });
});

it('does not exist where there are no approvers', async () => {
  const world = newWorld({ settings: { approvals: false } });
  expect(codeOf(await answer(world))).toBe('ERR_AUTH_HEADER_MISSING');
  expect(codeOf(await look(world))).toBe('ERR_AUTH_HEADER_MISSING');
});

describe('a client', () => {
  const asked: SignerAnswer = {
    outcome: 'asked',
    id: 1,
    receipt: '3-0123456789abcdef',
    intent: JSON.stringify(VIEW),
  };

  it('whose request needs approval gets the intent, and no signature', async () => {
    const answered = await newWorld({ signer: () => asked }).sign();
    expect([answered.status, answered.json]).toEqual([202, VIEW]);
    expect(answered.headers['x-countersign-receipt']).toBe('3-0123456789abcdef');
  });

  it('executes by id, and gets what is signed', async () => {
    const world = newWorld();
    const path = `/v1/intents/${ID}/execute`;
    const executed = await world.call({ method: 'POST', path });
    expect([executed.status, executed.json]).toEqual([
      200,
      expect.objectContaining({ messageHash: '0xe0' }),
    ]);
    expect(world.asked[0]?.question).toMatchObject({ op: 'execute', request: { target: path } });
  });

  it('gets the bridge’s signature over the request the signer kept', async () => {
    const seen: unknown[] = [];
    const request = { accountAddress: '0x1', keyId: 'held' };
    const world = newWorld({
      bridge: {
        sign: async (given: unknown) => {
          seen.push(given);
          return { bytes: new Uint8Array(0) };
        },
      } as never,
      signer: (question) =>
        question.op === 'execute'
          ? {
              outcome: 'custodian',
              id: 1,
              receipt: '3-0123456789abcdef',
              ticket: 't',
              keyId: 'held',
              request: JSON.stringify(request),
            }
          : obliging(question),
    });
    const executed = await world.call({ method: 'POST', path: `/v1/intents/${ID}/execute` });
    expect(executed.status).toBe(200);
    expect(seen).toEqual([{ clientId: AGENT.clientId, request }]);
  });

  it('that waits is answered when something changes', async () => {
    let looks = 0;
    const world = newWorld({
      signer: () => {
        looks += 1;
        const view = { ...VIEW, status: looks < 3 ? 'pending' : 'approved' };
        return {
          answer: { outcome: 'document', id: 1 },
          body: Buffer.from(JSON.stringify(view), 'utf8'),
        };
      },
    });
    const path = `/v1/intents/${ID}`;
    const waited = await world.call({ path, headers: { prefer: 'respond-async, wait=10' } });
    expect([waited.json.status, looks]).toEqual(['approved', 3]);
  });

  it.each(['wait=0', 'wait=x', 'waiting=9', ''])(
    'that prefers %j does not wait',
    async (prefer) => {
      const world = newWorld();
      await world.call({ path: `/v1/intents/${ID}`, headers: { prefer } });
      expect(world.asked).toHaveLength(1);
    },
  );

  it('that has waited too long for its own timestamp gets what is known', async () => {
    let looks = 0;
    const world = newWorld({
      signer: (question) => {
        looks += 1;
        if (looks === 1) return viewed(question);
        return { outcome: 'refused', id: 1, code: 'ERR_AUTH_TIMESTAMP_SKEW', details: {} };
      },
    });
    const path = `/v1/intents/${ID}`;
    const waited = await world.call({ path, headers: { prefer: 'wait=10' } });
    expect([waited.status, waited.json]).toEqual([200, VIEW]);
  });
});
