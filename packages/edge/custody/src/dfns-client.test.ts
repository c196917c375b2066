import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import {
  type BoundaryError,
  isBoundaryError,
  type JsonValue,
  parseBridgeAnswer,
  Secret,
} from '@countersign/protocol';
import {
  ACCEPTABLE_BEHAVIOURS,
  type Behaviour,
  createTestCertificate,
  DENIAL_TEXT,
  type DfnsBridge,
  startDfnsBridge,
  WRONG_SHAPE_BEHAVIOURS,
  WRONG_VALUE_BEHAVIOURS,
} from '@countersign/testing-dfns-bridge';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDfnsClient, type DfnsClient, type DfnsClientOptions } from './dfns-client.ts';

const TOKEN = 'tok-3e9f0c1b';
const USER_ACTION = 'action-77aa';
const URL_PASSWORD = 'pw-5512';
/** Never reached by a test that does not wait for it. */
const AMPLE_MS = 20_000;
const SHORT_MS = 150;

const REQUEST: JsonValue = {
  accountAddress: '0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50',
  chainId: '0x534e5f5345504f4c4941',
  nonce: '42',
  validUntil: 4_102_444_800,
  calls: [{ contractAddress: '0x049d', entrypoint: 'transfer', calldata: ['0x123', '10', '0x0'] }],
  context: { tool: 'transfer', requestId: 'r-1' },
  traceId: 't-1',
};
const CALL = { clientId: 'agent-1', request: REQUEST };

