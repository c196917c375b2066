/**
 * Rate limit and leak scanner as the variables of the older signer turn them on.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ProfileKeyrings,
  startTwoClientsPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { expectOwnRequestId, expectRefusal, PROFILES, type Refusal } from './client/refusals.ts';
import { type SignRequest, transferCall, transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, startOneClient, type TestKeyring } from './client/test-keyring.ts';
import { type Answer, type Call, freshNonce, type WireClient } from './client/wire-client.ts';

const MAX = 3;
const WINDOW_MS = 600_000;
const LIMITED: Refusal = {
  status: 429,
  error: 'rate limit exceeded',
  errorCode: 'RATE_LIMITED',
  retryable: true,
};
const LEAK: Refusal = {
  status: 422,
  error: 'secret leak pattern detected in request payload',
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
};

let keyrings: ProfileKeyrings<TestKeyring & { readonly tied: WireClient }>;
let warning: TestKeyring;
beforeAll(async () => {
  [keyrings, warning] = await Promise.all([
    startTwoClientsPerProfile({
      env: {
        KEYRING_RATE_LIMIT_ENABLED: ' TRUE ',
        KEYRING_RATE_LIMIT_MAX_REQUESTS: String(MAX),
        KEYRING_RATE_LIMIT_WINDOW_MS: String(WINDOW_MS),
        KEYRING_LEAK_SCANNER_ENABLED: 'On',
      },
    }),
    startOneClient({
      env: {
        KEYRING_LEAK_SCANNER_ENABLED: 'yes',
        KEYRING_LEAK_SCANNER_ACTION: 'warn',
        KEYRING_RATE_LIMIT_ENABLED: 'enabled',
      },
    }),
  ]);
}, START_TIMEOUT_MS);
afterAll(() => Promise.all([stopAll(keyrings), warning.stop()]));

let nextAccount = 0xb000;
/** An account nobody asked for yet: a bucket of its own. */
const freshAccount = (): string => {
  nextAccount += 1;
  return `0x${nextAccount.toString(16)}`;
};

