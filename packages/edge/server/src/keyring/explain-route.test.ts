import { BoundaryError, EXPLAIN_PATH, type SignerAnswer } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  type Answer,
  type Call,
  createEdgeWorld,
  type EdgeWorld,
  type EdgeWorldOptions,
  requestBody,
} from '../../test/edge-world.ts';
import { AGENT, NOW_MS } from '../../test/settings.ts';

const DOCUMENT = { outcome: 'allow', fixedRules: [], charges: [] };

/** A signer that explains everything, and must not be asked for anything else. */
const EXPLAINING: EdgeWorldOptions['signer'] = ({ op }) => {
  if (op !== 'explain') throw new BoundaryError('ERR_INTERNAL');
  const body = Buffer.from(JSON.stringify(DOCUMENT), 'utf8');
  return { answer: { outcome: 'document', id: 1 }, body };
};

const worldWith = (options: EdgeWorldOptions = {}): EdgeWorld =>
  createEdgeWorld({ signer: EXPLAINING, ...options });

function explain(world: EdgeWorld, changes: object = {}, call: Call = {}): Promise<Answer> {
  const body = requestBody({ ...changes });
  return world.call({ method: 'POST', path: EXPLAIN_PATH, body, ...call });
}

describe('an explanation is refused, without the signer', () => {
  it.each<readonly [string, object, Call, number, string]>([
    ['to a stranger', {}, { anonymous: true }, 401, 'ERR_AUTH_HEADER_MISSING'],
    [
      'with a wrong secret',
      {},
      { client: { ...AGENT, secret: 'wrong' } },
      401,
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    [
      'for another body',
      {},
      { sentBody: requestBody({ nonce: '0x8' }) },
      401,
      'ERR_AUTH_SIGNATURE_INVALID',
    ],
    ['for a body of another form', { calls: [] }, {}, 400, 'ERR_REQUEST_INVALID'],
    ['with GET', {}, { method: 'GET' }, 404, 'ERR_NOT_FOUND'],
    ['below the path', {}, { path: `${EXPLAIN_PATH}/x` }, 404, 'ERR_NOT_FOUND'],
  ])('%s', async (_, changes, call, status, code) => {
    const world = worldWith();
    const answer = await explain(world, changes, call);
    expect([answer.status, answer.headers['x-countersign-code']]).toEqual([status, code]);
    expect(world.asked).toEqual([]);
  });

  it('when the request nonce was used', async () => {
    const world = worldWith();
    const requestNonce = 'nonce-1';
    expect((await explain(world, {}, { requestNonce })).status).toBe(200);
    const again = await explain(world, {}, { requestNonce });
    expect(again.headers['x-countersign-code']).toBe('ERR_REQUEST_NONCE_USED');
    expect(world.asked).toHaveLength(1);
  });

  it('when it looks like a secret', async () => {
    const world = worldWith({ settings: { leakScan: 'block' } });
    const context = { reason: `private_key=0x${'5ec4e7'.repeat(10)}` };
    const answer = await explain(world, { context });
    expect(answer.headers['x-countersign-code']).toBe('ERR_LEAK_INBOUND');
    expect(world.asked).toEqual([]);
  });

  it('beyond the rate limit, which it shares with signing', async () => {
    const rateLimit = { store: 'memory', windowMs: 60_000, maxRequests: 1 } as const;
    const world = worldWith({ settings: { rateLimit } });
    expect((await explain(world)).headers['x-ratelimit-remaining']).toBe('0');
    expect((await explain(world)).status).toBe(429);
    expect(world.asked).toHaveLength(1);
  });
});

describe('an explanation', () => {
  it('is the document of the signer, who is asked with the request as it came', async () => {
    const world = worldWith();
    const answer = await explain(world, {}, { requestNonce: 'nonce-1' });
    expect([answer.status, answer.json]).toEqual([200, DOCUMENT]);
    expect(answer.headers).not.toHaveProperty('x-countersign-receipt');
    expect(world.asked.map(({ question }) => question)).toEqual([
      {
        op: 'explain',
        request: {
          clientId: AGENT.clientId,
          timestamp: String(NOW_MS),
          requestNonce: 'nonce-1',
          signature: expect.stringMatching(/^[0-9a-f]{64}$/),
          method: 'POST',
          target: EXPLAIN_PATH,
          requestId: expect.any(String),
        },
      },
    ]);
  });

  it.each<readonly [string, SignerAnswer, string]>([
    [
      'refused by the signer',
      { outcome: 'refused', id: 1, code: 'ERR_POLICY_KEY_DENIED', details: {} },
      'ERR_POLICY_KEY_DENIED',
    ],
    [
      'answered with something else',
      { outcome: 'custodian', id: 1, receipt: '0-00', ticket: 't', keyId: 'k' },
      'ERR_INTERNAL',
    ],
  ])('%s is refused', async (_, answer, code) => {
    const { status, headers } = await explain(worldWith({ signer: () => answer }));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers['x-countersign-code']).toBe(code);
  });

  it('that looks like a secret is withheld', async () => {
    const leaky = { scan: (text: string) => (text.includes('fixedRules') ? ['pem'] : []) };
    const world = worldWith({ settings: { leakScan: 'block' }, deps: { leakScanner: leaky } });
    const answer = await explain(world);
    expect(answer.json.code).toBe('ERR_LEAK_OUTBOUND');
    expect(answer.text).not.toContain('fixedRules');
  });
});