interface Rig {
  readonly bridge: DfnsBridge;
  readonly client: DfnsClient;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const certificate = createTestCertificate();

async function startBridge(tls: boolean, behaviour?: Behaviour): Promise<DfnsBridge> {
  const bridge = await startDfnsBridge({
    privateKeys: { default: '0x5ec4e7' },
    authToken: TOKEN,
    userActionSignature: USER_ACTION,
    ...(tls ? { tls: certificate } : {}),
    ...(behaviour === undefined ? {} : { behaviour }),
  });
  cleanups.push(() => bridge.close());
  return bridge;
}

function createClient(url: string, changed: Partial<DfnsClientOptions> = {}): DfnsClient {
  const client = createDfnsClient({
    url,
    authToken: new Secret(TOKEN),
    userActionSignature: new Secret(USER_ACTION),
    timeoutMs: AMPLE_MS,
    preflightTimeoutMs: AMPLE_MS,
    ...(url.startsWith('https:') ? { caPem: certificate.certPem } : {}),
    ...changed,
  });
  cleanups.push(() => client.close());
  return client;
}

async function startRig(
  tls: boolean,
  behaviour?: Behaviour,
  changed: Partial<DfnsClientOptions> = {},
): Promise<Rig> {
  const bridge = await startBridge(tls, behaviour);
  return { bridge, client: createClient(bridge.url, changed) };
}

async function refusalOf(promise: Promise<unknown>): Promise<BoundaryError> {
  const outcome = await promise.then(
    () => new Error('the call succeeded'),
    (error: unknown) => error,
  );
  if (!isBoundaryError(outcome)) throw outcome;
  expectNoSecrets(outcome);
  return outcome;
}

/** Everything a logger could print of a value. */
function expectNoSecrets(value: unknown): void {
  const shown = [
    inspect(value, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? value.stack : '',
  ].join('\n');
  for (const secret of [TOKEN, USER_ACTION, URL_PASSWORD]) expect(shown).not.toContain(secret);
}

describe.each([
  ['HTTP', false],
  ['HTTPS', true],
])('sign over %s', (_name, tls) => {
  it.each(ACCEPTABLE_BEHAVIOURS)(
    'hands on the answer of a bridge that is %s',
    async (behaviour) => {
      const { client } = await startRig(tls, behaviour);
      const answer = await client.sign(CALL);
      expect(parseBridgeAnswer(answer.json).signature[3]).toBe(4_102_444_800n);
      expect(JSON.parse(Buffer.from(answer.bytes).toString('utf8'))).toEqual({
        ...(answer.json as object),
      });
    },
  );

  it.each([...WRONG_VALUE_BEHAVIOURS, ...WRONG_SHAPE_BEHAVIOURS])(
    'leaves it to the signer to notice %s',
    async (behaviour) => {
      const { client } = await startRig(tls, behaviour);
      await expect(client.sign(CALL)).resolves.toHaveProperty('json');
    },
  );

  const unusable: readonly (readonly [Behaviour & string, object])[] = [
    ['not-json', { reason: 'answer is not strict JSON' }],
    ['duplicate-keys', { reason: 'answer is not strict JSON' }],
    ['empty-body', { reason: 'answer is not strict JSON' }],
    ['gzip', { reason: 'answer is not strict JSON' }],
    ['huge-body', { reason: 'answer too large' }],
    ['unauthorized', { reason: 'unexpected status', statusCode: 401 }],
    ['redirect', { reason: 'unexpected status', statusCode: 307 }],
    ['server-error', { reason: 'unexpected status', statusCode: 500 }],
    ['created', { reason: 'unexpected status', statusCode: 201 }],
    ['reset', { reason: 'connection failed', systemCode: 'ECONNRESET' }],
    ['reset-in-body', { reason: 'connection failed', systemCode: 'ECONNRESET' }],
    ['short-body', { reason: 'connection failed', systemCode: 'ECONNRESET' }],
    ['huge-headers', { reason: 'connection failed', systemCode: 'HPE_HEADER_OVERFLOW' }],
    ['malformed-http', { reason: 'connection failed', systemCode: 'HPE_INVALID_STATUS' }],
    ['upgrade', { reason: 'connection failed' }],
  ];

  it.each(unusable)('has no use for %s and asks once only', async (behaviour, details) => {
    const { bridge, client } = await startRig(tls);
    bridge.behaveOnce(behaviour);
    const error = await refusalOf(client.sign(CALL));
    expect(error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    expect(error.details).toEqual(details);
    expect(error.cause).toBeUndefined();
    expect(bridge.requests).toHaveLength(1);
    await expect(client.sign(CALL)).resolves.toHaveProperty('json');
  });

  it.each(['hang', 'slow-headers', 'slow-body'] as const)(
    'waits for %s only as long as it is told',
    async (behaviour) => {
      const { bridge, client } = await startRig(tls, behaviour, { timeoutMs: SHORT_MS });
      const error = await refusalOf(client.sign(CALL));
      expect(error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
      expect(error.details).toEqual({ reason: 'timeout' });
      expect(bridge.requests.length).toBeLessThanOrEqual(1);
    },
  );

  const denials: readonly (readonly [string, Behaviour, string])[] = [
    ['422', 'denied', DENIAL_TEXT],
    ['400', 'bad-request', 'bad request'],
    ['422 without JSON', 'denied-without-reason', 'the custodian gave no reason'],
    [
      '422 that echoes a credential',
      { status: 422, body: JSON.stringify({ error: `no ${TOKEN}\nfor ${USER_ACTION}` }) },
      'no [redacted] for [redacted]',
    ],
  ];

  it.each(denials)('passes on the denial of a %s', async (_name, behaviour, text) => {
    const { client } = await startRig(tls, behaviour);
    const error = await refusalOf(client.sign(CALL));
    expect(error.code).toBe('ERR_POLICY_CUSTODIAN_DENIED');
    expect(error.details).toEqual({ text });
  });
});

describe('sign', () => {
  it('sends exactly what the contract names', async () => {
    const { bridge, client } = await startRig(false);
    await client.sign(CALL);
    const [sent] = bridge.requests;
    expect(sent?.method).toBe('POST');
    expect(sent?.headers).toEqual({
      'content-type': 'application/json',
      authorization: `Bearer ${TOKEN}`,
      'x-dfns-useraction': USER_ACTION,
      'content-length': String(sent?.bodyText.length),
      host: new URL(bridge.url).host,
      connection: 'close',
    });
    expect(sent?.bodyText).toBe(
      '{"clientId":"agent-1","request":{"accountAddress":' +
        '"0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50","chainId":' +
        '"0x534e5f5345504f4c4941","nonce":"42","validUntil":4102444800,"calls":[{"contractAddress":' +
        '"0x049d","entrypoint":"transfer","calldata":["0x123","10","0x0"]}],"context":{"tool":' +
        '"transfer"}},"kind":"Snip12","signatureMode":"v2_snip12"}',
    );
  });

  it('sends nothing for a request that breaks the schema', async () => {
    const { bridge, client } = await startRig(false);
    const error = await refusalOf(client.sign({ clientId: 'agent-1', request: { calls: [] } }));
    expect(error.code).toBe('ERR_REQUEST_INVALID');
    expect(bridge.requests).toHaveLength(0);
  });

  it('sends query parameters, but no user name and password of the URL', async () => {
    const bridge = await startBridge(false);
    const url = bridge.url.replace('//', `//user:${URL_PASSWORD}@`);
    const client = createClient(`${url}?wallet=1`);
    const error = await refusalOf(client.sign(CALL));
    expect(error.details).toEqual({ reason: 'unexpected status', statusCode: 404 });
    expect(bridge.requests[0]?.path).toBe('/sign?wallet=1');
    expect(bridge.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('accepts an answer of 65536 bytes and not one more', async () => {
    const { bridge, client } = await startRig(false);
    bridge.behaveOnce({ status: 200, body: `{}${' '.repeat(65_534)}` });
    expect((await client.sign(CALL)).json).toEqual({});
    bridge.behaveOnce({ status: 200, body: `{}${' '.repeat(65_535)}` });
    const error = await refusalOf(client.sign(CALL));
    expect(error.details).toEqual({ reason: 'answer too large' });
  });

  it('does not read an oversized denial', async () => {
    const body = JSON.stringify({ error: 'x'.repeat(70_000) });
    const { client } = await startRig(false, { status: 422, body });
    const error = await refusalOf(client.sign(CALL));
    expect(error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    expect(error.details).toEqual({ reason: 'answer too large' });
  });

  it.each(['honest', 'hang', 'slow-body', 'huge-body'] as const)(
    'leaves no connection behind after %s',
    async (behaviour) => {
      const timeoutMs = behaviour === 'hang' || behaviour === 'slow-body' ? SHORT_MS : AMPLE_MS;
      const { bridge, client } = await startRig(false, behaviour, { timeoutMs });
      await client.sign(CALL).catch(() => {});
      await vi.waitFor(() => expect(bridge.connectionCount()).toBe(0));
    },
  );

  it('keeps calls that run at the same time apart', async () => {
    const { client } = await startRig(false);
    const times = Array.from({ length: 20 }, (_, i) => 4_102_444_800 + i);
    const answers = await Promise.all(
      times.map((validUntil) =>
        client.sign({ clientId: 'agent-1', request: { ...(REQUEST as object), validUntil } }),
      ),
    );
    const echoed = answers.map(({ json }) => Number(parseBridgeAnswer(json).signature[3]));
    expect(echoed).toEqual(times);
  });

  it('fails when nobody listens', async () => {
    const bridge = await startDfnsBridge({
      privateKeys: {},
      authToken: TOKEN,
      userActionSignature: USER_ACTION,
    });
    await bridge.close();
    const error = await refusalOf(createClient(bridge.url).sign(CALL));
    expect(error.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    expect(error.details).toEqual({ reason: 'connection failed', systemCode: 'ECONNREFUSED' });
  });
});

describe('sign over TLS refuses', () => {
  const certificates: readonly (readonly [string, () => Rig | Promise<Rig>, string])[] = [
    [
      'a certificate nobody vouches for',
      () => startRig(true, 'honest', { caPem: createTestCertificate().certPem }),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    ['an expired certificate', () => rigWith({ validDays: -1 }), 'CERT_HAS_EXPIRED'],
    [
      'a certificate for another address',
      () => rigWith({ address: [10, 0, 0, 1] }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ];

  async function rigWith(of: Parameters<typeof createTestCertificate>[0]): Promise<Rig> {
    const tls = createTestCertificate(of);
    const bridge = await startDfnsBridge({
      privateKeys: { default: '0x5ec4e7' },
      authToken: TOKEN,
      userActionSignature: USER_ACTION,
      tls,
    });
    cleanups.push(() => bridge.close());
    return { bridge, client: createClient(bridge.url, { caPem: tls.certPem }) };
  }

  it.each(certificates)('%s, before it sends anything', async (_name, start, systemCode) => {
    const { bridge, client } = await start();
    const error = await refusalOf(client.sign(CALL));
    expect(error.details).toEqual({ reason: 'connection failed', systemCode });
    expect(bridge.requests).toHaveLength(0);
  });

  it('an unknown certificate also when the environment waives the check', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    cleanups.push(() => vi.unstubAllEnvs());
    const { bridge, client } = await startRig(true, 'honest', {
      caPem: createTestCertificate().certPem,
    });
    expect((await refusalOf(client.sign(CALL))).details.reason).toBe('connection failed');
    expect(bridge.requests).toHaveLength(0);
  });

  it('a handshake that never ends', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const client = createClient(`https://127.0.0.1:${port}/`, { timeoutMs: SHORT_MS });
    expect((await refusalOf(client.sign(CALL))).details).toEqual({ reason: 'timeout' });
  });
});

describe('close', () => {
  it('ends a call under way and refuses later ones', async () => {
    const { bridge, client } = await startRig(false, 'hang');
    const pending = refusalOf(client.sign(CALL));
    await vi.waitFor(() => expect(bridge.requests).toHaveLength(1));
    client.close();
    expect((await pending).details).toEqual({ reason: 'client closed' });
    const later = await refusalOf(client.sign(CALL));
    expect(later.code).toBe('ERR_CUSTODIAN_UNAVAILABLE');
    expect(await client.preflight()).toMatchObject({ ok: false, error: 'client closed' });
    expect(bridge.requests).toHaveLength(1);
  });
});

describe.each([
  ['HTTP', false],
  ['HTTPS', true],
])('preflight over %s', (_name, tls) => {
  const answered: readonly (readonly [Behaviour, number])[] = [
    ['honest', 204],
    ['unauthorized', 401],
    ['denied', 422],
    ['redirect', 307],
    ['server-error', 500],
    [{ status: 200, body: 'x'.repeat(200_000) }, 200],
    [{ status: 404, body: '<html>' }, 404],
  ];

  it.each(answered)('is content with %j', async (behaviour, statusCode) => {
    const { bridge, client } = await startRig(tls, behaviour);
    expect(await client.preflight()).toEqual({
      ok: true,
      reachable: true,
      endpointUrl: bridge.url,
      statusCode,
    });
  });

  const unanswered: readonly (readonly [Behaviour, string])[] = [
    ['hang', 'timeout'],
    ['slow-headers', 'timeout'],
  ];

  it.each(unanswered)('gives up on %s', async (behaviour, error) => {
    const { bridge, client } = await startRig(tls, behaviour, { preflightTimeoutMs: SHORT_MS });
    expect(await client.preflight()).toEqual({
      ok: false,
      reachable: false,
      endpointUrl: bridge.url,
      error,
    });
  });

  it('reports a connection that breaks', async () => {
    const { bridge, client } = await startRig(tls, 'reset');
    expect(await client.preflight()).toEqual({
      ok: false,
      reachable: false,
      endpointUrl: bridge.url,
      error: 'connection failed: ECONNRESET',
    });
    expect(bridge.requests).toHaveLength(1);
  });
});

describe('preflight', () => {
  it('sends exactly what the contract names', async () => {
    const { bridge, client } = await startRig(false);
    await client.preflight();
    expect(bridge.requests).toHaveLength(1);
    expect(bridge.requests[0]).toMatchObject({ method: 'OPTIONS', path: '/sign', bodyText: '' });
    expect(bridge.requests[0]?.headers).toEqual({
      accept: 'application/json',
      authorization: `Bearer ${TOKEN}`,
      'x-dfns-useraction': USER_ACTION,
      host: new URL(bridge.url).host,
      connection: 'close',
    });
  });

  it('is content with a body that never ends', async () => {
    const { bridge, client } = await startRig(false, 'slow-body');
    expect((await client.preflight()).ok).toBe(true);
    await vi.waitFor(() => expect(bridge.connectionCount()).toBe(0));
  });

  it('shows the URL without credentials, query and fragment', async () => {
    const { host } = new URL((await startBridge(false)).url);
    const client = createClient(`http://user:${URL_PASSWORD}@${host}/sign?key=${TOKEN}#${TOKEN}`);
    const result = await client.preflight();
    expect(result.endpointUrl).toBe(`http://${host}/sign`);
    expectNoSecrets(result);
  });
});

describe('createDfnsClient', () => {
  const settings: readonly (readonly [string, Partial<DfnsClientOptions>, string])[] = [
    ['no URL', { url: `${URL_PASSWORD} is no url` }, 'url'],
    ['a URL of another scheme', { url: 'ftp://bridge.example/' }, 'url'],
    ['an empty token', { authToken: new Secret('') }, 'authToken'],
    ['a token with a line break', { authToken: new Secret(`${TOKEN}\r\nx: y`) }, 'authToken'],
    ['a token beyond ASCII', { authToken: new Secret(`${TOKEN}ä`) }, 'authToken'],
    [
      'a user action with a blank at its end',
      { userActionSignature: new Secret(`${USER_ACTION} `) },
      'userActionSignature',
    ],
    ['no time', { timeoutMs: 0 }, 'timeoutMs'],
    ['a fraction of time', { timeoutMs: 0.5 }, 'timeoutMs'],
    ['more time than a timer can count', { timeoutMs: 2 ** 31 }, 'timeoutMs'],
    ['no time for the preflight', { preflightTimeoutMs: Number.NaN }, 'preflightTimeoutMs'],
    ['certificates without TLS', { url: 'http://127.0.0.1/', caPem: certificate.certPem }, 'caPem'],
    ['a text without certificates', { caPem: 'x' }, 'caPem'],
    [
      'a certificate that is none',
      { caPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
      'caPem',
    ],
  ];

  it.each(settings)('refuses %s', (_name, changed, setting) => {
    let refusal: unknown;
    try {
      createClient('https://127.0.0.1/', changed);
    } catch (error) {
      refusal = error;
    }
    expect(isBoundaryError(refusal) && refusal.code).toBe('ERR_CONFIG_INVALID');
    expect(isBoundaryError(refusal) && refusal.details.setting).toBe(setting);
    expectNoSecrets(refusal);
  });

  it('shows no secret when it is printed, also with a call under way', async () => {
    const { bridge, client } = await startRig(false, 'hang');
    const pending = refusalOf(client.sign(CALL));
    await vi.waitFor(() => expect(bridge.requests).toHaveLength(1));
    expectNoSecrets(client);
    client.close();
    await pending;
  });
});
