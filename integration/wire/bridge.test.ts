/**
 * Keys that a DFNS bridge holds: what it is asked, what of its answers is released, and when a local
 * key may stand in.
 *
 * @module
 */

import {
  ACCEPTABLE_BEHAVIOURS,
  type Behaviour,
  CONNECTION_BEHAVIOURS,
  createTestCertificate,
  DENIAL_TEXT,
  type DfnsBridge,
  STATUS_BEHAVIOURS,
  startDfnsBridge,
  WRONG_SHAPE_BEHAVIOURS,
  WRONG_TEXT_BEHAVIOURS,
  WRONG_VALUE_BEHAVIOURS,
} from '@countersign/testing-dfns-bridge';
import { freePort, runCountersign } from '@countersign/testing-keyring-process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine, publicKeyOf } from './client/genuine.ts';
import { createMcpClient } from './client/mcp-client.ts';
import { expectRefusal, type Profile, type Refusal } from './client/refusals.ts';
import { FREE_CLIENT, ONE_CLIENT, SESSION_KEY, TIED_ACCOUNT } from './client/settings.ts';
import { SEPOLIA, transferCall, transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, startTwoClients, type TestKeyring } from './client/test-keyring.ts';
import type { WireClient } from './client/wire-client.ts';

const TOKEN = 'wire-test-bridge-token';
const ACTION = 'wire-test-user-action';
const PIN = `0x${publicKeyOf(SESSION_KEY).toString(16)}`;

const UNAVAILABLE: Refusal = {
  status: 503,
  error: 'signer unavailable',
  errorCode: 'SIGNER_UNAVAILABLE',
};
const denied = (error: string): Refusal => ({
  status: 422,
  error,
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
});

/** Behaviours that last as long as the client is patient. */
const ENDLESS: readonly Behaviour[] = ['hang', 'slow-headers', 'slow-body'];
/** Other failures after which nobody knows what the bridge would have said. */
const SILENT: readonly Behaviour[] = [
  ...CONNECTION_BEHAVIOURS.filter((behaviour) => !ENDLESS.includes(behaviour)),
  'unauthorized',
  'redirect',
  'server-error',
  'created',
  ...WRONG_TEXT_BEHAVIOURS,
];
const WRONG: readonly Behaviour[] = [...WRONG_VALUE_BEHAVIOURS, ...WRONG_SHAPE_BEHAVIOURS];

let bridge: DfnsBridge;
let outsideBridge: DfnsBridge;
let keyring: TestKeyring & { readonly tied: WireClient };
let strict: TestKeyring;
let fallback: TestKeyring;
let outside: TestKeyring;
/** Both wait for the bridge for a moment only. */
let hasty: TestKeyring;
let hastyFallback: TestKeyring;

