import type { BridgeAnswer, DfnsClient } from '@countersign/custody';
import { BoundaryError, LIMITS, type SignerAnswer } from '@countersign/protocol';
import { formatReceipt, parseTlogProof } from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import {
  type Asked,
  createEdgeWorld,
  type EdgeWorld,
  obliging,
  type Question,
  requestBody,
  SIGN_PATH,
  SIGNED,
} from '../../test/edge-world.ts';
import { AGENT, edgeSettings, NOW_MS } from '../../test/settings.ts';

const LEAK = { context: { reason: `private_key=0x${'5ec4e7'.repeat(10)}` } };

function refusalIn({ question }: Asked): unknown {
  return question.op === 'sign' ? question.refusal : undefined;
}

/** A signer that refuses in this way. */
function refusing(
  answer: Partial<Extract<SignerAnswer, { outcome: 'refused' }>>,
): () => SignerAnswer {
  return () => ({
    outcome: 'refused',
    id: 1,
    code: 'ERR_POLICY_SELF_CALL',
    details: {},
    ...answer,
  });
}

describe('a sign request', () => {
  it('is handed to the signer as it came, with its bytes', async () => {
    const world = createEdgeWorld();
    const body = requestBody();
    const path = `${SIGN_PATH}?a=%20`;
    await world.call({ method: 'POST', path, body, requestNonce: 'nonce-1' });
    expect(world.asked).toHaveLength(1);
    expect(world.asked[0]?.question).toEqual({
      op: 'sign',
      request: {
        clientId: AGENT.clientId,
        timestamp: String(NOW_MS),
        requestNonce: 'nonce-1',
        signature: expect.stringMatching(/^[0-9a-f]{64}$/),
        method: 'POST',
        target: path,
        requestId: expect.any(String),
      },
    });
    expect(Buffer.from(world.asked[0]?.body ?? []).toString('utf8')).toBe(body);
  });

  it('is answered with the signature and names its entry in the log', async () => {
    const answer = await createEdgeWorld().sign();
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      messageHash: SIGNED.signed.messageHash,
      signature: SIGNED.signed.signature,
      audit: { keyId: 'default' },
    });
    expect(answer.headers).toMatchObject({
      'x-countersign-receipt': SIGNED.receipt,
      'x-countersign-message-kind': 'invoke-v2',
      'x-request-id': String(answer.json.requestId),
    });
    expect(answer.headers).not.toHaveProperty('x-countersign-code');
  });

  it('finds its path in any case, with a slash behind it', async () => {
    const path = '/V1/SIGN/Session-Transaction/';
    expect((await createEdgeWorld().sign({}, { path })).status).toBe(200);
  });

  it('is written into the event log without numbers of the message it must not hold', async () => {
    const world = createEdgeWorld();
    await world.sign({ context: { tool: 'transfer', reason: 'a private reason' } });
    expect(world.events).toEqual([
      {
        event: 'sign.session_transaction.success',
        details: expect.objectContaining({ accountAddress: '0x0ACC', calls: 1, tool: 'transfer' }),
      },
    ]);
    expect(JSON.stringify(world.events)).not.toContain('private reason');
  });
});

describe('the request id', () => {
  it('of the caller is repeated in body, header and question', async () => {
    const world = createEdgeWorld();
    const { json, headers } = await world.sign({
      context: { requestId: 'kr-1', traceId: 'trace-1' },
    });
    expect([json.requestId, headers['x-request-id']]).toEqual(['kr-1', 'kr-1']);
    expect(json.audit).toMatchObject({ traceId: 'trace-1' });
    expect(world.asked[0]?.question).toMatchObject({ request: { requestId: 'kr-1' } });
  });

  it('that does not fit a header is repeated in the body only', async () => {
    const world = createEdgeWorld();
    const { json, headers } = await world.sign({ context: { requestId: 'two words' } });
    expect(json.requestId).toBe('two words');
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(world.asked[0]?.question).toMatchObject({
      request: { requestId: headers['x-request-id'] },
    });
  });

  it('is the server’s own in legacy', async () => {
    const world = createEdgeWorld({ settings: { profile: 'legacy' } });
    const { json, headers } = await world.sign({ context: { requestId: 'kr-1' } });
    expect(json.requestId).toBe(headers['x-request-id']);
    expect(json.requestId).not.toBe('kr-1');
  });
});

