import type { PreflightResult } from '@countersign/custody';
import { BoundaryError, WIRE_PROFILES } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  createEdgeWorld,
  type EdgeWorld,
  obliging,
  SIGN_PATH,
  SIGNED,
  STATUS,
} from '../test/edge-world.ts';
import { AGENT, OTHER } from '../test/settings.ts';
import { SECURITY_HEADERS } from './http/reply.ts';

const GONE = (): never => {
  throw new BoundaryError('ERR_SIGNER_UNAVAILABLE');
};

async function metricsOf(world: EdgeWorld): Promise<string> {
  return (await world.call({ path: '/metrics', anonymous: true })).text;
}

describe('the open routes', () => {
  it.each(['/health', '/Health/', '/health?x=1'])(
    '%s says that the server answers',
    async (path) => {
      const { status, text } = await createEdgeWorld().call({ path, anonymous: true });
      expect([status, text]).toEqual([200, '{"ok":true}']);
    },
  );

  it('answer without a signer', async () => {
    const world = createEdgeWorld({ signer: GONE });
    for (const path of ['/health', '/metrics', '/openapi.json']) {
      expect((await world.call({ path, anonymous: true })).status).toBe(200);
    }
    expect(world.asked).toEqual([]);
  });

  it('answer HEAD too', async () => {
    const world = createEdgeWorld();
    expect((await world.call({ method: 'HEAD', path: '/health', anonymous: true })).status).toBe(
      200,
    );
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('are closed to %s', async (method) => {
    const { status, json } = await createEdgeWorld().call({
      method,
      path: '/health',
      anonymous: true,
    });
    expect([status, json.error]).toEqual([401, 'missing authentication headers']);
  });

  it('name neither clients nor keys', async () => {
    const world = createEdgeWorld();
    await world.sign();
    for (const path of ['/health', '/health/ready', '/metrics', '/openapi.json']) {
      const { text } = await world.call({ path, anonymous: true });
      expect(text).not.toContain(AGENT.clientId);
      expect(text).not.toContain(AGENT.secret);
    }
  });
});

describe('readiness', () => {
  it('is what the signer says', async () => {
    const world = createEdgeWorld();
    const { status, json } = await world.call({ path: '/health/ready', anonymous: true });
    const { policyHash, hashBackend, logSize, keys } = STATUS;
    expect([status, json]).toEqual([200, { ready: true, policyHash, hashBackend, logSize, keys }]);
    expect(world.asked.map(({ question }) => question)).toEqual([{ op: 'status' }]);
  });

  it('is missing, by code, when the signer could not write', async () => {
    const world = createEdgeWorld({
      signer: () => ({ ...STATUS, ready: false, code: 'ERR_CLOCK_BEHIND' }),
    });
    const answer = await world.call({ path: '/health/ready', anonymous: true });
    expect(answer.status).toBe(503);
    expect(answer.headers['x-countersign-code']).toBe('ERR_CLOCK_BEHIND');
  });

  it('is missing when the signer does not say why', async () => {
    const world = createEdgeWorld({ signer: () => ({ ...STATUS, ready: false }) });
    const answer = await world.call({ path: '/health/ready', anonymous: true });
    expect(answer.headers['x-countersign-code']).toBe('ERR_STORE_UNAVAILABLE');
  });

  it('is missing when a shared store is down', async () => {
    const world = createEdgeWorld({
      deps: { storeFault: () => 'ERR_RATE_STORE_UNAVAILABLE' },
    });
    const answer = await world.call({ path: '/health/ready', anonymous: true });
    expect(answer.headers['x-countersign-code']).toBe('ERR_RATE_STORE_UNAVAILABLE');
  });

  it.each([
    ['is gone', GONE],
    ['answers something else', () => SIGNED],
  ])('is missing when the signer %s', async (_, signer) => {
    const world = createEdgeWorld({ signer });
    const answer = await world.call({ path: '/health/ready', anonymous: true });
    expect(answer.status).toBe(503);
    expect(answer.headers['x-countersign-code']).toBe('ERR_SIGNER_UNAVAILABLE');
  });
});

describe('the preflight of the bridge', () => {
  const path = '/health/dfns-preflight';

  function bridgeThat(result: PreflightResult): EdgeWorld {
    return createEdgeWorld({
      bridge: {
        sign: () => Promise.reject(new Error('asked to sign')),
        preflight: () => Promise.resolve(result),
        close: () => undefined,
      },
    });
  }

  it('is not there without a bridge', async () => {
    const { status, text } = await createEdgeWorld().call({ path, anonymous: true });
    expect([status, text]).toEqual([404, '{"error":"dfns signer provider is not enabled"}']);
  });

  it.each([
    [200, { ok: true, reachable: true, endpointUrl: 'https://bridge', statusCode: 401 }],
    [503, { ok: false, reachable: false, endpointUrl: 'https://bridge', error: 'timeout' }],
  ])('is %i with what it found', async (status, result) => {
    const answer = await bridgeThat(result).call({ path, anonymous: true });
    expect([answer.status, answer.json]).toEqual([status, result]);
  });
});

describe('a browser', () => {
  it.each(['/health', '/', SIGN_PATH])('is refused at %s, whatever it knows', async (path) => {
    const world = createEdgeWorld();
    const answer = await world.call({ path, headers: { origin: 'https://app.example' } });
    expect(answer).toMatchObject({
      status: 403,
      json: { error: 'browser origins are not allowed' },
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(world.asked).toEqual([]);
    expect(world.events[0]?.event).toBe('cors.origin_rejected');
  });
});

describe('a path that is not there', () => {
  it('is hidden from whoever cannot authenticate', async () => {
    const world = createEdgeWorld();
    expect(await world.call({ path: '/v1/secret-route', anonymous: true })).toMatchObject({
      status: 401,
    });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/v1/secret-route'],
    ['GET', SIGN_PATH],
    ['PUT', SIGN_PATH],
    ['POST', '/v1/receipts/1'],
    ['GET', '/v1/receipts/x'],
    ['GET', '/v1/receipts/1-0123'],
    ['GET', '/v1/receipts/12345678901234567'],
  ])('%s %s is not found, once authenticated', async (method, path) => {
    const answer = await createEdgeWorld().call({ method, path });
    expect(answer).toMatchObject({ status: 404, json: { error: 'not found' } });
  });
});

describe('every answer', () => {
  it.each(WIRE_PROFILES)('has security headers and a request id in %s', async (profile) => {
    const world = createEdgeWorld({ settings: { profile } });
    const answers = [
      await world.call({ path: '/health', anonymous: true }),
      await world.call({ path: '/nowhere', anonymous: true }),
      await world.sign(),
      await world.sign({ validUntil: 'soon' }),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject(SECURITY_HEADERS);
      expect(headers['x-request-id']).toMatch(/^[\x21-\x7e]+$/);
    }
  });

  it('repeats the id the caller gave in a header', async () => {
    const { headers } = await createEdgeWorld().call({ headers: { 'x-request-id': 'trace 7' } });
    expect(headers['x-caller-request-id']).toBe('trace 7');
  });

  it('says nothing of an unexpected fault', async () => {
    const signer = (): never => {
      throw new TypeError('secret text of a library');
    };
    const world = createEdgeWorld({ signer });
    const answer = await world.sign();
    expect(answer).toMatchObject({
      status: 500,
      json: { error: 'internal error', code: 'ERR_INTERNAL' },
    });
    expect(answer.text + JSON.stringify(world.events)).not.toContain('library');
  });
});

describe('while the server stops', () => {
  it('nothing but a refusal is answered, and connections end', async () => {
    const world = createEdgeWorld({ deps: { isStopping: () => true } });
    for (const path of ['/health', SIGN_PATH]) {
      const answer = await world.call({ path });
      expect(answer).toMatchObject({ status: 503, json: { error: 'server is stopping' } });
      expect(answer.headers.connection).toBe('close');
    }
    expect(world.asked).toEqual([]);
  });
});

describe('requests under way', () => {
  it('are bounded, and the place is free again afterwards', async () => {
    const open = Promise.withResolvers<void>();
    const world = createEdgeWorld({ settings: { maxInFlight: 1 } });
    const slow = createEdgeWorld({
      deps: { beginRequest: world.deps.beginRequest, storeFault: () => undefined },
      signer: obliging,
    });
    const signer = slow.deps.signer;
    const ask = signer.ask.bind(signer);
    Object.assign(signer, {
      ask: async (...given: Parameters<typeof ask>) => {
        await open.promise;
        return ask(...given);
      },
    });
    const first = slow.sign();
    await new Promise(setImmediate);
    const second = await world.call({ path: '/health', anonymous: true });
    expect(second).toMatchObject({ status: 503, json: { code: 'ERR_OVERLOADED' } });
    open.resolve();
    expect((await first).status).toBe(200);
    expect((await world.call({ path: '/health', anonymous: true })).status).toBe(200);
  });

  it('give their place back when they fail', async () => {
    const world = createEdgeWorld({ settings: { maxInFlight: 1 }, signer: GONE });
    for (let i = 0; i < 3; i++) {
      expect((await world.sign()).headers['x-countersign-code']).toBe('ERR_SIGNER_UNAVAILABLE');
    }
  });
});

describe('metrics', () => {
  it('count by route, status and code', async () => {
    const world = createEdgeWorld();
    await world.call({ path: '/health', anonymous: true });
    await world.sign();
    await world.call({ path: '/v1/receipts/7', anonymous: true });
    const text = await metricsOf(world);
    for (const labels of [
      'route="/health",status="200",code="ok"',
      `route="${SIGN_PATH}",status="200",code="ok"`,
      'route="/v1/receipts/{id}",status="401",code="ERR_AUTH_HEADER_MISSING"',
    ]) {
      expect(text).toContain(`countersign_requests_total{${labels}} 1`);
    }
  });

  it('have one name for all paths nobody has heard of', async () => {
    const world = createEdgeWorld();
    for (const path of ['/a', '/b?c', '/../etc/passwd', '/v1/sign', '/v1/receipts', '/__proto__']) {
      await world.call({ path });
    }
    const text = await metricsOf(world);
    expect(text).toContain('{route="other",status="404",code="ERR_NOT_FOUND"} 6');
    expect(text).not.toContain('passwd');
  });

  it('have no label that names a client, an account or a key', async () => {
    const world = createEdgeWorld();
    await world.sign({ keyId: 'trading-key', accountAddress: '0xacc0217' });
    await world.sign({}, { client: OTHER });
    await world.sign({}, { client: { clientId: 'stranger-1', secret: 'x' } });
    const text = await metricsOf(world);
    for (const name of [AGENT.clientId, OTHER.clientId, 'stranger-1', 'trading-key', 'acc0217']) {
      expect(text).not.toContain(name);
    }
  });

  it('do not tell unknown clients from wrong codes in strict', async () => {
    const world = createEdgeWorld({ settings: { profile: 'strict' } });
    const unknown = await world.sign({}, { client: { clientId: 'stranger', secret: 'x' } });
    const wrong = await world.sign({}, { client: { ...AGENT, secret: 'x' } });
    const { requestId: _one, ...told } = unknown.json;
    const { requestId: _two, ...same } = wrong.json;
    expect([unknown.status, told]).toEqual([wrong.status, same]);
    expect(unknown.headers['x-countersign-code']).toBe(wrong.headers['x-countersign-code']);
    const text = await metricsOf(world);
    expect(text).not.toContain('ERR_AUTH_CLIENT_UNKNOWN');
    expect(text).toContain('code="ERR_AUTH_SIGNATURE_INVALID"} 2');
  });

  it('tell them apart in the event log, which is the operator’s', async () => {
    const world = createEdgeWorld({ settings: { profile: 'strict' } });
    await world.sign({}, { client: { clientId: 'stranger', secret: 'x' } });
    expect(world.events).toMatchObject([
      { event: 'auth.refused', details: { code: 'ERR_AUTH_CLIENT_UNKNOWN' } },
    ]);
  });
});

describe('the event of a refusal', () => {
  const events: readonly [string, string, () => Promise<EdgeWorld>][] = [
    [
      'auth.refused',
      'a wrong code',
      () => after((world) => world.sign({}, { client: { ...AGENT, secret: 'x' } })),
    ],
    [
      'sign.session_transaction.signer_unavailable',
      'a signer that is gone',
      () => after((world) => world.sign(), createEdgeWorld({ signer: GONE })),
    ],
    [
      'sign.session_transaction.policy_denied',
      'a denial',
      () => after((world) => world.sign(), denying()),
    ],
    ['request.refused', 'a wrong path', () => after((world) => world.call({ path: '/nowhere' }))],
    [
      'sign.session_transaction.error',
      'a fault',
      () =>
        after(
          (world) => world.sign(),
          createEdgeWorld({
            signer: () => {
              throw new Error('x');
            },
          }),
        ),
    ],
  ];

  async function after(
    act: (world: EdgeWorld) => Promise<unknown>,
    world = createEdgeWorld(),
  ): Promise<EdgeWorld> {
    await act(world);
    return world;
  }

  function denying(): EdgeWorld {
    return createEdgeWorld({
      signer: () => ({
        outcome: 'refused',
        id: 1,
        code: 'ERR_POLICY_SELF_CALL',
        details: { rule: 'call.self' },
      }),
    });
  }

  it.each(events)('is %s for %s', async (event, _, make) => {
    expect((await make()).events.at(-1)?.event).toBe(event);
  });
});
