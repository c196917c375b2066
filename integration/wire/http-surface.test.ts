/**
 * Routes, methods, origins, ids and headers, in all three profiles.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine } from './client/genuine.ts';
import {
  type ProfileKeyrings,
  startOneClientPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { expectOwnRequestId, expectRefusal, PROFILES, type Refusal } from './client/refusals.ts';
import { SESSION_KEY } from './client/settings.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import { type Call, SIGN_PATH, type WireClient } from './client/wire-client.ts';

const OPEN = ['/health', '/health/ready', '/health/dfns-preflight', '/metrics', '/openapi.json'];
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'];
const NO_ORIGIN: Refusal = {
  status: 403,
  error: 'browser origins are not allowed',
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
};
const NOT_FOUND: Refusal = {
  status: 404,
  error: 'not found',
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
};
const NAMED = { 'x-keyring-client-id': 'default' };
const NOBODY = {
  'x-keyring-client-id': undefined,
  'x-keyring-timestamp': undefined,
  'x-keyring-nonce': undefined,
  'x-keyring-signature': undefined,
};

let keyrings: ProfileKeyrings<TestKeyring>;
beforeAll(async () => {
  keyrings = await startOneClientPerProfile();
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

describe.each(PROFILES)('in profile %s', (profile) => {
  const client = (): WireClient => keyrings[profile].client;
  const call = (given: Call): ReturnType<WireClient['call']> =>
    client().call({ ...given, headers: { ...NAMED, ...given.headers } });
  const sign = (context?: Readonly<Record<string, unknown>>, given: Call = {}) =>
    client().sign(transferRequest(context === undefined ? {} : { context }), {
      ...given,
      headers: { ...NAMED, ...given.headers },
    });

  it.each(['/health', '/HEALTH', '/health/', '/Health/?probe=1', '/health?'])(
    'answers %s to anybody',
    async (path) => {
      const { status, text } = await call({ path, headers: NOBODY });
      expect([status, text]).toEqual([200, '{"ok":true}']);
    },
  );

  it('answers HEAD on /health without a body', async () => {
    const { status, text } = await call({ method: 'HEAD', path: '/health', headers: NOBODY });
    expect([status, text]).toEqual([200, '']);
  });

  it('says that there is no bridge', async () => {
    const { status, json } = await call({ path: '/health/dfns-preflight', headers: NOBODY });
    expect([status, json]).toEqual([404, { error: 'dfns signer provider is not enabled' }]);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/v1/keys'],
    ['GET', SIGN_PATH],
    ['POST', '/health'],
    ['DELETE', '/health'],
    ['GET', '/health//'],
    ['GET', '/healthz'],
    ['GET', '/%68ealth'],
    ['POST', '/v1/sign'],
    ['POST', `${SIGN_PATH}/more`],
    ['POST', `${SIGN_PATH}//`],
    ['POST', `/${SIGN_PATH}`],
    ['POST', SIGN_PATH.replace('-', '%2D')],
    ['POST', `${SIGN_PATH};a=1`],
    ['POST', `/v1/../v1/sign/./session-transaction`],
  ])('hides from strangers whether there is something at %s %s', async (method, path) => {
    const stranger = await call({ method, path, headers: NOBODY });
    expect([stranger.status, stranger.json.error]).toEqual([401, 'missing authentication headers']);
    expectRefusal(profile, await call({ method, path }), NOT_FOUND);
  });

  it.each(METHODS)('signs nothing by %s', async (method) => {
    const stranger = await call({ method, path: SIGN_PATH, headers: NOBODY });
    expect(stranger.status).toBe(401);
    const answer = await call({ method, path: SIGN_PATH });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('signature');
  });

  it('signs nothing by GET with a body', async () => {
    const answer = await call({ method: 'GET', path: SIGN_PATH, body: transferRequest() });
    expectRefusal(profile, answer, NOT_FOUND);
  });

  it.each([
    SIGN_PATH.toUpperCase(),
    `${SIGN_PATH}/`,
    `${SIGN_PATH}?`,
    `${SIGN_PATH}?a=1&a=2`,
    `${SIGN_PATH.toUpperCase()}/?%00&${'x'.repeat(500)}`,
  ])('signs at %s, which is what the code covers', async (path) => {
    const request = transferRequest();
    const answer = await client().sign(request, { path, headers: NAMED });
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
  });

  it.each(['https://app.example', 'null', 'http://127.0.0.1', ''])(
    'refuses the origin `%s` on every route',
    async (origin) => {
      const headers = { origin };
      for (const path of [...OPEN, '/', SIGN_PATH]) {
        expectRefusal(profile, await call({ path, headers }), NO_ORIGIN);
        expectRefusal(profile, await call({ path, headers: { ...NOBODY, origin } }), NO_ORIGIN);
      }
      expectRefusal(profile, await sign({}, { headers }), NO_ORIGIN);
      expectRefusal(
        profile,
        await call({ method: 'OPTIONS', path: SIGN_PATH, headers }),
        NO_ORIGIN,
      );
    },
  );

  it('says nothing about cross-origin requests, whatever is asked', async () => {
    const answers = [
      await call({ path: '/health' }),
      await call({ path: '/health', headers: { origin: 'https://app.example' } }),
      await call({
        method: 'OPTIONS',
        path: SIGN_PATH,
        headers: { 'access-control-request-method': 'POST' },
      }),
      await sign(),
    ];
    const names = answers.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('sends security headers with every answer', async () => {
    const answers = [
      await call({ path: '/health' }),
      await call({ path: '/nowhere', headers: NOBODY }),
      await call({ path: '/health', headers: { origin: 'x' } }),
      await sign(),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      });
      const hsts = String(headers['strict-transport-security']);
      expect(hsts.toLowerCase()).toBe('max-age=31536000; includesubdomains');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers.server).toBeUndefined();
    }
  });

  it('answers a signature with the members of the contract, in their order', async () => {
    const { status, headers, json } = await sign({ tool: 'test', requester: 'test', reason: '' });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const members = [
      'requestId',
      'signatureMode',
      'signatureKind',
      'domainHash',
      'messageHash',
      'signerProvider',
      'sessionPublicKey',
      'signature',
    ];
    expect(Object.keys(json)).toEqual(profile === 'legacy' ? members : [...members, 'audit']);
    expect(json).toMatchObject({
      signatureMode: 'v2_snip12',
      signatureKind: 'Snip12',
      signerProvider: 'local',
    });
    if (profile !== 'legacy') {
      expect(json.audit).toEqual({
        policyDecision: 'allow',
        decidedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        keyId: 'default',
        traceId: json.requestId,
      });
    }
  });

  it('makes its own request id when the request brings none', async () => {
    const { headers, json } = await sign();
    expectOwnRequestId(json.requestId);
    expect(headers['x-request-id']).toBe(json.requestId);
    expect(headers['x-caller-request-id']).toBeUndefined();
  });

  it('repeats the request id of the context, in the older contract its own one', async () => {
    const requestId = 'kr-1795160160992-00112233445566778899aabbccddeeff';
    const { headers, json } = await sign({ requestId });
    expect(headers['x-request-id']).toBe(json.requestId);
    if (profile === 'legacy') expectOwnRequestId(json.requestId);
    else expect(json.requestId).toBe(requestId);
  });

  it.each([
    'with blanks in it',
    'zwölf Boxkämpfer',
    'a\r\nset-cookie: b=c',
    'tab\tand\0null',
    '🔑',
  ])('repeats the id %j in the body and keeps it out of the headers', async (requestId) => {
    const { headers, json } = await sign({ requestId });
    expectOwnRequestId(headers['x-request-id']);
    expect(headers['set-cookie']).toBeUndefined();
    if (profile !== 'legacy') expect(json.requestId).toBe(requestId);
  });

  it.each(['', '   ', 7, null, true, ['x'], { a: 1 }, 'x'.repeat(257)])(
    'takes %j for no request id',
    async (requestId) => {
      const { status, json } = await sign({ requestId });
      expect(status).toBe(200);
      expectOwnRequestId(json.requestId);
    },
  );

  it('repeats the trace id of the context', async () => {
    const { json } = await sign({ requestId: 'request-1', traceId: 'trace-1' });
    const audit =
      profile === 'legacy' ? undefined : expect.objectContaining({ traceId: 'trace-1' });
    expect(json.audit).toEqual(audit);
  });

  it('repeats the request id of the context in refusals that come after reading it', async () => {
    const request = transferRequest({ context: { requestId: 'request-2' }, validUntil: 1 });
    const { status, headers, json } = await client().sign(request, { headers: NAMED });
    expect(status).toBe(422);
    if (profile !== 'legacy') expect(json.requestId).toBe('request-2');
    if (profile !== 'legacy') expect(headers['x-request-id']).toBe('request-2');
  });

  it.each(['abc-123', 'mit Leerzeichen', 'é', '"quoted" {json} %0d%0a', 'x'.repeat(256)])(
    'repeats the header x-request-id: %s',
    async (value) => {
      const headers = { 'x-request-id': value };
      expect((await sign({}, { headers })).headers['x-caller-request-id']).toBe(value);
      const refused = await sign({}, { headers, signature: 'a'.repeat(64) });
      expect(refused.headers['x-caller-request-id']).toBe(value);
      expectOwnRequestId(refused.headers['x-request-id']);
    },
  );
});