describe('a refusal by the edge', () => {
  const refusals: readonly [string, (world: EdgeWorld) => Promise<unknown>, string][] = [
    ['no JSON object', (world) => world.sign({}, { body: '7' }), 'ERR_BODY_MALFORMED'],
    ['another schema', (world) => world.sign({ calls: [] }), 'ERR_REQUEST_INVALID'],
    [
      'a felt out of range',
      (world) => world.sign({ nonce: `0x${'f'.repeat(64)}` }),
      'ERR_FELT_OUT_OF_RANGE',
    ],
    [
      'another content type',
      (world) => world.sign({}, { headers: { 'content-type': 'text/plain' } }),
      'ERR_CONTENT_TYPE_UNSUPPORTED',
    ],
  ];

  it.each(refusals)('for %s is written down by the signer', async (_, act, code) => {
    const world = createEdgeWorld({ settings: { profile: 'strict' } });
    await act(world);
    expect(world.asked.map(refusalIn)).toEqual([{ code }]);
  });

  it('that comes before authentication reaches nobody', async () => {
    const world = createEdgeWorld();
    const answer = await world.sign({}, { body: '{' });
    expect(answer.json.code).toBe('ERR_BODY_MALFORMED');
    expect(world.asked).toEqual([]);
  });

  it('names the entry it left in the log', async () => {
    const { headers, status } = await createEdgeWorld().sign({ calls: [] });
    expect([status, headers['x-countersign-receipt']]).toEqual([400, SIGNED.receipt]);
  });

  it('counts although the signer would have signed', async () => {
    const world = createEdgeWorld({ signer: () => SIGNED });
    expect((await world.sign({ calls: [] })).status).toBe(400);
  });

  it.each(['ERR_REQUEST_NONCE_USED', 'ERR_STORE_UNAVAILABLE', 'ERR_CLOCK_BEHIND'] as const)(
    'gives way to %s from the signer',
    async (code) => {
      const world = createEdgeWorld({ signer: refusing({ code }) });
      expect((await world.sign({ calls: [] })).headers['x-countersign-code']).toBe(code);
    },
  );

  it('is not told when nobody wrote it down', async () => {
    const signer = (): never => {
      throw new BoundaryError('ERR_SIGNER_UNAVAILABLE');
    };
    expect((await createEdgeWorld({ signer }).sign({ calls: [] })).status).toBe(503);
  });
});

describe('a refusal by the signer', () => {
  it('is told with what the request said', async () => {
    const details = { rule: 'call.denied-selector', call: 0 };
    const signer = refusing({
      code: 'ERR_POLICY_SELECTOR_DENIED',
      details,
      receipt: SIGNED.receipt,
    });
    const answer = await createEdgeWorld({ signer }).sign();
    expect(answer).toMatchObject({
      status: 422,
      json: { error: 'denied selector: transfer', rule: 'call.denied-selector' },
    });
    expect(answer.headers['x-countersign-receipt']).toBe(SIGNED.receipt);
  });

  it('quotes the account and the chain as they were sent', async () => {
    const account = createEdgeWorld({ signer: refusing({ code: 'ERR_POLICY_ACCOUNT_DENIED' }) });
    const chain = createEdgeWorld({ signer: refusing({ code: 'ERR_POLICY_CHAIN_DENIED' }) });
    expect((await account.sign()).json.error).toBe(
      'client agent is not allowed to sign for account 0x0ACC',
    );
    expect((await chain.sign({ chainId: '007' })).json.error).toBe('chainId 007 is not allowed');
  });

  it('is an internal fault when the signer answers something else', async () => {
    const signer = (): SignerAnswer => ({ outcome: 'document', id: 1 });
    expect((await createEdgeWorld({ signer }).sign()).status).toBe(500);
  });
});

