import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { edgeSettingsSchema, signerSettingsSchema } from '@countersign/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTlsPair } from '../../test/tls-files.ts';
import { type Environment, SettingError } from './environment.ts';
import { type KeyringOptions, type KeyringSettings, keyringSettings } from './keyring-settings.ts';

const OPTIONS: KeyringOptions = {
  dataDir: '/var/lib/countersign',
  profile: 'superset',
  messageKinds: ['invoke-v2'],
  hashBackend: 'wasm',
};

/** The least there is: one client, one key. */
const LEAST: Environment = {
  KEYRING_HMAC_SECRET: 'change-me-0123456789',
  SESSION_PRIVATE_KEY: '0x5ec4e7',
};

// The x-coordinate that belongs to 0x5ec4e7.
const PUBLIC_KEY = '0x3924af0ca65af87200abdba798c5fde29a91d4b75e19430535cfd287fd16e10';
const CLIENTS = (...clients: readonly object[]): Environment => ({
  KEYRING_AUTH_CLIENTS_JSON: JSON.stringify(clients),
});
const KEYS = (...keys: readonly object[]): Environment => ({
  KEYRING_SIGNING_KEYS_JSON: JSON.stringify(keys),
});
const CLIENT = { clientId: 'default', hmacSecret: 'secret-0123456789' };
const KEY = { keyId: 'default', privateKey: '0x5ec4e7' };
const BRIDGE: Environment = {
  KEYRING_SIGNER_PROVIDER: 'dfns',
  KEYRING_DFNS_SIGNER_URL: 'http://bridge.example/sign',
  KEYRING_DFNS_AUTH_TOKEN: 'token',
  KEYRING_DFNS_USER_ACTION_SIGNATURE: 'action',
  KEYRING_DFNS_PINNED_PUBKEYS_JSON: JSON.stringify({ default: '0xabc' }),
};

let tls: Readonly<Record<'cert' | 'key' | 'other', string>> = { cert: '', key: '', other: '' };
let dir = '';

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'countersign-keyring-'));
  const [mine, other] = [makeTlsPair(), makeTlsPair()];
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(dir, name), text);
    return path.join(dir, name);
  };
  tls = {
    cert: file('cert.pem', mine.certPem),
    key: file('key.pem', mine.keyPem),
    other: file('other.pem', other.keyPem),
  };
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const read = (env: Environment, base: Environment = LEAST): KeyringSettings =>
  keyringSettings({ ...base, ...env }, OPTIONS);

function refusal(env: Environment, base: Environment = LEAST): string {
  try {
    read(env, base);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingError);
    return (error as SettingError).message;
  }
  throw new Error('the variables were accepted');
}

const https = (): Environment => ({
  KEYRING_TRANSPORT: 'https',
  KEYRING_TLS_CERT_PATH: tls.cert,
  KEYRING_TLS_KEY_PATH: tls.key,
});
const mutual = (): Environment => ({
  ...https(),
  KEYRING_MTLS_REQUIRED: 'true',
  KEYRING_TLS_CA_PATH: tls.cert,
});

