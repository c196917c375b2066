/**
 * Variables that cannot be used end the start: `[startup]`, the variable's name, exit status 1, and
 * no secret in the text.
 *
 * @module
 */

import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runCountersign, temporaryDirectory } from '@countersign/testing-keyring-process';
import { afterAll, describe, expect, it } from 'vitest';
import { ONE_CLIENT, OTHER_SESSION_KEY, SECRET, SESSION_KEY } from './client/settings.ts';

type Variables = Readonly<Record<string, string>>;

const directory = temporaryDirectory();
const notPem = join(directory, 'not.pem');
writeFileSync(notPem, 'not a certificate');
afterAll(() => rm(directory, { recursive: true }));

const CURVE_ORDER = '0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f';
const client = (changes: object = {}): object => ({
  clientId: 'default',
  hmacSecret: 'wire-test-secret-0005',
  ...changes,
});
const clients = (...list: readonly object[]): Variables => ({
  KEYRING_AUTH_CLIENTS_JSON: JSON.stringify(list),
});
const keys = (...list: readonly object[]): Variables => ({
  KEYRING_SIGNING_KEYS_JSON: JSON.stringify(list),
});
const key = (changes: object = {}): object => ({
  keyId: 'default',
  privateKey: SESSION_KEY,
  ...changes,
});

const HTTPS: Variables = {
  KEYRING_TRANSPORT: 'https',
  KEYRING_TLS_CERT_PATH: '/nonexistent/server.crt',
  KEYRING_TLS_KEY_PATH: '/nonexistent/server.key',
};
const MUTUAL: Variables = {
  ...HTTPS,
  KEYRING_TLS_CA_PATH: '/nonexistent/ca.crt',
  KEYRING_MTLS_REQUIRED: 'true',
};
const PRODUCTION: Variables = { ...MUTUAL, NODE_ENV: 'production' };
const DFNS: Variables = {
  KEYRING_SIGNER_PROVIDER: 'dfns',
  KEYRING_DFNS_SIGNER_URL: 'http://127.0.0.1:1/sign',
  KEYRING_DFNS_AUTH_TOKEN: 'wire-test-token',
  KEYRING_DFNS_USER_ACTION_SIGNATURE: 'wire-test-action',
  KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"default":"0x1"}',
};

/** Takes variables away from others. */
function without(variables: Variables, ...names: readonly string[]): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));
}

