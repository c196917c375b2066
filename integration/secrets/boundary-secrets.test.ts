/**
 * A whole life of `countersign up` with planted secrets: keys are made and rotated, requests are signed
 * and refused in every way, settings are replaced and refused, the signer dies. None of the secrets
 * may show in anything that comes out.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '@countersign/protocol';
import {
  bridgePublicKey,
  type DfnsBridge,
  startDfnsBridge,
} from '@countersign/testing-dfns-bridge';
import {
  type Boundary,
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile, eventually } from '../crash/patience.ts';
import { transferRequest } from '../wire/client/sign-request.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { Evidence } from './evidence.ts';
import { findSecrets } from './notations.ts';
import { hex, PLANTED, SECRETS, TLS_CERT_PEM } from './planted.ts';
import { type RefusingRedis, startRefusingRedis } from './refusing-redis.ts';
import {
  keepAnswer,
  POLICY,
  type Tour,
  tourGoodRequests,
  tourOpenRoutes,
  tourRefusals,
} from './request-tour.ts';

beAPatientFile();

const BRIDGE_KEY = '0x5ec4e9';
const ENV = {
  FIRST_HMAC: SECRETS.hmac,
  OTHER_HMAC: SECRETS.otherHmac,
  COUNTERSIGN_PASSPHRASE: SECRETS.passphrase,
  AUTH_TOKEN: SECRETS.authToken,
  USER_ACTION: SECRETS.userAction,
};

const evidence = new Evidence();
const directory = temporaryDirectory();
const dataDir = join(directory, 'data');
let bridge: DfnsBridge;
let redis: RefusingRedis;
let boundary: Boundary;
let client: WireClient;
let tour: Tour;
/** What the edge was told to say, until it is told otherwise. */
let config: Record<string, unknown>;

beforeAll(async () => {
  mkdirSync(dataDir, { mode: 0o700 });
  redis = await startRefusingRedis();
  bridge = await startDfnsBridge({
    privateKeys: { 'held-away': BRIDGE_KEY },
    authToken: SECRETS.authToken,
    userActionSignature: SECRETS.userAction,
  });
  const files = {
    'tls.crt': TLS_CERT_PEM,
    'tls.key': SECRETS.tlsKeyPem,
    'next-hmac': `${SECRETS.nextHmac}\n`,
    'spare-key': `0x${SECRETS.spare.toString(16).toUpperCase().padStart(64, '0')}\n`,
    'redis-url': redisUrl(redis.port),
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content);
  config = nativeConfig(bridge.url);
});

afterAll(async () => {
  client?.close();
  await boundary?.stop();
  await bridge.close();
  redis.close();
});