describe.each(PROFILES)('the rate limit, in profile %s', (profile) => {
  const sign = (changes: Partial<SignRequest>, call: Call = {}): Promise<Answer> =>
    keyrings[profile].client.sign(transferRequest(changes), call);
  const remaining = ({ headers }: Answer): number => Number(headers['x-ratelimit-remaining']);

  /** Uses up a bucket. */
  async function exhaust(changes: Partial<SignRequest>): Promise<void> {
    for (let left = MAX - 1; left >= 0; left -= 1) {
      const answer = await sign(changes);
      expect([answer.status, remaining(answer)]).toEqual([200, left]);
    }
  }

  it('counts down, then refuses until the window ends', async () => {
    const accountAddress = freshAccount();
    const startedMs = Date.now();
    await exhaust({ accountAddress });
    const refused = await sign({ accountAddress });
    expectRefusal(profile, refused, LIMITED);
    expect(remaining(refused)).toBe(0);
    const resetMs = Number(refused.headers['x-ratelimit-reset-ms']);
    expect(resetMs).toBeGreaterThan(startedMs + WINDOW_MS - 60_000);
    expect(resetMs).toBeLessThanOrEqual(Date.now() + WINDOW_MS);
    if (profile === 'strict') return;
    expect(refused.json.retryAfterMs).toBeTypeOf('number');
    expect(refused.json.retryAfterMs).toBeGreaterThan(0);
    expect(refused.json.retryAfterMs).toBeLessThanOrEqual(WINDOW_MS);
  });

  it('says the same end of the window all along', async () => {
    const accountAddress = freshAccount();
    const answers = [await sign({ accountAddress }), await sign({ accountAddress })];
    const ends = answers.map(({ headers }) => headers['x-ratelimit-reset-ms']);
    expect(ends[0]).toMatch(/^[0-9]{13}$/);
    expect(ends[1]).toBe(ends[0]);
  });

  it('knows an account however it is written', async () => {
    const accountAddress = freshAccount();
    await exhaust({ accountAddress });
    const digits = accountAddress.slice(2);
    for (const spelling of [
      `0x${digits.toUpperCase()}`,
      `0x00${digits}`,
      `0x${digits.padStart(64, '0')}`,
    ]) {
      expectRefusal(profile, await sign({ accountAddress: spelling }), LIMITED);
    }
  });

  it('counts the default key and its name as one, other keys and clients apart', async () => {
    const accountAddress = '0xacc1';
    await exhaust({ accountAddress });
    expectRefusal(profile, await sign({ accountAddress, keyId: 'default' }), LIMITED);
    expect((await sign({ accountAddress, keyId: 'other' })).status).toBe(200);
    const byTied = transferRequest({ accountAddress, keyId: 'other' });
    const answer = await keyrings[profile].tied.sign(byTied);
    expect([answer.status, remaining(answer)]).toEqual([200, MAX - 1]);
  });

  it('is not moved by what the caller writes about itself', async () => {
    const accountAddress = freshAccount();
    await exhaust({ accountAddress });
    const context = { tool: 'another', requester: 'somebody else', requestId: 'r' };
    const changes = { accountAddress, chainId: '0x1', nonce: '0x9', context };
    expectRefusal(
      profile,
      await sign(changes, { path: '/V1/sign/session-transaction/?x' }),
      LIMITED,
    );
  });

  it('counts what the policy denies, and not what is no request', async () => {
    const accountAddress = freshAccount();
    const invalid = await keyrings[profile].client.sign({ accountAddress });
    const forged = await sign({ accountAddress }, { signature: '0'.repeat(64) });
    for (const answer of [invalid, forged]) {
      expect(answer.headers['x-ratelimit-remaining']).toBeUndefined();
    }
    const denied = await sign({ accountAddress, keyId: 'other', validUntil: 1 });
    expect([denied.status, remaining(denied)]).toEqual([422, MAX - 1]);
    const leak = await sign({ accountAddress, context: { reason: 'SESSION_PRIVATE_KEY' } });
    expect([leak.status, leak.headers['x-ratelimit-remaining']]).toEqual([422, undefined]);
    await exhaust({ accountAddress });
  });

  it('uses up the request nonce of what it refuses', async () => {
    const accountAddress = freshAccount();
    await exhaust({ accountAddress });
    const nonce = freshNonce();
    expectRefusal(profile, await sign({ accountAddress }, { nonce }), LIMITED);
    const replay = await sign({ accountAddress: freshAccount() }, { nonce });
    expect(replay.json.error).toBe('replayed nonce');
    expect(replay.headers['x-ratelimit-remaining']).toBeUndefined();
  });

  it('counts exactly under many requests at once', async () => {
    const accountAddress = freshAccount();
    const answers = await Promise.all(Array.from({ length: 20 }, () => sign({ accountAddress })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(MAX);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20 - MAX);
  });
});

const PEM = (kind: string): string => `-----BEGIN ${kind}PRIVATE KEY-----`;

/** Texts in a reason, and the patterns that must be named, in their order. */
const LEAKS: readonly (readonly [string, readonly string[]])[] = [
  ['use STARKNET_PRIVATE_KEY', ['env.starknet_private_key']],
  ['my session_private_key is', ['env.session_private_key']],
  ['Keyring_Hmac_Secret=', ['env.keyring_hmac_secret']],
  ['{"privateKey":"0x12ab"}', ['json.private_key']],
  ['private_key: 0x1', ['kv.private_key']],
  ["PrivateKey='0xAB", ['kv.private_key']],
  [PEM(''), ['pem.private_key']],
  [PEM('EC '), ['pem.private_key']],
  [PEM('RSA '), ['pem.private_key']],
  [PEM('OPENSSH '), ['pem.private_key']],
  [
    'KEYRING_HMAC_SECRET and STARKNET_PRIVATE_KEY',
    ['env.starknet_private_key', 'env.keyring_hmac_secret'],
  ],
];

describe.each(PROFILES)('the leak scanner, in profile %s', (profile) => {
  const send = (body: unknown, call: Call = {}): Promise<Answer> =>
    keyrings[profile].client.sign(body, call);
  const withReason = (reason: string): SignRequest =>
    transferRequest({ accountAddress: freshAccount(), context: { reason } });

  it.each(LEAKS)('finds %j', async (reason, patterns) => {
    const answer = await send(withReason(reason));
    expectRefusal(profile, answer, LEAK);
    if (profile === 'strict') return;
    expect(answer.json.patterns).toEqual(expect.arrayContaining([...patterns]));
    const named = (answer.json.patterns as readonly string[]).filter((id) => patterns.includes(id));
    expect(named).toEqual(patterns);
  });

  it.each([
    ['in an unknown field', { secret: { deep: ['STARKNET_PRIVATE_KEY'] } }],
    ['in a name', { SESSION_PRIVATE_KEY: 1 }],
    ['as a key of the request', { privateKey: '0x12' }],
    ['in the request id', { context: { requestId: 'KEYRING_HMAC_SECRET' } }],
    ['in an entrypoint', { calls: [transferCall({ entrypoint: 'SESSION_PRIVATE_KEY' })] }],
  ])('finds a secret %s', async (_name, more) => {
    expectRefusal(profile, await send({ ...withReason(''), ...more }), LEAK);
  });

  it('finds what escapes hide', async () => {
    const text = JSON.stringify(withReason('STARKNET_@')).replace('@', '\\u0050RIVATE\\u005fKEY');
    expect(text).not.toContain('PRIVATE_KEY');
    expectRefusal(profile, await send(text), LEAK);
  });

  it('repeats nothing of what it found, in answer or log', async () => {
    const requestId = `SESSION_PRIVATE_KEY=0x${freshNonce()}`;
    const context = { requestId, traceId: requestId, reason: requestId };
    const answer = await send(transferRequest({ accountAddress: freshAccount(), context }));
    expectRefusal(profile, answer, LEAK);
    expect(answer.text).not.toContain(requestId);
    expect(JSON.stringify(answer.headers)).not.toContain(requestId);
    expectOwnRequestId(answer.headers['x-request-id']);
    expect(keyrings[profile].process.stdout()).not.toContain(requestId);
  });

  it('lets ordinary words pass', async () => {
    for (const reason of ['pay the key maker', 'private key ceremony at 5 pm', 'secret santa']) {
      expect((await send(withReason(reason))).status).toBe(200);
    }
  });
});

describe('the leak scanner that only warns', () => {
  it('signs, and writes down what it found', async () => {
    const context = { reason: 'STARKNET_PRIVATE_KEY', requestId: 'leaky-request' };
    const answer = await warning.client.sign(transferRequest({ context }));
    expect(answer.status).toBe(200);
    const found = (): unknown =>
      warning.process.events().find(({ event }) => event === 'security.leak_pattern_detected');
    await expect.poll(found).toMatchObject({
      request_id: 'leaky-request',
      details: { direction: 'inbound', action: 'warn', patternIds: ['env.starknet_private_key'] },
    });
  });

  it('runs without a rate limit, which no other word than yes turns on', async () => {
    for (let i = 0; i < 150; i += 1) {
      const answer = await warning.client.sign(transferRequest());
      expect([answer.status, answer.headers['x-ratelimit-remaining']]).toEqual([200, undefined]);
    }
  });
});
