/**
 * Who may ask: the four headers, the code over them, clocks and replays, in all three profiles.
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
import { expectRefusal, PROFILES, type Profile, type Refusal } from './client/refusals.ts';
import { requestCode } from './client/request-code.ts';
import { SECRET, SESSION_KEY } from './client/settings.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import { type Call, freshNonce, SIGN_PATH, type WireClient } from './client/wire-client.ts';

const MISSING = { status: 401, error: 'missing authentication headers' };
const TOO_LARGE = { status: 401, error: 'authentication header too large' };
const BAD_CODE: Refusal = {
  status: 401,
  error: 'invalid signature',
  errorCode: 'AUTH_INVALID_HMAC',
};
const BAD_TIME: Refusal = {
  status: 401,
  error: 'invalid timestamp',
  errorCode: 'AUTH_TIMESTAMP_SKEW',
};
const BAD_NONCE: Refusal = {
  status: 401,
  error: 'malformed authentication header',
  errorCode: 'AUTH_INVALID_NONCE',
};
const NOT_HEX: Refusal = {
  status: 401,
  error: 'invalid signature',
  errorCode: 'AUTH_INVALID_SIGNATURE_FORMAT',
};

const hours = 3_600_000;
const at = (offsetMs: number): string => String(Date.now() + offsetMs);
const bytes = (count: number): string => freshNonce().repeat(10).slice(0, count);
const valid = JSON.stringify(transferRequest());

/** Every way to be refused that is the same in all profiles; the call is made when the test runs. */
const REFUSED: readonly (readonly [string, () => Call, Refusal])[] = [
  ['no timestamp', () => without('timestamp'), { ...MISSING, errorCode: 'AUTH_TIMESTAMP_SKEW' }],
  ['no nonce', () => without('nonce'), { ...MISSING, errorCode: 'AUTH_INVALID_NONCE' }],
  [
    'no signature',
    () => without('signature'),
    { ...MISSING, errorCode: 'AUTH_INVALID_SIGNATURE_FORMAT' },
  ],
  ['an empty nonce', () => header('nonce', ''), { ...MISSING, errorCode: 'AUTH_INVALID_NONCE' }],
  [
    'a client id of 129 characters',
    () => header('client-id', 'c'.repeat(129)),
    { ...TOO_LARGE, errorCode: 'AUTH_INVALID_CLIENT' },
  ],
  [
    'a timestamp of 33 digits',
    () => ({ timestamp: at(0).padStart(33, '0') }),
    { ...TOO_LARGE, errorCode: 'AUTH_TIMESTAMP_SKEW' },
  ],
  [
    'a signature of 257 characters',
    () => ({ signature: 'a'.repeat(257) }),
    { ...TOO_LARGE, errorCode: 'AUTH_INVALID_SIGNATURE_FORMAT' },
  ],
  ['a timestamp with an exponent', () => ({ timestamp: `${Date.now() / 1e3}e3` }), BAD_TIME],
  ['a timestamp with a fraction', () => ({ timestamp: `${at(0)}.0` }), BAD_TIME],
  ['a timestamp in hex', () => ({ timestamp: `0x${Date.now().toString(16)}` }), BAD_TIME],
  ['a negative timestamp', () => ({ timestamp: `-${at(0)}` }), BAD_TIME],
  ['a timestamp with a plus sign', () => ({ timestamp: `+${at(0)}` }), BAD_TIME],
  ['words for a timestamp', () => ({ timestamp: 'now' }), BAD_TIME],
  ['infinity for a timestamp', () => ({ timestamp: 'Infinity' }), BAD_TIME],
  ['an unsafe integer for a timestamp', () => ({ timestamp: '9007199254740993' }), BAD_TIME],
  ['an ISO date for a timestamp', () => ({ timestamp: new Date().toISOString() }), BAD_TIME],
  ['a timestamp a minute old', () => ({ timestamp: at(-60_000) }), skewed()],
  ['a timestamp a minute ahead', () => ({ timestamp: at(60_000) }), skewed()],
  ['a timestamp an hour old', () => ({ timestamp: at(-hours) }), skewed()],
  ['the year 1970', () => ({ timestamp: '0' }), skewed()],
  ['seconds for milliseconds', () => ({ timestamp: at(0).slice(0, -3) }), skewed()],
  ['a nonce with a full stop', () => ({ nonce: `${freshNonce()}.5` }), BAD_NONCE],
  ['a nonce of full stops', () => ({ nonce: '.'.repeat(32) }), BAD_NONCE],
  ['a signature that is no hex', () => ({ signature: 'not-hex-signature' }), NOT_HEX],
  ['a signature with a prefix', () => ({ signature: `0x${'a'.repeat(64)}` }), NOT_HEX],
  ['a signature in base64', () => ({ signature: `${'A'.repeat(43)}=` }), NOT_HEX],
  ['a good signature with a tail', () => tailed('zz'), NOT_HEX],
  ['a good signature with more digits', () => tailed('00'), BAD_CODE],
  ['a short signature', () => ({ signature: 'deadbeef' }), BAD_CODE],
  ['a signature of an odd length', () => ({ signature: 'a'.repeat(63) }), BAD_CODE],
  ['a signature of zeros', () => ({ signature: '0'.repeat(64) }), BAD_CODE],
  ['another secret', () => ({ secret: `${SECRET}x` }), BAD_CODE],
  ['an empty secret', () => ({ secret: '' }), BAD_CODE],
  ['another body than was signed', () => ({ sentBody: Buffer.from(`${valid} `) }), BAD_CODE],
  ['a code over another method', () => signedAs({ method: 'PUT' }), BAD_CODE],
  ['a code over another path', () => signedAs({ path: '/v1/sign/other' }), BAD_CODE],
  [
    'a code over the path in another case',
    () => signedAs({ path: SIGN_PATH.toUpperCase() }),
    BAD_CODE,
  ],
  [
    'a code that does not cover the query',
    () => ({ ...signedAs({}), path: `${SIGN_PATH}?a=1` }),
    BAD_CODE,
  ],
  [
    'a code that covers a query that was not sent',
    () => signedAs({ path: `${SIGN_PATH}?a=1` }),
    BAD_CODE,
  ],
  ['a code without the nonce', () => signedAs({ nonce: '' }), BAD_CODE],
];