/** Runs a command and keeps what it prints. @returns Its exit status and standard output. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly [number | null, string]> {
  const { status, stdout, stderr } = await runCountersign({ args, env, cwd: directory });
  evidence.add('commands', stdout);
  evidence.add('commands', stderr);
  return [status, stdout];
}

const withPassphrase = { COUNTERSIGN_PASSPHRASE: SECRETS.passphrase };
const place = ['--data-dir', dataDir];

describe.sequential('none of the secrets shows', () => {
  it('when keys are made, imported, rotated and listed', async () => {
    const env = { ...withPassphrase, K1: hex(SECRETS.trading), K2: hex(SECRETS.retired) };
    const good = [
      ['keys', 'add', 'trading', '--from-env', 'K1', ...place],
      ['keys', 'add', 'private', '--from-file', 'spare-key', '--json', ...place],
      ['keys', 'add', 'rotated', '--from-env', 'K2', '--json', ...place],
      ['keys', 'rotate', 'rotated', '--json', ...place],
      ['keys', 'restore', 'rotated@1', '--json', ...place],
      ['keys', 'list', '--json', ...place],
      ['keys', 'export-public', ...place],
    ];
    for (const args of good) expect([args, (await run(args, env))[0]]).toEqual([args, 0]);
  });

  it('when a passphrase or a key is wrong', async () => {
    const wrong = { COUNTERSIGN_PASSPHRASE: SECRETS.wrongPassphrase };
    const badKey = { ...withPassphrase, K1: `${hex(SECRETS.trading)}zz`, K2: SECRETS.hmac };
    const bad: readonly (readonly [readonly string[], Record<string, string>, number])[] = [
      [['keys', 'export-public', '--json', ...place], wrong, 4],
      [['keys', 'export-public', '--json', ...place], {}, 4],
      [['keys', 'add', 'more', '--from-env', 'K1', '--json', ...place], badKey, 2],
      [['keys', 'add', 'more', '--from-env', 'K2', '--json', ...place], badKey, 2],
      [['keys', 'add', 'trading', '--from-env', 'K1', '--json', ...place], badKey, 2],
    ];
    for (const [args, env, status] of bad) {
      expect([args, (await run(args, env))[0]]).toEqual([args, status]);
    }
  });

  it('when a configuration is wrong', async () => {
    const short = SECRETS.hmac.slice(0, 15);
    const wrong: readonly (readonly [Record<string, unknown>, Record<string, string>])[] = [
      [{ passphrase: SECRETS.passphrase }, ENV],
      [{ passphrase: { value: SECRETS.passphrase } }, ENV],
      [{ clients: [{ id: 'agent', secrets: [SECRETS.hmac] }] }, ENV],
      [{ redis: { url: redisUrl(1) } }, ENV],
      [{ bridge: { url: bridge.url, authToken: SECRETS.authToken } }, ENV],
      [{ keys: [{ id: 'trading', privateKey: hex(SECRETS.trading) }] }, ENV],
      [{ listen: { tls: { cert: 'tls.key', key: 'tls.crt' } } }, ENV],
      [{ [SECRETS.hmac]: true }, ENV],
      [{}, { ...ENV, FIRST_HMAC: short }],
      [{}, { ...ENV, FIRST_HMAC: '' }],
    ];
    for (const [i, [changes, env]] of wrong.entries()) {
      const file = join(directory, `wrong-${i}.yaml`);
      writeFileSync(file, JSON.stringify({ version: 1, dataDir: 'data', ...config, ...changes }));
      const [status] = await run(['config', 'check', file, '--json'], env);
      expect([i, status]).toEqual([i, 2]);
    }
    const broken = join(directory, 'broken.yaml');
    writeFileSync(broken, `version: 1\npassphrase: "${SECRETS.authToken}\nclients: [`);
    expect((await run(['up', '--config', broken], ENV))[0]).toBe(2);
  });

  it('when a boundary starts, signs and refuses', async () => {
    boundary = await startBoundary({ config, env: ENV, directory, tls: { ca: TLS_CERT_PEM } });
    client = createWireClient({
      url: boundary.url,
      secret: SECRETS.hmac,
      clientId: 'agent',
      tls: { ca: TLS_CERT_PEM },
    });
    tour = { client, evidence, bridge };
    expect(await tourGoodRequests(tour)).toBe(6);
    expect(await tourRefusals(tour)).toEqual(REFUSALS);
    await tourOpenRoutes(tour);
    expect(bridge.requests.at(-1)?.headers['x-dfns-useraction']).toBe(SECRETS.userAction);
  });

  it('when settings are replaced, and when they are refused', async () => {
    const withRedis = {
      ...config,
      clients: clients([{ env: 'FIRST_HMAC' }, { file: 'next-hmac' }]),
      redis: { url: { file: 'redis-url' } },
      rateLimit: { store: 'redis', windowMs: 1_000, maxRequests: 5 },
    };
    boundary.configure(withRedis);
    expect((await run(['reload', ...place]))[0]).toBe(0);
    await boundary.printed('settings read again');
    const rotated = client.as({ secret: SECRETS.nextHmac });
    await eventually('Redis in the way', async () => {
      const answer = await rotated.sign(transferRequest({ accountAddress: POLICY.account }));
      keepAnswer(evidence, answer);
      return answer.headers['x-countersign-code'] === 'ERR_RATE_STORE_UNAVAILABLE';
    });
    rotated.close();
    await eventually('the password at Redis', () => redis.received().includes('AUTH'));
    expect(findSecrets(redis.received(), PLANTED)).toContain('redisPassword (raw)');

    boundary.configure({ ...config, passphrase: SECRETS.passphrase });
    boundary.signal('SIGHUP');
    await boundary.printed('the settings were not replaced');
    boundary.configure(config);
    boundary.signal('SIGHUP');
    await boundary.printed('settings read again', 2);
    await eventually('Redis out of the way', async () => (await tourGoodRequests(tour)) === 6);
  });

  it('when the signer dies', async () => {
    const { signer } = boundary.children();
    process.kill(signer ?? 0, 'SIGKILL');
    await boundary.printed('signer ended (SIGKILL)');
    await eventually('a successor', async () => (await tourGoodRequests(tour)) === 6);
    await tourOpenRoutes(tour);
  });

  it('when the log is read', async () => {
    const [, tail] = await run(['log', 'tail', '--last', '1000', '--json', ...place]);
    expect(tail.split('\n').length).toBeGreaterThan(40);
    const receipt = join(directory, 'receipt.json');
    for (const args of [
      ['log', 'tail', ...place],
      ['log', 'show', '0', '--receipt', receipt, ...place],
      ['log', 'check', '--json', ...place],
      ['verify', receipt, '--log-key', join(dataDir, 'log-key.pub'), '--json'],
    ]) {
      expect([args, (await run(args))[0]]).toEqual([args, 0]);
    }
    evidence.add('receipt file', readFileSync(receipt));
  });

  it('when the system is asked about the processes', () => {
    const { edge, signer } = boundary.children();
    evidence.addProcess('edge', edge);
    evidence.addProcess('signer', signer);
    evidence.add('supervisor arguments', readFileSync(`/proc/${boundary.pid}/cmdline`));
    // What its operator put into its environment is there, which shows that the search would find it.
    const environment = readFileSync(`/proc/${boundary.pid}/environ`);
    expect(findSecrets(environment, PLANTED)).toContain('hmac (raw)');
    evidence.addDirectory('data directory', dataDir);
  });

  it('when it is started with a wrong passphrase', async () => {
    boundary.signal('SIGTERM');
    expect(await boundary.ended).toEqual({ status: 0, signal: null });
    const env = { ...ENV, COUNTERSIGN_PASSPHRASE: SECRETS.wrongPassphrase };
    expect((await run(['up', '--config', boundary.configFile], env))[0]).not.toBe(0);
  });

  it('anywhere', () => {
    evidence.add('standard output', boundary.stdout());
    evidence.add('standard error', boundary.stderr());
    evidence.addDirectory('data directory after the end', dataDir);
    expect(evidence.places()).toEqual(expect.arrayContaining(PLACES));
    expect(evidence.of('answers').length).toBeGreaterThan(60);
    expect(evidence.search(PLANTED)).toEqual([]);
  });
});

/** Places that must have been searched; the keystore is among them, because it is encrypted. */
const PLACES = [
  'commands',
  'answers',
  'answer headers',
  '/metrics',
  '/health',
  '/health/ready',
  'edge arguments',
  'edge environment',
  'signer arguments',
  'signer environment',
  'standard output',
  'standard error',
  'data directory/ledger.db',
  'data directory/ledger.db-wal',
  'data directory/log-key.sealed',
  'data directory/keystore.json',
  'data directory/countersign.pid',
  'data directory after the end/ledger.db',
];