describe('a request nonce', () => {
  it('works once, and the replay is written down', async () => {
    const world = createEdgeWorld();
    const call = { requestNonce: 'nonce-1' };
    await world.sign({}, call);
    const answer = await world.sign({}, call);
    expect(answer).toMatchObject({ status: 401, json: { error: 'replayed nonce' } });
    expect(refusalIn(world.asked[1] as Asked)).toEqual({ code: 'ERR_REQUEST_NONCE_USED' });
    expect(world.events.map(({ event }) => event)).toContain('auth.replay_nonce');
  });

  it('works once elsewhere too, without the signer', async () => {
    const world = createEdgeWorld();
    const call = { path: '/nowhere', requestNonce: 'nonce-1' };
    expect((await world.call(call)).status).toBe(404);
    expect((await world.call(call)).status).toBe(401);
    expect(world.asked).toEqual([]);
  });

  it('is not used up by a request that did not authenticate', async () => {
    const world = createEdgeWorld();
    const requestNonce = 'nonce-1';
    await world.sign({}, { requestNonce, client: { ...AGENT, secret: 'wrong' } });
    expect((await world.sign({}, { requestNonce })).status).toBe(200);
  });
});

describe('whoever fails to authenticate', () => {
  it('is not heard any more after a while, and nobody else is', async () => {
    const world = createEdgeWorld();
    const statuses = new Set<number>();
    for (let i = 0; i < 120; i++) {
      statuses.add((await world.call({ path: '/x', anonymous: true })).status);
    }
    expect([...statuses]).toEqual([401, 429]);
    expect((await world.call({ path: '/health', anonymous: true })).status).toBe(200);
  });

  it('is counted when the body is refused, too', async () => {
    const world = createEdgeWorld();
    for (let i = 0; i < 100; i++) await world.sign({}, { body: '{', anonymous: true });
    expect((await world.sign()).status).toBe(429);
  });
});

describe('a leak', () => {
  const settings = { leakScan: 'block' } as const;

  it('is blocked, written down and named by its pattern only', async () => {
    const world = createEdgeWorld({ settings });
    const answer = await world.sign({ ...LEAK, keyId: 'trading' });
    expect(answer.status).toBe(422);
    expect(answer.json.patterns).toEqual(expect.arrayContaining([expect.any(String)]));
    expect(refusalIn(world.asked[0] as Asked)).toEqual({ code: 'ERR_LEAK_INBOUND' });
    expect(answer.text + JSON.stringify(world.events)).not.toContain('5ec4e7');
    expect(world.events[0]).toMatchObject({
      event: 'security.leak_pattern_detected',
      details: { direction: 'inbound', action: 'block' },
    });
  });

  it('through the request id does not come back', async () => {
    const world = createEdgeWorld({ settings });
    const requestId = `private_key=0x${'5ec4e7'.repeat(10)}`;
    const answer = await world.sign({ context: { requestId } });
    expect(answer.status).toBe(422);
    expect(answer.text + JSON.stringify(answer.headers)).not.toContain('5ec4e7');
    expect(JSON.stringify(world.asked[0]?.question)).not.toContain('5ec4e7');
  });

  it('is only reported where the settings say so', async () => {
    const world = createEdgeWorld({ settings: { leakScan: 'warn' } });
    expect((await world.sign(LEAK)).status).toBe(200);
    expect(world.events[0]).toMatchObject({ details: { action: 'warn' } });
  });

  it('is not looked for where the settings say so', async () => {
    const world = createEdgeWorld();
    expect((await world.sign(LEAK)).status).toBe(200);
    expect(world.events.map(({ event }) => event)).toEqual(['sign.session_transaction.success']);
  });

  it('on the way out is withheld', async () => {
    const leaky = { scan: (text: string) => (text.includes('messageHash') ? ['pem'] : []) };
    const world = createEdgeWorld({ settings, deps: { leakScanner: leaky } });
    const answer = await world.sign();
    expect(answer).toMatchObject({ status: 500, json: { code: 'ERR_LEAK_OUTBOUND' } });
    expect(answer.text).not.toContain('messageHash');
  });
});