let keyrings: ProfileKeyrings<TestKeyring>;
beforeAll(async () => {
  keyrings = await startOneClientPerProfile();
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

describe.each(PROFILES)('in profile %s', (profile) => {
  const sign = (call: Call = {}): ReturnType<WireClient['sign']> =>
    named(profile).sign(valid, call);
  const replayed: Refusal = {
    status: profile === 'strict' ? 409 : 401,
    error: 'replayed nonce',
    errorCode: 'REPLAY_NONCE_USED',
  };

  it('signs an honest request', async () => {
    expectGenuine(await sign(), JSON.parse(valid), { privateKey: SESSION_KEY });
  });

  it.each(REFUSED)('refuses %s', async (_name, call, refusal) => {
    expectRefusal(profile, await sign(call()), refusal);
  });

  it('refuses a request without any header', async () => {
    const errorCode = profile === 'strict' ? 'AUTH_INVALID_CLIENT' : 'AUTH_TIMESTAMP_SKEW';
    expectRefusal(profile, await sign({ headers: NO_HEADERS }), { ...MISSING, errorCode });
  });

  it('accepts a signature in upper case', async () => {
    const nonce = freshNonce();
    const timestamp = at(0);
    const input = { timestamp, nonce, method: 'POST', path: SIGN_PATH, body: valid };
    const signature = requestCode(SECRET, input).toUpperCase();
    expect((await sign({ timestamp, nonce, signature })).status).toBe(200);
  });

  it.each([
    ['twenty seconds old', -20_000],
    ['twenty seconds ahead', 20_000],
  ])('accepts a timestamp %s', async (_name, offsetMs) => {
    expect((await sign({ timestamp: at(offsetMs) })).status).toBe(200);
  });

  it('accepts a timestamp with leading zeros, as it was signed', async () => {
    expect((await sign({ timestamp: `000${at(0)}` })).status).toBe(200);
  });

  it('accepts a request without a client id only where a default is allowed', async () => {
    const answer = await sign({ headers: { 'x-keyring-client-id': undefined } });
    if (profile !== 'strict') expect(answer.status).toBe(200);
    else expectRefusal(profile, answer, { ...MISSING, errorCode: 'AUTH_INVALID_CLIENT' });
  });

  it('refuses an unknown client', async () => {
    const answer = await sign({ headers: { 'x-keyring-client-id': 'nobody' } });
    if (profile === 'strict') expectRefusal(profile, answer, BAD_CODE);
    else {
      const refusal = { status: 401, error: 'unknown client id', errorCode: 'AUTH_INVALID_CLIENT' };
      expectRefusal(profile, answer, refusal);
    }
  });

  it.each(['__proto__', 'constructor', 'toString', 'Default', 'default ', '"default"'])(
    'does not take the client id `%s` for a client',
    async (clientId) => {
      const answer = await sign({ headers: { 'x-keyring-client-id': clientId } });
      // The parser of HTTP takes the blanks around a value away.
      expect(answer.status).toBe(clientId.trim() === 'default' ? 200 : 401);
    },
  );

  it('refuses a request nonce that was used before', async () => {
    const call = { nonce: freshNonce(), timestamp: at(0) };
    expect((await sign(call)).status).toBe(200);
    expectRefusal(profile, await sign(call), replayed);
  });

  it('refuses a used request nonce under a new timestamp and another body', async () => {
    const nonce = freshNonce();
    expect((await sign({ nonce })).status).toBe(200);
    const other = transferRequest({ nonce: '0x77' });
    expectRefusal(profile, await named(profile).sign(other, { nonce }), replayed);
  });

  it('does not use up the request nonce of a forged request', async () => {
    const nonce = freshNonce();
    expectRefusal(profile, await sign({ nonce, signature: '00'.repeat(32) }), BAD_CODE);
    expectRefusal(profile, await sign({ nonce, secret: 'not-the-secret' }), BAD_CODE);
    expectRefusal(profile, await sign({ nonce, timestamp: at(-hours) }), skewed());
    expect((await sign({ nonce })).status).toBe(200);
  });

  it('uses up the request nonce of a request that is refused for its content', async () => {
    const nonce = freshNonce();
    const refused = await named(profile).sign({ ...transferRequest(), calls: [] }, { nonce });
    expect(refused.status).toBe(400);
    expectRefusal(profile, await sign({ nonce }), replayed);
  });

  it('uses up the request nonce of a request to nowhere', async () => {
    const nonce = freshNonce();
    const nowhere = await named(profile).call({ method: 'GET', path: '/v1/keys', nonce });
    expect(nowhere.status).toBe(404);
    expectRefusal(profile, await sign({ nonce }), replayed);
  });

  it('lets one of twenty identical requests through', async () => {
    const call = { nonce: freshNonce(), timestamp: at(0) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => sign(call)));
    const [first, ...others] = answers.sort((a, b) => a.status - b.status);
    expect(first?.status).toBe(200);
    for (const other of others) expectRefusal(profile, other, replayed);
  });

  it('tells request nonces apart by case and blanks inside', async () => {
    const nonce = `Aa ${freshNonce().slice(0, 20)}`;
    expect((await sign({ nonce })).status).toBe(200);
    expect((await sign({ nonce: nonce.toLowerCase() })).status).toBe(200);
    expect((await sign({ nonce: nonce.replace(' ', '  ') })).status).toBe(200);
  });

  it.each(['"],["', '\\"\\', '__proto__-__proto__', "';--/*0123456789*/", '%2e%00%0a-percent'])(
    'accepts the request nonce `%s` once',
    async (nonce) => {
      const call = { nonce: `${nonce}${bytes(16)}` };
      expect((await sign(call)).status).toBe(200);
      expectRefusal(profile, await sign(call), replayed);
    },
  );

  it('reads request nonces of letters beyond ASCII as they were signed', async () => {
    const nonce = `é${bytes(20)}`;
    expect((await sign({ nonce })).status).toBe(200);
    expectRefusal(profile, await sign({ nonce }), replayed);
  });

  it('refuses to read one code as two requests', async () => {
    const timestamp = at(0);
    const nonce = `7.${freshNonce()}`;
    const input = { timestamp, nonce, method: 'POST', path: SIGN_PATH, body: valid };
    const signature = requestCode(SECRET, input);
    expectRefusal(profile, await sign({ timestamp, nonce, signature }), BAD_NONCE);
    const moved = { timestamp: `${timestamp}.7`, nonce: nonce.slice(2), signature };
    expectRefusal(profile, await sign(moved), BAD_TIME);
  });

  it('does not mix up headers that are sent twice', async () => {
    const nonce = freshNonce();
    const twice = { 'x-keyring-nonce': [nonce, freshNonce()] };
    expectRefusal(profile, await sign({ nonce, headers: twice }), BAD_CODE);
  });

  it.each(
    profile === 'strict'
      ? [
          [15, 401],
          [16, 200],
          [256, 200],
          [257, 401],
        ]
      : [
          [1, 200],
          [7, 200],
          [128, 200],
          [129, 401],
        ],
  )('answers a request nonce of %d bytes with %d', async (length, status) => {
    const answer = await sign({ nonce: length === 1 ? 'x' : bytes(length) });
    expect(answer.status).toBe(status);
    if (status === 200) return;
    const refusal =
      profile === 'strict' ? BAD_NONCE : { ...TOO_LARGE, errorCode: 'AUTH_INVALID_NONCE' };
    expectRefusal(profile, answer, refusal);
  });
});

describe('in profile strict', () => {
  it('measures a request nonce in bytes of UTF-8', async () => {
    const nonce = 'é'.repeat(129);
    expectRefusal('strict', await named('strict').sign(valid, { nonce }), BAD_NONCE);
    expect((await named('strict').sign(valid, { nonce: 'é'.repeat(128) })).status).toBe(200);
  });

  it('answers an unknown client and a wrong code alike', async () => {
    const unknown = await named('strict').sign(valid, { headers: { 'x-keyring-client-id': 'x' } });
    const forged = await named('strict').sign(valid, { signature: '1'.repeat(64) });
    expect({ ...unknown.json, requestId: '' }).toEqual({ ...forged.json, requestId: '' });
    expect(unknown.status).toBe(forged.status);
    expect(shape(unknown.headers)).toEqual(shape(forged.headers));
  });
});

const NO_HEADERS = {
  'x-keyring-client-id': undefined,
  'x-keyring-timestamp': undefined,
  'x-keyring-nonce': undefined,
  'x-keyring-signature': undefined,
};

/** The client that names itself, as every profile accepts it. */
function named(profile: Profile): WireClient {
  const { client } = keyrings[profile];
  return {
    ...client,
    sign: (request, call = {}) =>
      client.sign(request, {
        ...call,
        headers: { 'x-keyring-client-id': 'default', ...call.headers },
      }),
    call: (call) =>
      client.call({ ...call, headers: { 'x-keyring-client-id': 'default', ...call.headers } }),
  };
}

function skewed(): Refusal {
  return {
    status: 401,
    error: 'timestamp outside accepted window',
    errorCode: 'AUTH_TIMESTAMP_SKEW',
    retryable: true,
  };
}

function without(name: string): Call {
  return { headers: { [`x-keyring-${name}`]: undefined } };
}

function header(name: string, value: string): Call {
  return { headers: { [`x-keyring-${name}`]: value } };
}

/** A code made over other parts than are sent. */
function signedAs(changes: { method?: string; path?: string; nonce?: string }): Call {
  const timestamp = at(0);
  const nonce = freshNonce();
  const input = { timestamp, nonce, method: 'POST', path: SIGN_PATH, body: valid, ...changes };
  return { timestamp, nonce, signature: requestCode(SECRET, input) };
}

function tailed(tail: string): Call {
  const call = signedAs({});
  return { ...call, signature: `${call.signature}${tail}` };
}

/** Names of headers with their values, apart from those that differ in every answer. */
function shape(headers: Readonly<Record<string, unknown>>): unknown {
  const varying = ['date', 'x-request-id'];
  return Object.entries(headers).filter(([name]) => !varying.includes(name));
}