/** What is set beside one client and one key, and what the message must say. */
const REFUSED: readonly (readonly [Variables, string])[] = [
  [{ PORT: '0' }, 'PORT'],
  [{ PORT: '-1' }, 'PORT'],
  [{ PORT: '65536' }, 'PORT'],
  [{ PORT: '80.5' }, 'PORT'],
  [{ PORT: 'http' }, 'PORT'],
  [{ PORT: '' }, 'PORT'],
  [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL'],
  [{ KEYRING_TRANSPORT: 'tcp' }, 'KEYRING_TRANSPORT'],
  [{ KEYRING_TRANSPORT: '' }, 'KEYRING_TRANSPORT'],
  [{ KEYRING_TRANSPORT: 'https' }, 'KEYRING_TLS_CERT_PATH and KEYRING_TLS_KEY_PATH'],
  [without(HTTPS, 'KEYRING_TLS_KEY_PATH'), 'KEYRING_TLS_CERT_PATH'],
  [HTTPS, 'KEYRING_TLS_CERT_PATH'],
  [
    { ...HTTPS, KEYRING_TLS_CERT_PATH: notPem, KEYRING_TLS_KEY_PATH: notPem },
    'KEYRING_TLS_CERT_PATH',
  ],
  [{ KEYRING_MTLS_REQUIRED: 'true' }, 'requires KEYRING_TRANSPORT=https'],
  [{ ...HTTPS, KEYRING_MTLS_REQUIRED: '1' }, 'KEYRING_TLS_CA_PATH'],
  [{ KEYRING_HMAC_SECRET: 'fifteen-letters' }, 'KEYRING_HMAC_SECRET'],
  [{ KEYRING_HMAC_SECRET: '' }, 'KEYRING_HMAC_SECRET'],
  [{ KEYRING_DEFAULT_AUTH_CLIENT_ID: '' }, 'KEYRING_DEFAULT_AUTH_CLIENT_ID'],
  [{ KEYRING_DEFAULT_AUTH_CLIENT_ID: 'c'.repeat(129) }, 'KEYRING_DEFAULT_AUTH_CLIENT_ID'],
  [clients(client({ clientId: 'other' })), 'KEYRING_DEFAULT_AUTH_CLIENT_ID'],
  [{ KEYRING_AUTH_CLIENTS_JSON: '{' }, 'KEYRING_AUTH_CLIENTS_JSON'],
  [{ KEYRING_AUTH_CLIENTS_JSON: '{"clientId":"default"}' }, 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ clientId: '' })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ clientId: 'c'.repeat(129) })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ hmacSecret: 'fifteen-letters' })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ allowedKeyIds: 'default' })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ allowedKeyIds: null })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client({ allowedAccountAddresses: ['acc1'] })), 'KEYRING_AUTH_CLIENTS_JSON'],
  [clients(client(), client()), 'Duplicate auth client id'],
  [clients(client({ allowedKeyIds: ['nobody'] })), 'unknown keyId'],
  [{ KEYRING_MAX_SKEW_MS: '0' }, 'KEYRING_MAX_SKEW_MS'],
  [{ KEYRING_MAX_SKEW_MS: '1.5' }, 'KEYRING_MAX_SKEW_MS'],
  [{ KEYRING_NONCE_TTL_MS: '-1' }, 'KEYRING_NONCE_TTL_MS'],
  [{ KEYRING_MAX_VALIDITY_WINDOW_SEC: 'day' }, 'KEYRING_MAX_VALIDITY_WINDOW_SEC'],
  [{ KEYRING_ALLOWED_CHAIN_IDS: '0x1,SN_MAIN' }, 'KEYRING_ALLOWED_CHAIN_IDS'],
  [{ KEYRING_REPLAY_STORE: 'disk' }, 'KEYRING_REPLAY_STORE'],
  [{ KEYRING_REPLAY_STORE: 'redis' }, 'KEYRING_REDIS_URL'],
  [{ KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: 'http://127.0.0.1' }, 'KEYRING_REDIS_URL'],
  [{ KEYRING_RATE_LIMIT_BACKEND: 'disk' }, 'KEYRING_RATE_LIMIT_BACKEND'],
  [{ KEYRING_RATE_LIMIT_WINDOW_MS: '0' }, 'KEYRING_RATE_LIMIT_WINDOW_MS'],
  [{ KEYRING_RATE_LIMIT_MAX_REQUESTS: '0' }, 'KEYRING_RATE_LIMIT_MAX_REQUESTS'],
  [{ KEYRING_RATE_LIMIT_ENABLED: 'on', KEYRING_RATE_LIMIT_BACKEND: 'redis' }, 'KEYRING_REDIS_URL'],
  [
    { KEYRING_LEAK_SCANNER_ENABLED: 'yes', KEYRING_LEAK_SCANNER_ACTION: 'shout' },
    'KEYRING_LEAK_SCANNER_ACTION',
  ],
  [{ KEYRING_SECURITY_PROFILE: 'paranoid' }, 'KEYRING_SECURITY_PROFILE'],
  [{ KEYRING_SECURITY_PROFILE: 'secure' }, 'requires KEYRING_SIGNER_PROVIDER=dfns'],
  [
    { ...DFNS, KEYRING_SECURITY_PROFILE: 'secure', KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' },
    'requires KEYRING_SIGNER_FALLBACK_PROVIDER=none',
  ],
  [{ KEYRING_SIGNER_PROVIDER: 'hsm' }, 'KEYRING_SIGNER_PROVIDER'],
  [{ ...DFNS, KEYRING_SIGNER_FALLBACK_PROVIDER: 'dfns' }, 'KEYRING_SIGNER_FALLBACK_PROVIDER'],
  [{ KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' }, 'requires KEYRING_SIGNER_PROVIDER=dfns'],
  [without(DFNS, 'KEYRING_DFNS_SIGNER_URL'), 'KEYRING_DFNS_SIGNER_URL'],
  [without(DFNS, 'KEYRING_DFNS_AUTH_TOKEN'), 'KEYRING_DFNS_AUTH_TOKEN'],
  [without(DFNS, 'KEYRING_DFNS_USER_ACTION_SIGNATURE'), 'KEYRING_DFNS_USER_ACTION_SIGNATURE'],
  [without(DFNS, 'KEYRING_DFNS_PINNED_PUBKEYS_JSON'), 'KEYRING_DFNS_PINNED_PUBKEYS_JSON'],
  [{ ...DFNS, KEYRING_DFNS_SIGNER_URL: '127.0.0.1' }, 'KEYRING_DFNS_SIGNER_URL'],
  [{ ...DFNS, KEYRING_DFNS_SIGNER_URL: 'ftp://127.0.0.1' }, 'KEYRING_DFNS_SIGNER_URL'],
  [{ ...DFNS, KEYRING_DFNS_AUTH_TOKEN: 'two\nlines' }, 'KEYRING_DFNS_AUTH_TOKEN'],
  [{ ...DFNS, KEYRING_DFNS_TIMEOUT_MS: '0' }, 'KEYRING_DFNS_TIMEOUT_MS'],
  [{ ...DFNS, KEYRING_DFNS_TIMEOUT_MS: '2147483648' }, 'KEYRING_DFNS_TIMEOUT_MS'],
  [{ ...DFNS, KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS: 'soon' }, 'KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS'],
  [{ ...DFNS, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"nobody":"0x1"}' }, 'unknown keyId'],
  [{ ...DFNS, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{}' }, 'KEYRING_DFNS_PINNED_PUBKEYS_JSON'],
  [{ ...DFNS, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '[' }, 'KEYRING_DFNS_PINNED_PUBKEYS_JSON'],
  [
    { ...DFNS, KEYRING_DFNS_PINNED_PUBKEYS_JSON: '{"default":"1"}' },
    'KEYRING_DFNS_PINNED_PUBKEYS_JSON',
  ],
  [{ KEYRING_SESSION_SIGNATURE_MODE: 'v1' }, 'KEYRING_SESSION_SIGNATURE_MODE'],
  [{ KEYRING_DEFAULT_KEY_ID: '' }, 'KEYRING_DEFAULT_KEY_ID'],
  [{ KEYRING_DEFAULT_KEY_ID: 'k'.repeat(65) }, 'KEYRING_DEFAULT_KEY_ID'],
  [{ ...keys(key()), KEYRING_DEFAULT_KEY_ID: 'ops' }, 'KEYRING_DEFAULT_KEY_ID'],
  [{ KEYRING_SIGNING_KEYS_JSON: '[' }, 'KEYRING_SIGNING_KEYS_JSON'],
  [keys(), 'KEYRING_SIGNING_KEYS_JSON'],
  [keys(key({ keyId: '' })), 'KEYRING_SIGNING_KEYS_JSON'],
  [keys(key({ keyId: 'k'.repeat(65) })), 'KEYRING_SIGNING_KEYS_JSON'],
  [keys(key({ privateKey: '5ec4e7' })), 'KEYRING_SIGNING_KEYS_JSON'],
  [keys(key(), key()), 'Duplicate keyId'],
  [keys(key({ publicKey: '0x1' })), 'keyId default'],
  [keys(key({ privateKey: '0x0' })), 'keyId default'],
  [{ SESSION_PRIVATE_KEY: '' }, 'SESSION_PRIVATE_KEY'],
  [{ SESSION_PRIVATE_KEY: '5ec4e7' }, 'SESSION_PRIVATE_KEY'],
  [{ SESSION_PRIVATE_KEY: '0x0' }, 'SESSION_PRIVATE_KEY'],
  [{ SESSION_PRIVATE_KEY: CURVE_ORDER }, 'SESSION_PRIVATE_KEY'],
  [{ SESSION_PUBLIC_KEY: '0x1' }, 'SESSION_PUBLIC_KEY'],
  [{ NODE_ENV: 'production' }, 'NODE_ENV=production requires KEYRING_TRANSPORT=https'],
  [{ ...HTTPS, NODE_ENV: 'PRODUCTION' }, 'NODE_ENV=production requires KEYRING_MTLS_REQUIRED=true'],
  [PRODUCTION, 'requires KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION=true'],
  [
    { ...PRODUCTION, ...DFNS, KEYRING_SIGNER_FALLBACK_PROVIDER: 'local' },
    'requires KEYRING_ALLOW_INSECURE_IN_PROCESS_KEYS_IN_PRODUCTION=true',
  ],
  [
    { ...PRODUCTION, KEYRING_REPLAY_STORE: 'redis', KEYRING_REDIS_URL: 'redis://127.0.0.1' },
    'KEYRING_REDIS_URL to use rediss',
  ],
];

/** No variables at all, or not all that are needed. */
const INCOMPLETE: readonly (readonly [Variables, string])[] = [
  [{}, 'No auth clients configured'],
  [{ SESSION_PRIVATE_KEY: SESSION_KEY }, 'No auth clients configured'],
  [{ KEYRING_HMAC_SECRET: SECRET }, 'SESSION_PRIVATE_KEY'],
  [clients(client()), 'KEYRING_SIGNING_KEYS_JSON'],
];

const cases = [
  ...REFUSED.map(([env, text]) => ({ set: env, env: { ...ONE_CLIENT, ...env }, text })),
  ...INCOMPLETE.map(([env, text]) => ({ set: env, env, text })),
];

describe('the keyring does not start with', () => {
  it.concurrent.each(cases)('$set', async ({ env, text, set }) => {
    const dataDir = join(directory, `${cases.findIndex((item) => item.set === set)}`);
    const ended = await runCountersign({ args: ['keyring', '--data-dir', dataDir], env });
    expect(ended.stderr).toContain(text);
    expect(ended.stderr).toMatch(/^\[startup\] [^\n]+\n$/);
    expect(ended).toMatchObject({ status: 1, signal: null, stdout: '' });
    for (const secret of [SECRET, SESSION_KEY, OTHER_SESSION_KEY, 'wire-test']) {
      expect(ended.stderr).not.toContain(secret);
    }
    expect(existsSync(dataDir)).toBe(false);
  });

  it('a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const args = ['keyring', '--data-dir', join(directory, 'taken')];
    const ended = await runCountersign({ args, env: { ...ONE_CLIENT, PORT: port } });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('ERR_LISTEN_FAILED');
    expect(ended.stderr).toContain('EADDRINUSE');
    other.close();
  });

  it('a data directory that cannot be made', async () => {
    const args = ['keyring', '--data-dir', join(notPem, 'data')];
    const ended = await runCountersign({ args, env: ONE_CLIENT });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^\[startup\] .*--data-dir\n$/);
  });

  it.each([
    [['--profile', 'loose'], '--profile'],
    [['--message-kinds', 'invoke-v3'], '--message-kinds'],
    [['--message-kinds', ''], '--message-kinds'],
    [['--hash-backend', 'native'], '--hash-backend'],
    [['--unknown'], '--unknown'],
    [['more'], 'arguments'],
  ])('the arguments %s', async (args, text) => {
    const ended = await runCountersign({ args: ['keyring', ...args], env: ONE_CLIENT });
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toContain(text);
  });
});