const REFUSALS = [
  'ERR_AUTH_CLIENT_UNKNOWN',
  'ERR_AUTH_HEADER_MISSING',
  'ERR_AUTH_HEADER_TOO_LARGE',
  'ERR_AUTH_NONCE_MALFORMED',
  'ERR_AUTH_SIGNATURE_INVALID',
  'ERR_AUTH_SIGNATURE_MALFORMED',
  'ERR_AUTH_TIMESTAMP_MALFORMED',
  'ERR_AUTH_TIMESTAMP_SKEW',
  'ERR_BODY_ENCODING_UNSUPPORTED',
  'ERR_BODY_MALFORMED',
  'ERR_BODY_TOO_LARGE',
  'ERR_CONTENT_TYPE_UNSUPPORTED',
  'ERR_CUSTODIAN_MISMATCH',
  'ERR_CUSTODIAN_UNAVAILABLE',
  'ERR_FELT_OUT_OF_RANGE',
  'ERR_LEAK_INBOUND',
  'ERR_NOT_FOUND',
  'ERR_ORIGIN_DENIED',
  'ERR_POLICY_ACCOUNT_DENIED',
  'ERR_POLICY_CALL_UNDECODABLE',
  'ERR_POLICY_CHAIN_DENIED',
  'ERR_POLICY_CUSTODIAN_DENIED',
  'ERR_POLICY_KEY_DENIED',
  'ERR_POLICY_LIMIT_EXCEEDED',
  'ERR_POLICY_MESSAGE_KIND_DENIED',
  'ERR_POLICY_RECIPIENT_DENIED',
  'ERR_POLICY_SELECTOR_DENIED',
  'ERR_POLICY_SELF_CALL',
  'ERR_POLICY_TARGET_DENIED',
  'ERR_POLICY_VALIDITY_EXPIRED',
  'ERR_POLICY_VALIDITY_TOO_LONG',
  'ERR_REQUEST_INVALID',
  'ERR_REQUEST_NONCE_USED',
];

function clients(secrets: readonly object[]): readonly object[] {
  return [
    { id: 'agent', secrets, keys: ['trading', 'held-away'], accounts: [POLICY.account] },
    { id: 'other', secrets: [{ env: 'OTHER_HMAC' }], keys: ['private'], accounts: 'all' },
  ];
}

function nativeConfig(bridgeUrl: string): Record<string, unknown> {
  const limits = {
    targets: [POLICY.token, POLICY.target],
    recipients: [POLICY.recipient],
    caps: [{ token: POLICY.token, maxPerCall: POLICY.cap, maxPerRequest: POLICY.cap }],
  };
  return {
    logLevel: 'debug',
    passphrase: { env: 'COUNTERSIGN_PASSPHRASE' },
    listen: { tls: { cert: 'tls.crt', key: 'tls.key' } },
    clients: clients([{ env: 'FIRST_HMAC' }]),
    keys: [
      { id: 'trading', ...limits },
      { id: 'private', ...limits },
      {
        id: 'held-away',
        custody: 'dfns',
        publicKey: toHex(bridgePublicKey(BRIDGE_KEY)),
        ...limits,
      },
    ],
    policy: { chains: ['SN_SEPOLIA'], maxValiditySec: 3_600 },
    bridge: {
      url: bridgeUrl,
      authToken: { env: 'AUTH_TOKEN' },
      userActionSignature: { env: 'USER_ACTION' },
    },
  };
}

function redisUrl(port: number): string {
  return `redis://someone:${encodeURIComponent(SECRETS.redisPassword)}@127.0.0.1:${port}/0`;
}