describe('the rate limit', () => {
  const settings = { rateLimit: { store: 'memory', windowMs: 60_000, maxRequests: 2 } } as const;

  it('is told with every answer after it was asked', async () => {
    const { headers } = await createEdgeWorld({ settings }).sign();
    expect(headers['x-ratelimit-remaining']).toBe('1');
    expect(headers['x-ratelimit-reset-ms']).toBe(String(NOW_MS + 60_000));
  });

  it('refuses what is too much, says how long to wait, and has it written down', async () => {
    const world = createEdgeWorld({ settings });
    await world.sign();
    await world.sign();
    const answer = await world.sign();
    expect(answer).toMatchObject({
      status: 429,
      json: { error: 'rate limit exceeded', retryAfterMs: 60_000, retryable: true },
    });
    expect(answer.headers['retry-after']).toBe('60');
    expect(refusalIn(world.asked[2] as Asked)).toEqual({ code: 'ERR_RATE_LIMITED' });
  });

  it('counts one account however it is written, and another one apart', async () => {
    const world = createEdgeWorld({ settings });
    await world.sign({ accountAddress: '0x0111' });
    await world.sign({ accountAddress: '0x111' });
    expect((await world.sign({ accountAddress: '0x00111' })).status).toBe(429);
    expect((await world.sign({ accountAddress: '0x112' })).status).toBe(200);
  });

  it('counts the default key under its name', async () => {
    const world = createEdgeWorld({ settings });
    await world.sign({});
    await world.sign({ keyId: edgeSettings().defaultKeyId });
    expect((await world.sign({})).status).toBe(429);
    expect((await world.sign({ keyId: 'trading' })).status).toBe(200);
  });

  it('is not touched by a request that is refused before', async () => {
    const world = createEdgeWorld({ settings });
    for (let i = 0; i < 3; i++) await world.sign({ calls: [] });
    expect((await world.sign()).headers['x-ratelimit-remaining']).toBe('1');
  });
});

describe('fields that mean nothing in the message that was signed', () => {
  it('are named', async () => {
    const { headers } = await createEdgeWorld().sign({ caller: '0x1', executeAfter: '0' });
    expect(headers['x-countersign-ignored']).toBe('caller, executeAfter');
  });

  it('are not named where they mean something', async () => {
    const signed = { ...SIGNED.signed, kind: 'outside-v2' } as const;
    const world = createEdgeWorld({ signer: () => ({ ...SIGNED, signed }) });
    const { headers } = await world.sign({ caller: '0x1', executeAfter: '0' });
    expect(headers).not.toHaveProperty('x-countersign-ignored');
  });
});

describe('a key of the bridge', () => {
  const ticket = 'ticket-1';
  const answerBytes = Buffer.from('{"signature":[]}', 'utf8');

  /** A signer that asks for the bridge, then does what `complete` says. */
  function withBridge(
    sign: DfnsClient['sign'] | undefined,
    complete: (question: Extract<Question, { op: 'complete' }>) => SignerAnswer = () => SIGNED,
  ): EdgeWorld {
    const bridge = sign && {
      sign,
      preflight: () => Promise.reject(new Error('preflight')),
      close: () => undefined,
    };
    return createEdgeWorld({
      ...(bridge === undefined ? {} : { bridge }),
      signer: (question) => {
        if (question.op === 'complete') return complete(question);
        const { receipt } = SIGNED;
        return { outcome: 'custodian', id: 1, receipt, ticket, keyId: 'default' };
      },
    });
  }

  it('is asked at the bridge, and the signer decides about the answer', async () => {
    const calls: unknown[] = [];
    const world = withBridge((call) => {
      calls.push(call);
      return Promise.resolve<BridgeAnswer>({ json: {}, bytes: answerBytes });
    });
    const answer = await world.sign({ unknownField: 1 });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-countersign-receipt']).toBe(SIGNED.receipt);
    expect(calls).toMatchObject([{ clientId: AGENT.clientId, request: { nonce: '0x7' } }]);
    expect(world.asked[1]).toEqual({ question: { op: 'complete', ticket }, body: answerBytes });
  });

  it('that nobody holds is unavailable', async () => {
    const world = withBridge(undefined, refusing({ code: 'ERR_CUSTODIAN_UNAVAILABLE' }));
    expect(await world.sign()).toMatchObject({
      status: 503,
      json: { code: 'ERR_CUSTODIAN_UNAVAILABLE' },
    });
    expect(world.asked[1]?.question).toEqual({
      op: 'complete',
      ticket,
      failure: 'ERR_CUSTODIAN_UNAVAILABLE',
    });
  });

  it('may be replaced by the signer when the bridge is silent', async () => {
    const world = withBridge(() => Promise.reject(new Error('a fault nobody knows')));
    expect((await world.sign()).status).toBe(200);
    expect(world.asked[1]?.question).toMatchObject({ failure: 'ERR_CUSTODIAN_UNAVAILABLE' });
  });

  it('that the bridge refuses is refused in the words of the bridge', async () => {
    const details = { text: 'over the limit of the vault' };
    const world = withBridge(
      () => Promise.reject(new BoundaryError('ERR_POLICY_CUSTODIAN_DENIED', { details })),
      ({ failure }) => refusing({ code: failure ?? 'ERR_INTERNAL' })(),
    );
    expect(await world.sign()).toMatchObject({ status: 422, json: { error: details.text } });
    expect(world.asked[1]?.question).toMatchObject({ failure: 'ERR_POLICY_CUSTODIAN_DENIED' });
  });

  it('with a wrong answer releases nothing', async () => {
    const world = withBridge(
      () => Promise.resolve({ json: {}, bytes: answerBytes }),
      refusing({ code: 'ERR_CUSTODIAN_MISMATCH' }),
    );
    expect(await world.sign()).toMatchObject({
      status: 503,
      json: { error: 'signer unavailable' },
    });
  });
});