describe('the least environment', () => {
  const { settings, warnings } = keyringSettings(LEAST, OPTIONS);

  it('has every default of the older signer', () => {
    expect(settings.edge).toEqual({
      host: '127.0.0.1',
      port: 8545,
      profile: 'superset',
      logLevel: 'info',
      clients: [{ clientId: 'default', secrets: ['change-me-0123456789'], certificates: [] }],
      defaultClientId: 'default',
      defaultKeyId: 'default',
      maxSkewMs: 30_000,
      nonceTtlMs: 120_000,
      nonceStore: 'embedded',
      leakScan: 'off',
      maxConnectionsPerAddress: 1_024,
      maxInFlight: 1_024,
    });
    expect(settings.signer).toEqual({
      dataDir: '/var/lib/countersign',
      maxSkewMs: 30_000,
      nonceTtlMs: 120_000,
      clients: [{ clientId: 'default', secrets: ['change-me-0123456789'] }],
      keys: [{ keyId: 'default', source: 'inline', privateKey: '0x5ec4e7' }],
      bridgeFallback: false,
      hashBackend: 'wasm',
      policy: {
        chains: 'all',
        maxValiditySec: 86_400,
        defaultKeyId: 'default',
        clients: [{ clientId: 'default', keyIds: 'all', accounts: 'all' }],
        keys: [
          {
            keyId: 'default',
            messageKinds: ['invoke-v2'],
            targets: 'all',
            recipients: 'all',
            caps: [],
          },
        ],
      },
    });
  });

  it('gives settings both processes take', () => {
    expect(signerSettingsSchema.safeParse(settings.signer).success).toBe(true);
    expect(edgeSettingsSchema.safeParse(settings.edge).success).toBe(true);
  });

  it('never hands a private key to the edge', () => {
    expect(JSON.stringify(settings.edge)).not.toContain('5ec4e7');
  });

  it('warns about everything that is open', () => {
    expect(warnings).toEqual([
      'no allowedKeyIds: every key is open to default',
      'no allowedAccountAddresses: every account is open to default',
      'no KEYRING_ALLOWED_CHAIN_IDS: every chain is allowed',
      expect.stringContaining('no target lists, recipient lists or caps'),
      'keys come from the environment of this process',
    ]);
  });
});