beforeAll(async () => {
  [bridge, outsideBridge] = await Promise.all([
    startBridge('invoke-v2'),
    startBridge('outside-v2'),
  ]);
  const local = { KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' };
  const moment = {
    KEYRING_DFNS_TIMEOUT_MS: '500',
    KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS: '500',
  };
  [keyring, strict, fallback, outside, hasty, hastyFallback] = await Promise.all([
    start(bridge, { KEYRING_ALLOWED_CHAIN_IDS: SEPOLIA, KEYRING_LEAK_SCANNER_ENABLED: 'true' }),
    start(bridge, {}, ['--profile', 'strict']),
    start(bridge, local),
    start(outsideBridge, {}, ['--message-kinds', 'outside-v2']),
    start(bridge, moment),
    start(bridge, { ...moment, ...local }),
  ]);
}, START_TIMEOUT_MS);
afterAll(async () => {
  const keyrings = [keyring, strict, fallback, outside, hasty, hastyFallback];
  await Promise.all(keyrings.map((each) => each.stop()));
  await Promise.all([bridge.close(), outsideBridge.close()]);
});
afterEach(() => bridge.behave('honest'));

function startBridge(kind: 'invoke-v2' | 'outside-v2'): Promise<DfnsBridge> {
  return startDfnsBridge({
    privateKeys: { default: SESSION_KEY },
    authToken: TOKEN,
    userActionSignature: ACTION,
    kind,
  });
}

function variables(url: string): Record<string, string> {
  return {
    KEYRING_SIGNER_PROVIDER: 'dfns',
    KEYRING_DFNS_SIGNER_URL: url,
    KEYRING_DFNS_AUTH_TOKEN: TOKEN,
    KEYRING_DFNS_USER_ACTION_SIGNATURE: ACTION,
    // The pin is compared as a number.
    KEYRING_DFNS_PINNED_PUBKEYS_JSON: JSON.stringify({
      default: `0x0${PIN.slice(2).toUpperCase()}`,
    }),
    KEYRING_DFNS_TIMEOUT_MS: '20000',
    KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS: '20000',
  };
}

function start(
  to: DfnsBridge,
  env: Record<string, string>,
  args: readonly string[] = [],
): ReturnType<typeof startTwoClients> {
  return startTwoClients({ env: { ...variables(to.url), ...env }, args });
}

describe('an honest bridge', () => {
  it.each(ACCEPTABLE_BEHAVIOURS)('gives a signature that is released: %s', async (behaviour) => {
    bridge.behave(behaviour);
    const request = transferRequest();
    const answer = await keyring.client.sign(request);
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
    expect(answer.json.signerProvider).toBe('dfns');
    expect(answer.json.audit).toMatchObject({ policyDecision: 'allow', keyId: 'default' });
  });

  it('satisfies the MCP client', async () => {
    await createMcpClient(keyring.client).sign('default');
  });

  it('is asked once, with both credentials, for exactly the request', async () => {
    const before = bridge.requests.length;
    const request = transferRequest({
      context: { tool: 'test', reason: 'rent', requestId: 'r-1', actor: 'agent' },
    });
    const body = { ...request, client_id: 'unknown fields are dropped', extra: { a: 1 } };
    expectGenuine(await keyring.client.sign(body), request, { privateKey: SESSION_KEY });
    const asked = bridge.requests.slice(before);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${TOKEN}`,
        'x-dfns-useraction': ACTION,
      },
    });
    expect(JSON.parse(asked[0]?.bodyText ?? '')).toEqual({
      clientId: FREE_CLIENT.clientId,
      request: { ...request, context: { tool: 'test', reason: 'rent' } },
      kind: 'Snip12',
      signatureMode: 'v2_snip12',
    });
  });

  it('signs outside executions for a key of that kind', async () => {
    for (const more of [{}, { caller: '0x123', executeAfter: '5' }]) {
      const request = transferRequest(more);
      const answer = await outside.client.sign(request);
      expectGenuine(answer, request, { kind: 'outside-v2', privateKey: SESSION_KEY });
    }
  });

  it('keeps many requests at once apart', async () => {
    const requests = Array.from({ length: 20 }, (_, i) => transferRequest({ nonce: String(i) }));
    const answers = await Promise.all(requests.map((request) => keyring.client.sign(request)));
    for (const [i, request] of requests.entries()) {
      const answer = answers[i];
      if (answer === undefined) throw new Error('no answer');
      expectGenuine(answer, request, { privateKey: SESSION_KEY });
    }
  });
});

describe('a bridge that is not to be trusted', () => {
  it.each([...WRONG, ...SILENT] as readonly string[])(
    'has nothing of its answer released: %s',
    async (behaviour) => {
      const before = bridge.requests.length;
      bridge.behaveOnce(behaviour as Behaviour);
      const answer = await keyring.client.sign(transferRequest());
      const wrongValue = (WRONG_VALUE_BEHAVIOURS as readonly string[]).includes(behaviour);
      expectRefusal('superset', answer, { ...UNAVAILABLE, retryable: !wrongValue });
      expect(answer.json).not.toHaveProperty('signature');
      expect(bridge.requests.length).toBe(before + 1);
    },
  );

  it.each(ENDLESS as readonly string[])('is not waited for: %s', async (behaviour) => {
    bridge.behaveOnce(behaviour as Behaviour);
    const answer = await hasty.client.sign(transferRequest());
    expectRefusal('superset', answer, { ...UNAVAILABLE, retryable: true });
  });

  it.each(['wrong-message-hash', 'server-error', 'not-json'] as const)(
    'is a signer that is not available in profile strict: %s',
    async (behaviour) => {
      bridge.behaveOnce(behaviour);
      const answer = await strict.client.sign(transferRequest());
      const retryable = behaviour !== 'wrong-message-hash';
      expectRefusal('strict', answer, { ...UNAVAILABLE, retryable });
    },
  );

  it('signs again as soon as it is honest', async () => {
    bridge.behaveOnce('wrong-message-hash', 'reset');
    const statuses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      statuses.push((await keyring.client.sign(transferRequest())).status);
    }
    expect(statuses).toEqual([503, 503, 200]);
  });
});

describe('a bridge that denies', () => {
  it.each([
    ['denied', DENIAL_TEXT],
    ['bad-request', 'bad request'],
    ['denied-without-reason', 'the custodian gave no reason'],
  ] as const)('has its reason told: %s', async (behaviour, text) => {
    for (const [profile, { client }] of [
      ['superset', keyring],
      ['strict', strict],
    ] as const) {
      bridge.behaveOnce(behaviour);
      expectRefusal(profile as Profile, await client.sign(transferRequest()), denied(text));
    }
  });

  it('is not asked about what the policy denies first', async () => {
    const before = bridge.requests.length;
    const { client, tied } = keyring;
    const answers = [
      await client.sign(transferRequest({ validUntil: 1 })),
      await client.sign(transferRequest({ validUntil: 9_000_000_000 })),
      await client.sign(transferRequest({ chainId: '0x1' })),
      await client.sign(transferRequest({ calls: [transferCall({ contractAddress: '0xacc0' })] })),
      await client.sign(transferRequest({ calls: [transferCall({ entrypoint: 'upgrade' })] })),
      await client.sign(transferRequest({ keyId: 'nobody' })),
      await client.sign(transferRequest({ messageKind: 'outside-v2' })),
      await client.sign(transferRequest({ context: { reason: 'SESSION_PRIVATE_KEY' } })),
      await tied.sign(transferRequest({ accountAddress: TIED_ACCOUNT, keyId: 'default' })),
      await tied.sign(transferRequest({ keyId: 'other' })),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 422));
    const refused = [
      await client.sign({ ...transferRequest(), calls: [] }),
      await client.sign(transferRequest(), { signature: '0'.repeat(64) }),
      await client.sign(transferRequest(), { timestamp: '1' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 401, 401]);
    expect(bridge.requests.length).toBe(before);
  });

  it('is not asked for a key that was not pinned', async () => {
    const before = bridge.requests.length;
    const answer = await keyring.client.sign(transferRequest({ keyId: 'other' }));
    expect(answer.status).toBe(503);
    expect(bridge.requests.length).toBe(before);
  });
});

describe('a local key that may stand in', () => {
  it.each(SILENT as readonly string[])(
    'does so for a bridge that says nothing: %s',
    async (behaviour) => {
      bridge.behaveOnce(behaviour as Behaviour);
      const request = transferRequest();
      const answer = await fallback.client.sign(request);
      expectGenuine(answer, request, { privateKey: SESSION_KEY });
      expect(answer.json.signerProvider).toBe('local');
    },
  );

  it.each(ENDLESS as readonly string[])('does so after a moment: %s', async (behaviour) => {
    bridge.behaveOnce(behaviour as Behaviour);
    const request = transferRequest();
    const answer = await hastyFallback.client.sign(request);
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
    expect(answer.json.signerProvider).toBe('local');
  });

  it.each(WRONG as readonly string[])(
    'does not for a bridge that is wrong: %s',
    async (behaviour) => {
      bridge.behaveOnce(behaviour as Behaviour);
      const answer = await fallback.client.sign(transferRequest());
      expect(answer.status).toBe(503);
    },
  );

  it('does not for a bridge that denies', async () => {
    bridge.behaveOnce('denied');
    expectRefusal('superset', await fallback.client.sign(transferRequest()), denied(DENIAL_TEXT));
  });

  it('leaves the signing to a bridge that is there', async () => {
    const answer = await fallback.client.sign(transferRequest());
    expect([answer.status, answer.json.signerProvider]).toEqual([200, 'dfns']);
  });

  it('signs by the same policy', async () => {
    bridge.behaveOnce('reset');
    const request = transferRequest({ calls: [transferCall({ entrypoint: 'upgrade' })] });
    expect((await fallback.client.sign(request)).status).toBe(422);
    bridge.behave('honest');
    expect((await fallback.client.sign(transferRequest())).status).toBe(200);
  });
});

describe('the preflight', () => {
  const ask = (of: TestKeyring) => of.client.call({ path: '/health/dfns-preflight' });

  it.each(['honest', ...STATUS_BEHAVIOURS] as const)(
    'counts every answer as one: %s',
    async (behaviour) => {
      bridge.behave(behaviour);
      const { status, json } = await ask(keyring);
      expect(status).toBe(200);
      expect(json).toEqual({
        ok: true,
        reachable: true,
        endpointUrl: bridge.url,
        statusCode: expect.any(Number),
      });
      expect(bridge.requests.at(-1)).toMatchObject({
        method: 'OPTIONS',
        headers: { accept: 'application/json', authorization: `Bearer ${TOKEN}` },
      });
    },
  );

  it.each(['hang', 'reset', 'malformed-http'] as const)(
    'tells when none comes: %s',
    async (behaviour) => {
      bridge.behave(behaviour);
      const { status, json, text } = await ask(hasty);
      expect(status).toBe(503);
      expect(json).toMatchObject({
        ok: false,
        endpointUrl: bridge.url,
        error: expect.any(String),
      });
      for (const secret of [TOKEN, ACTION]) expect(text).not.toContain(secret);
    },
  );

  it('can be demanded before the start', async () => {
    const env = { KEYRING_DFNS_PREFLIGHT_ON_STARTUP: 'true' };
    const eager = await start(bridge, env);
    expect((await eager.client.sign(transferRequest())).status).toBe(200);
    await eager.stop();
  });

  it.each([
    ['nobody listens', async () => `http://127.0.0.1:${await freePort()}/sign`],
    ['the certificate is not trusted', untrustedUrl],
  ] as const)('ends the start when it is demanded and %s', async (_name, urlOf) => {
    const env = {
      ...ONE_CLIENT,
      ...variables(await urlOf()),
      KEYRING_DFNS_PREFLIGHT_ON_STARTUP: '1',
      PORT: String(await freePort()),
    };
    const dataDir = `${keyring.process.dataDir}-preflight`;
    const ended = await runCountersign({ args: ['keyring', '--data-dir', dataDir], env });
    expect(ended).toMatchObject({ status: 1, signal: null });
    expect(ended.stderr).toContain('KEYRING_DFNS_PREFLIGHT_ON_STARTUP');
    expect(ended.stderr).not.toContain('ready http');
    for (const secret of [TOKEN, ACTION, SESSION_KEY]) {
      expect(ended.stdout + ended.stderr).not.toContain(secret);
    }
  });

  async function untrustedUrl(): Promise<string> {
    const selfSigned = await startDfnsBridge({
      privateKeys: {},
      authToken: TOKEN,
      userActionSignature: ACTION,
      tls: createTestCertificate(),
    });
    opened.push(selfSigned);
    return selfSigned.url;
  }
});

const opened: DfnsBridge[] = [];
afterAll(() => Promise.all(opened.map((each) => each.close())));