describe('a receipt', () => {
  const hash = Buffer.alloc(32, 7).toString('base64');
  const proof = [
    'c2sp.org/tlog-proof@v1',
    'index 12',
    '',
    'countersign.local/0123abcd',
    '13',
    hash,
    '',
    `— countersign.local/0123abcd ${Buffer.alloc(68, 9).toString('base64')}`,
    '',
  ].join('\n');
  const document = Buffer.from(formatReceipt({ entry: Buffer.from('{}'), proof }), 'utf8');
  const found = () => ({ answer: { outcome: 'document', id: 1 } as const, body: document });

  it.each(['12', '12-0123456789abcdef', '12-0123456789abcdef/'])('is fetched by %s', async (id) => {
    const world = createEdgeWorld({ signer: found });
    const answer = await world.call({ path: `/v1/receipts/${id}` });
    expect([answer.status, answer.text]).toEqual([200, document.toString('utf8')]);
    expect(world.asked[0]?.question).toMatchObject({
      op: 'receipt',
      index: 12,
      request: { clientId: AGENT.clientId, method: 'GET', target: `/v1/receipts/${id}` },
    });
  });

  it('may be the bare proof', async () => {
    const world = createEdgeWorld({ signer: found });
    const headers = { accept: 'text/plain' };
    const answer = await world.call({ path: '/v1/receipts/12', headers });
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(parseTlogProof(Buffer.from(answer.text)).index).toBe(12);
  });

  it('that the signer refuses is not found', async () => {
    const world = createEdgeWorld({ signer: refusing({ code: 'ERR_NOT_FOUND' }) });
    expect(await world.call({ path: '/v1/receipts/12' })).toMatchObject({
      status: 404,
      json: { error: 'not found' },
    });
  });
});

describe('a store of request nonces that is down', () => {
  const requestNonces = {
    consume: () => Promise.reject(new BoundaryError('ERR_NONCE_STORE_UNAVAILABLE')),
    close: () => Promise.resolve(),
  };

  it('closes the server', async () => {
    const world = createEdgeWorld({ deps: { requestNonces } });
    expect(await world.sign()).toMatchObject({
      status: 503,
      json: { error: 'replay protection unavailable' },
    });
    expect(world.asked).toEqual([]);
  });
});

it('counts a header that came twice as one with a comma', async () => {
  const world = createEdgeWorld();
  const twice = ['agent', 'other'] as unknown as string;
  const answer = await world.sign({}, { headers: { 'x-keyring-client-id': twice } });
  expect(answer.headers['x-countersign-code']).toBe('ERR_AUTH_CLIENT_UNKNOWN');
});

it('refuses a body that is too large before it looks at anything else', async () => {
  const world = createEdgeWorld();
  const body = requestBody({ padding: 'x'.repeat(LIMITS.bodyBytes) });
  expect(await world.sign({}, { body, anonymous: true })).toMatchObject({
    status: 413,
    json: { error: 'request body too large' },
  });
});

it('is the same for a signer that obliges whatever profile is spoken', async () => {
  for (const profile of ['superset', 'strict', 'legacy'] as const) {
    const world = createEdgeWorld({ settings: { profile }, signer: obliging });
    expect((await world.sign()).json.signature).toEqual(SIGNED.signed.signature);
  }
});