describe('a variable sets', () => {
  const edge: readonly (readonly [string, Environment, object])[] = [
    ['HOST', { HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    ['PORT', { PORT: '8080' }, { port: 8_080 }],
    ['LOG_LEVEL', { LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    ['KEYRING_MAX_SKEW_MS', { KEYRING_MAX_SKEW_MS: '5000' }, { maxSkewMs: 5_000 }],
    ['KEYRING_NONCE_TTL_MS', { KEYRING_NONCE_TTL_MS: '7000' }, { nonceTtlMs: 7_000 }],
    [
      'KEYRING_DEFAULT_AUTH_CLIENT_ID',
      { KEYRING_DEFAULT_AUTH_CLIENT_ID: 'mcp' },
      {
        defaultClientId: 'mcp',
        clients: [{ clientId: 'mcp', secrets: ['change-me-0123456789'], certificates: [] }],
      },
    ],
    ['KEYRING_DEFAULT_KEY_ID', { KEYRING_DEFAULT_KEY_ID: 'ops' }, { defaultKeyId: 'ops' }],
    [
      'KEYRING_REPLAY_STORE and KEYRING_REDIS_URL',
      { KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: 'redis://r:6379' },
      {
        nonceStore: 'redis',
        redis: {
          url: 'redis://r:6379',
          noncePrefix: 'starknet-keyring-proxy:nonce:',
          ratePrefix: 'starknet-keyring-proxy:ratelimit:',
        },
      },
    ],
    [
      'KEYRING_REDIS_NONCE_PREFIX and KEYRING_REDIS_RATE_LIMIT_PREFIX',
      {
        KEYRING_REPLAY_STORE: 'redis',
        KEYRING_REDIS_URL: 'rediss://r:6379',
        KEYRING_REDIS_NONCE_PREFIX: 'n:',
        KEYRING_REDIS_RATE_LIMIT_PREFIX: '',
      },
      { redis: { url: 'rediss://r:6379', noncePrefix: 'n:', ratePrefix: '' } },
    ],
    [
      'KEYRING_RATE_LIMIT_ENABLED',
      { KEYRING_RATE_LIMIT_ENABLED: 'on' },
      { rateLimit: { store: 'memory', windowMs: 60_000, maxRequests: 120 } },
    ],
    [
      'KEYRING_RATE_LIMIT_*',
      {
        KEYRING_RATE_LIMIT_ENABLED: '1',
        KEYRING_RATE_LIMIT_BACKEND: 'redis',
        KEYRING_RATE_LIMIT_WINDOW_MS: '1000',
        KEYRING_RATE_LIMIT_MAX_REQUESTS: '5',
        KEYRING_REDIS_URL: 'redis://r:6379',
      },
      { rateLimit: { store: 'redis', windowMs: 1_000, maxRequests: 5 }, nonceStore: 'embedded' },
    ],
    [
      'KEYRING_LEAK_SCANNER_ENABLED',
      { KEYRING_LEAK_SCANNER_ENABLED: 'yes' },
      { leakScan: 'block' },
    ],
    [
      'KEYRING_LEAK_SCANNER_ACTION',
      { KEYRING_LEAK_SCANNER_ENABLED: 'yes', KEYRING_LEAK_SCANNER_ACTION: 'warn' },
      { leakScan: 'warn' },
    ],
    [
      'KEYRING_DFNS_*',
      {
        ...BRIDGE,
        KEYRING_DFNS_TIMEOUT_MS: '100',
        KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS: '50',
        KEYRING_DFNS_PREFLIGHT_ON_STARTUP: 'true',
      },
      {
        bridge: {
          url: 'http://bridge.example/sign',
          authToken: 'token',
          userActionSignature: 'action',
          timeoutMs: 100,
          preflightTimeoutMs: 50,
          preflightOnStart: true,
        },
      },
    ],
  ];

  it.each(edge)('%s', (_name, env, expected) => {
    expect(read(env).settings.edge).toMatchObject(expected);
  });

  it('KEYRING_TRANSPORT and KEYRING_TLS_*', () => {
    expect(read(https()).settings.edge.tls).toMatchObject({ clientCertificates: false });
    expect(read(https()).settings.edge.tls).not.toHaveProperty('caPem');
    expect(read(mutual()).settings.edge.tls).toMatchObject({
      clientCertificates: true,
      caPem: expect.stringContaining('BEGIN CERTIFICATE'),
    });
  });

  it('KEYRING_MAX_VALIDITY_WINDOW_SEC and KEYRING_ALLOWED_CHAIN_IDS', () => {
    const { policy } = read({
      KEYRING_MAX_VALIDITY_WINDOW_SEC: '60',
      KEYRING_ALLOWED_CHAIN_IDS: ' 0x534e5f4d41494e, 393402133025997798000961 ,',
    }).settings.signer;
    expect(policy.maxValiditySec).toBe(60);
    expect(policy.chains).toEqual(['0x534e5f4d41494e', '393402133025997798000961']);
  });

  it('KEYRING_AUTH_CLIENTS_JSON, which wins over KEYRING_HMAC_SECRET', () => {
    const { signer, edge } = read(
      CLIENTS(CLIENT, {
        clientId: 'ops',
        hmacSecret: 'ops-secret-0123456789',
        allowedKeyIds: ['default'],
      }),
    ).settings;
    expect(edge.clients.map(({ clientId }) => clientId)).toEqual(['default', 'ops']);
    expect(JSON.stringify(signer)).not.toContain('change-me-0123456789');
    expect(signer.policy.clients).toEqual([
      { clientId: 'default', keyIds: 'all', accounts: 'all' },
      { clientId: 'ops', keyIds: ['default'], accounts: 'all' },
    ]);
  });

  it('KEYRING_SIGNING_KEYS_JSON, which wins over SESSION_PRIVATE_KEY', () => {
    const { keys } = read(KEYS(KEY, { keyId: 'ops', privateKey: '0x7' }), {
      ...LEAST,
      SESSION_PRIVATE_KEY: '0x9',
    }).settings.signer;
    expect(keys).toEqual([
      { keyId: 'default', source: 'inline', privateKey: '0x5ec4e7' },
      { keyId: 'ops', source: 'inline', privateKey: '0x7' },
    ]);
  });

  it('the flags of the command', () => {
    const { signer, edge } = keyringSettings(LEAST, {
      dataDir: '/elsewhere',
      profile: 'strict',
      messageKinds: ['invoke-v1', 'outside-v2'],
      hashBackend: 'scure',
    }).settings;
    expect([signer.dataDir, signer.hashBackend, edge.profile]).toEqual([
      '/elsewhere',
      'scure',
      'strict',
    ]);
    expect(signer.policy.keys[0]?.messageKinds).toEqual(['invoke-v1', 'outside-v2']);
  });
});

describe('lists of a client', () => {
  const policy = (more: object): unknown =>
    read(CLIENTS({ ...CLIENT, ...more })).settings.signer.policy.clients[0];

  it('that are absent mean everything, with a warning', () => {
    expect(policy({})).toMatchObject({ keyIds: 'all', accounts: 'all' });
  });

  it('that are empty mean nothing, without one', () => {
    const lists = { allowedKeyIds: [], allowedAccountAddresses: [] };
    expect(policy(lists)).toMatchObject({ keyIds: [], accounts: [] });
    const { warnings } = read(CLIENTS({ ...CLIENT, ...lists }));
    expect(warnings.filter((text) => text.startsWith('no allowed'))).toEqual([]);
  });

  it('mean what they hold', () => {
    expect(policy({ allowedKeyIds: ['default'], allowedAccountAddresses: ['0x01'] })).toMatchObject(
      {
        keyIds: ['default'],
        accounts: ['0x01'],
      },
    );
  });

  it('are named in a warning only for the clients that lack them', () => {
    const { warnings } = read(
      CLIENTS(CLIENT, { clientId: 'b', hmacSecret: CLIENT.hmacSecret, allowedKeyIds: ['default'] }),
    );
    expect(warnings).toContain('no allowedKeyIds: every key is open to default');
    expect(warnings).toContain('no allowedAccountAddresses: every account is open to default, b');
  });
});

describe('keys behind the bridge', () => {
  it('are pins, and no private key leaves the supervisor', () => {
    const { signer } = read(BRIDGE).settings;
    expect(signer.keys).toEqual([{ keyId: 'default', source: 'bridge', publicKey: '0xabc' }]);
    expect(signer.bridgeFallback).toBe(false);
  });

  it('come with their private key where it may stand in', () => {
    const { signer } = read({ ...BRIDGE, KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' }).settings;
    expect(signer.bridgeFallback).toBe(true);
    expect(signer.keys).toEqual([
      { keyId: 'default', source: 'bridge', publicKey: '0xabc' },
      { keyId: 'default', source: 'inline', privateKey: '0x5ec4e7' },
    ]);
  });

  it('that are not pinned are not there', () => {
    const env = { ...BRIDGE, ...KEYS(KEY, { keyId: 'ops', privateKey: '0x7' }) };
    expect(read(env).settings.signer.keys.map(({ keyId }) => keyId)).toEqual(['default']);
    const fallback = { ...env, KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' };
    expect(JSON.stringify(read(fallback).settings.signer.keys)).not.toContain('ops');
  });
});

describe('variables are refused', () => {
  const cases: readonly (readonly [string, Environment, string])[] = [
    ['HOST that is empty', { HOST: '' }, 'HOST must not be empty'],
    ['PORT of zero', { PORT: '0' }, 'PORT must be an integer from 1 to 65535'],
    ['PORT past the last', { PORT: '65536' }, 'PORT must be an integer from 1 to 65535'],
    [
      'LOG_LEVEL nobody has',
      { LOG_LEVEL: 'loud' },
      'LOG_LEVEL must be one of debug, info, warn, error',
    ],
    [
      'a transport nobody has',
      { KEYRING_TRANSPORT: 'ftp' },
      'KEYRING_TRANSPORT must be one of http, https',
    ],
    ['a skew of zero', { KEYRING_MAX_SKEW_MS: '0' }, 'KEYRING_MAX_SKEW_MS must be an integer'],
    [
      'a nonce life that is no number',
      { KEYRING_NONCE_TTL_MS: '2m' },
      'KEYRING_NONCE_TTL_MS must be an integer',
    ],
    [
      'a horizon of zero',
      { KEYRING_MAX_VALIDITY_WINDOW_SEC: '0' },
      'KEYRING_MAX_VALIDITY_WINDOW_SEC must be an integer',
    ],
    [
      'chains by name',
      { KEYRING_ALLOWED_CHAIN_IDS: 'SN_MAIN' },
      'KEYRING_ALLOWED_CHAIN_IDS must be a comma list',
    ],
    [
      'a replay store nobody has',
      { KEYRING_REPLAY_STORE: 'disk' },
      'KEYRING_REPLAY_STORE must be one of memory, redis',
    ],
    [
      'a replay store without its Redis',
      { KEYRING_REPLAY_STORE: 'redis' },
      'KEYRING_REDIS_URL must be a redis:// or rediss:// URL',
    ],
    [
      'a Redis that is none',
      { KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: 'http://r' },
      'KEYRING_REDIS_URL must be a redis:// or rediss:// URL',
    ],
    [
      'a rate limit without its Redis',
      { KEYRING_RATE_LIMIT_ENABLED: '1', KEYRING_RATE_LIMIT_BACKEND: 'redis' },
      'KEYRING_REDIS_URL must be',
    ],
    [
      'a rate limit store nobody has',
      { KEYRING_RATE_LIMIT_BACKEND: 'disk' },
      'KEYRING_RATE_LIMIT_BACKEND must be one of',
    ],
    [
      'a window of zero',
      { KEYRING_RATE_LIMIT_WINDOW_MS: '0' },
      'KEYRING_RATE_LIMIT_WINDOW_MS must be an integer',
    ],
    [
      'a limit of zero',
      { KEYRING_RATE_LIMIT_MAX_REQUESTS: '0' },
      'KEYRING_RATE_LIMIT_MAX_REQUESTS must be an integer',
    ],
    [
      'a leak action nobody has',
      { KEYRING_LEAK_SCANNER_ENABLED: '1', KEYRING_LEAK_SCANNER_ACTION: 'log' },
      'KEYRING_LEAK_SCANNER_ACTION must be one of block, warn',
    ],
    [
      'another signature mode',
      { KEYRING_SESSION_SIGNATURE_MODE: 'v1' },
      'KEYRING_SESSION_SIGNATURE_MODE must be one of v2_snip12',
    ],
    [
      'a provider nobody has',
      { KEYRING_SIGNER_PROVIDER: 'privy' },
      'KEYRING_SIGNER_PROVIDER must be one of local, dfns',
    ],
    [
      'a fallback nobody has',
      { KEYRING_SIGNER_FALLBACK_PROVIDER: 'dfns' },
      'KEYRING_SIGNER_FALLBACK_PROVIDER must be one of none, local',
    ],
    [
      'a profile nobody has',
      { KEYRING_SECURITY_PROFILE: 'paranoid' },
      'KEYRING_SECURITY_PROFILE must be one of flex, secure',
    ],
    // clients
    [
      'a short secret',
      { KEYRING_HMAC_SECRET: 'fifteen-chars-1' },
      'KEYRING_HMAC_SECRET must have at least 16 characters',
    ],
    [
      'an empty secret',
      { KEYRING_HMAC_SECRET: '' },
      'KEYRING_HMAC_SECRET must have at least 16 characters',
    ],
    [
      'an empty default client',
      { KEYRING_DEFAULT_AUTH_CLIENT_ID: '' },
      'KEYRING_DEFAULT_AUTH_CLIENT_ID must not be empty',
    ],
    [
      'clients that are no JSON',
      { KEYRING_AUTH_CLIENTS_JSON: '[{' },
      'KEYRING_AUTH_CLIENTS_JSON must be valid JSON',
    ],
    ['no clients', CLIENTS(), 'KEYRING_AUTH_CLIENTS_JSON is not valid'],
    ['a client without a secret', CLIENTS({ clientId: 'default' }), '0.hmacSecret'],
    ['a client with a short secret', CLIENTS({ ...CLIENT, hmacSecret: 'short' }), '0.hmacSecret'],
    ['a client without an id', CLIENTS({ ...CLIENT, clientId: '' }), '0.clientId'],
    ['a client twice', CLIENTS(CLIENT, CLIENT), 'Duplicate auth client id: default'],
    [
      'a default client that is none',
      CLIENTS({ ...CLIENT, clientId: 'a' }),
      'KEYRING_DEFAULT_AUTH_CLIENT_ID (default) must be one of the clients',
    ],
    [
      'a client with a key nobody has',
      CLIENTS({ ...CLIENT, allowedKeyIds: ['cold'] }),
      'unknown keyId: cold',
    ],
    [
      'a client with an account in decimal',
      CLIENTS({ ...CLIENT, allowedAccountAddresses: ['1'] }),
      '0.allowedAccountAddresses.0',
    ],
    // keys
    ['a key that is empty', { SESSION_PRIVATE_KEY: '' }, 'SESSION_PRIVATE_KEY must not be empty'],
    [
      'a key without its prefix',
      { SESSION_PRIVATE_KEY: '5ec4e7' },
      'SESSION_PRIVATE_KEY must be 0x',
    ],
    ['a key of zero', { SESSION_PRIVATE_KEY: '0x0' }, 'must lie between 1 and the curve order'],
    [
      'a key past the order',
      { SESSION_PRIVATE_KEY: `0x${'f'.repeat(64)}` },
      'must lie between 1 and the curve order',
    ],
    [
      'a public key of another',
      { SESSION_PUBLIC_KEY: '0x7' },
      'does not belong to its private key',
    ],
    ['a public key that is none', { SESSION_PUBLIC_KEY: 'x' }, 'SESSION_PUBLIC_KEY must be 0x'],
    [
      'an empty default key',
      { KEYRING_DEFAULT_KEY_ID: '' },
      'KEYRING_DEFAULT_KEY_ID must not be empty',
    ],
    [
      'keys that are no JSON',
      { KEYRING_SIGNING_KEYS_JSON: 'x' },
      'KEYRING_SIGNING_KEYS_JSON must be valid JSON',
    ],
    ['no keys', KEYS(), 'KEYRING_SIGNING_KEYS_JSON is not valid'],
    ['a key without a private key', KEYS({ keyId: 'default' }), '0.privateKey'],
    ['a key twice', KEYS(KEY, KEY), 'Duplicate keyId'],
    [
      'a default key that is none',
      KEYS({ ...KEY, keyId: 'a' }),
      'KEYRING_DEFAULT_KEY_ID (default) must be one of the keys',
    ],
    [
      'a listed public key of another',
      KEYS({ ...KEY, publicKey: '0x7' }),
      'publicKey of keyId default does not belong',
    ],
    // bridge
    [
      'a bridge without a URL',
      { ...BRIDGE, KEYRING_DFNS_SIGNER_URL: undefined },
      'requires KEYRING_DFNS_SIGNER_URL',
    ],
    [
      'a bridge without a token',
      { ...BRIDGE, KEYRING_DFNS_AUTH_TOKEN: undefined },
      'requires KEYRING_DFNS_AUTH_TOKEN',
    ],
    [
      'a bridge without a user action',
      { ...BRIDGE, KEYRING_DFNS_USER_ACTION_SIGNATURE: undefined },
      'requires KEYRING_DFNS_USER_ACTION_SIGNATURE',
    ],
    [
      'a bridge without pins',
      { ...BRIDGE, KEYRING_DFNS_PINNED_PUBKEYS_JSON: undefined },
      'KEYRING_DFNS_PINNED_PUBKEYS_JSON must pin the default key (default)',
    ],
    [
      'a bridge that pins no default key',
      { ...BRIDGE, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{}' },
      'must pin the default key',
    ],
    [
      'a pin of an unknown key',
      { ...BRIDGE, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"default":"0x1","x":"0x2"}' },
      'unknown keyId: x',
    ],
    [
      'a pin that is no number',
      { ...BRIDGE, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"default":"abc"}' },
      'KEYRING_DFNS_PINNED_PUBKEYS_JSON is not valid',
    ],
    [
      'a bridge time of zero',
      { ...BRIDGE, KEYRING_DFNS_TIMEOUT_MS: '0' },
      'KEYRING_DFNS_TIMEOUT_MS must be an integer',
    ],
    [
      'a bridge that speaks no HTTP',
      { ...BRIDGE, KEYRING_DFNS_SIGNER_URL: 'ftp://b' },
      'KEYRING_DFNS_SIGNER_URL',
    ],
  ];

  it.each(cases)('%s', (_name, env, text) => {
    const message = refusal(env);
    expect(message).toContain(text);
    expect(message).not.toMatch(/change-me|secret-0123456789|5ec4e7/);
  });

  it('none at all: no clients, no keys', () => {
    expect(refusal({}, { SESSION_PRIVATE_KEY: '0x5ec4e7' })).toContain(
      'No auth clients configured',
    );
    expect(refusal({}, { KEYRING_HMAC_SECRET: 'change-me-0123456789' })).toContain(
      'No signing keys configured',
    );
  });

  it('a key is mandatory behind the bridge too', () => {
    const env = { ...BRIDGE, SESSION_PRIVATE_KEY: undefined };
    expect(refusal(env)).toContain('No signing keys configured');
  });

  it('files of TLS that cannot be used', () => {
    const paths = https();
    expect(refusal({ ...paths, KEYRING_TLS_CERT_PATH: undefined })).toContain(
      'KEYRING_TRANSPORT=https requires KEYRING_TLS_CERT_PATH and KEYRING_TLS_KEY_PATH',
    );
    expect(refusal({ ...paths, KEYRING_TLS_KEY_PATH: undefined })).toContain('requires');
    expect(refusal({ ...paths, KEYRING_TLS_CERT_PATH: path.join(dir, 'none') })).toContain(
      'KEYRING_TLS_CERT_PATH names a file that cannot be read',
    );
    expect(refusal({ ...paths, KEYRING_TLS_CERT_PATH: tls.key })).toContain(
      'KEYRING_TLS_CERT_PATH must name',
    );
    expect(refusal({ ...paths, KEYRING_TLS_KEY_PATH: tls.other })).toContain(
      'KEYRING_TLS_KEY_PATH must name',
    );
    expect(refusal({ ...paths, KEYRING_TLS_CA_PATH: tls.key })).toContain(
      'KEYRING_TLS_CA_PATH must name',
    );
  });
});

describe('a public key', () => {
  it.each([PUBLIC_KEY, `0x0${PUBLIC_KEY.slice(2)}`, `0x${PUBLIC_KEY.slice(2).toUpperCase()}`])(
    'may be spelled %s',
    (publicKey) => {
      expect(() => read({ SESSION_PUBLIC_KEY: publicKey })).not.toThrow();
      expect(() => read(KEYS({ ...KEY, publicKey }))).not.toThrow();
    },
  );
});

describe('guards', () => {
  const production = (): Environment => ({
    NODE_ENV: 'production',
    ...mutual(),
    KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION: 'true',
  });
  const without = (env: Environment, name: string): Environment => ({ ...env, [name]: undefined });

  it('let production pass that has everything', () => {
    expect(() => read(production())).not.toThrow();
    expect(() =>
      read({
        ...production(),
        ...BRIDGE,
        KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION: 'false',
      }),
    ).not.toThrow();
  });

  it.each(['production', 'PRODUCTION', 'Production'])('apply to NODE_ENV=%s', (name) => {
    expect(refusal({ NODE_ENV: name })).toBe(
      'NODE_ENV=production requires KEYRING_TRANSPORT=https',
    );
  });

  it('do not apply to anything else', () => {
    for (const name of ['development', 'test', '', undefined]) {
      expect(() => read({ NODE_ENV: name })).not.toThrow();
    }
  });

  const redis = 'redis://r:6379';
  const cases: readonly (readonly [string, () => Environment, string])[] = [
    [
      'production without HTTPS',
      () => ({ NODE_ENV: 'production' }),
      'NODE_ENV=production requires KEYRING_TRANSPORT=https',
    ],
    [
      'production without client certificates',
      () => without(production(), 'KEYRING_MTLS_REQUIRED'),
      'NODE_ENV=production requires KEYRING_MTLS_REQUIRED=true',
    ],
    [
      'production with nonces in plain Redis',
      () => ({ ...production(), KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: redis }),
      'NODE_ENV=production requires KEYRING_REDIS_URL to use rediss://',
    ],
    [
      'production with counters in plain Redis',
      () => ({
        ...production(),
        KEYRING_RATE_LIMIT_ENABLED: '1',
        KEYRING_RATE_LIMIT_BACKEND: 'redis',
        KEYRING_REDIS_URL: redis,
      }),
      'NODE_ENV=production requires KEYRING_REDIS_URL to use rediss://',
    ],
    [
      'production with local keys that nobody acknowledged',
      () => without(production(), 'KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION'),
      'requires KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION=true',
    ],
    [
      'production with a local fallback that nobody acknowledged',
      () => ({
        ...without(production(), 'KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION'),
        ...BRIDGE,
        KEYRING_SIGNER_FALLBACK_PROVIDER: 'local',
      }),
      'requires KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION=true',
    ],
    [
      'client certificates without HTTPS',
      () => ({ KEYRING_MTLS_REQUIRED: 'true' }),
      'KEYRING_MTLS_REQUIRED=true requires KEYRING_TRANSPORT=https',
    ],
    [
      'client certificates without an authority',
      () => without(mutual(), 'KEYRING_TLS_CA_PATH'),
      'KEYRING_MTLS_REQUIRED=true requires KEYRING_TLS_CA_PATH',
    ],
    [
      'a fallback without a bridge',
      () => ({ KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' }),
      'KEYRING_SIGNER_FALLBACK_PROVIDER=local requires KEYRING_SIGNER_PROVIDER=dfns',
    ],
    [
      'the secure profile with local keys',
      () => ({ KEYRING_SECURITY_PROFILE: 'secure' }),
      'KEYRING_SECURITY_PROFILE=secure requires KEYRING_SIGNER_PROVIDER=dfns',
    ],
    [
      'the secure profile with a fallback',
      () => ({
        ...BRIDGE,
        KEYRING_SECURITY_PROFILE: 'secure',
        KEYRING_SIGNER_FALLBACK_PROVIDER: 'local',
      }),
      'KEYRING_SECURITY_PROFILE=secure requires KEYRING_SIGNER_FALLBACK_PROVIDER=none',
    ],
  ];

  it.each(cases)('refuse %s', (_name, env, text) => {
    expect(refusal(env())).toContain(text);
  });

  it('let the secure profile pass with a bridge', () => {
    expect(() => read({ ...BRIDGE, KEYRING_SECURITY_PROFILE: 'secure' })).not.toThrow();
  });

  it('let production use Redis over TLS, and plain Redis that nothing uses', () => {
    const over = { KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: 'rediss://r:6379' };
    expect(() => read({ ...production(), ...over })).not.toThrow();
    expect(() => read({ ...production(), KEYRING_REDIS_URL: redis })).not.toThrow();
  });

  it('say what a certificate without a client id may do', () => {
    expect(read(mutual()).warnings).toContainEqual(
      expect.stringContaining('a certificate that bears no client id may speak for every client'),
    );
  });
});
