/**
 * A whole life of `countersign keyring`, whose secrets stand in its environment: none of them may show
 * in anything that comes out, nor in the environment of its children.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  runCountersign,
  type ServingProcess,
  startKeyring,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beAPatientFile, eventually } from '../crash/patience.ts';
import { transferRequest } from '../wire/client/sign-request.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { Evidence } from './evidence.ts';
import { findSecrets } from './notations.ts';
import { hex, PLANTED, SECRETS, TLS_CERT_PEM } from './planted.ts';
import { keepAnswer } from './request-tour.ts';

beAPatientFile();

const directory = temporaryDirectory();
const evidence = new Evidence();
const dataDir = join(directory, 'data');
const CLIENTS = [
  { clientId: 'default', hmacSecret: SECRETS.hmac },
  { clientId: 'other', hmacSecret: SECRETS.otherHmac },
];
const KEYS = [
  { keyId: 'default', privateKey: hex(SECRETS.trading) },
  { keyId: 'spare', privateKey: `0x${SECRETS.spare.toString(16).toUpperCase().padStart(64, '0')}` },
];
const ENV: Readonly<Record<string, string>> = {
  KEYRING_AUTH_CLIENTS_JSON: JSON.stringify(CLIENTS),
  KEYRING_SIGNING_KEYS_JSON: JSON.stringify(KEYS),
  KEYRING_TRANSPORT: 'https',
  KEYRING_TLS_CERT_PATH: join(directory, 'tls.crt'),
  KEYRING_TLS_KEY_PATH: join(directory, 'tls.key'),
  KEYRING_REDIS_URL: `redis://:${encodeURIComponent(SECRETS.redisPassword)}@127.0.0.1:1/0`,
  KEYRING_LEAK_SCANNER_ENABLED: 'true',
  LOG_LEVEL: 'debug',
};

let keyring: ServingProcess;
let client: WireClient;

beforeAll(() => {
  writeFileSync(join(directory, 'tls.crt'), TLS_CERT_PEM);
  writeFileSync(join(directory, 'tls.key'), SECRETS.tlsKeyPem);
});

afterAll(async () => {
  client?.close();
  await keyring?.stop();
});

/** Starts a keyring that must not come up, and keeps what it prints. */
async function expectRefused(env: Readonly<Record<string, string>>): Promise<void> {
  const args = ['keyring', '--data-dir', dataDir];
  const { status, stdout, stderr } = await runCountersign({ args, env: { ...ENV, ...env } });
  evidence.add('refused starts', stdout);
  evidence.add('refused starts', stderr);
  expect([stderr, status]).toEqual([stderr, 1]);
}

const json = JSON.stringify;
const [firstClient, secondClient] = CLIENTS;
const [firstKey] = KEYS;
/** Variables that cannot be used, each with secrets in it. */
const WRONG: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'clients that are no JSON': { KEYRING_AUTH_CLIENTS_JSON: `${json(CLIENTS)}]` },
  'clients of the wrong shape': { KEYRING_AUTH_CLIENTS_JSON: json([{ hmacSecret: SECRETS.hmac }]) },
  'a client twice': { KEYRING_AUTH_CLIENTS_JSON: json([firstClient, firstClient]) },
  'a secret for an id': {
    KEYRING_AUTH_CLIENTS_JSON: json([{ ...secondClient, clientId: 7, hmacSecret: SECRETS.hmac }]),
  },
  'keys that are no JSON': { KEYRING_SIGNING_KEYS_JSON: json(KEYS).slice(0, -2) },
  'a key that is no number': {
    KEYRING_SIGNING_KEYS_JSON: json([{ keyId: 'default', privateKey: SECRETS.hmac }]),
  },
  'a key out of range': {
    KEYRING_SIGNING_KEYS_JSON: json([
      { keyId: 'default', privateKey: `0xf${SECRETS.trading.toString(16).padStart(63, '0')}` },
    ]),
  },
  'a public key of another key': {
    KEYRING_SIGNING_KEYS_JSON: json([{ ...firstKey, publicKey: '0x1' }]),
  },
  'a bridge without pins': {
    KEYRING_SIGNER_PROVIDER: 'dfns',
    KEYRING_DFNS_SIGNER_URL: 'http://127.0.0.1:1/sign',
    KEYRING_DFNS_AUTH_TOKEN: SECRETS.authToken,
    KEYRING_DFNS_USER_ACTION_SIGNATURE: SECRETS.userAction,
  },
  'a Redis address that is none': {
    KEYRING_REPLAY_STORE: 'redis',
    KEYRING_REDIS_URL: `http://:${SECRETS.authToken}@host`,
  },
  'certificate and key exchanged': {
    KEYRING_TLS_CERT_PATH: join(directory, 'tls.key'),
    KEYRING_TLS_KEY_PATH: join(directory, 'tls.crt'),
  },
};

describe.sequential('none of the secrets shows', () => {
  it.each(Object.entries(WRONG))('when it is started with %s', async (_, env) => {
    await expectRefused(env);
  });

  it('when it serves, is told to read its settings again, and loses its signer', async () => {
    keyring = await startKeyring({ env: ENV, dataDir, tls: { ca: TLS_CERT_PEM } });
    client = createWireClient({
      url: keyring.url,
      secret: SECRETS.hmac,
      clientId: 'default',
      tls: { ca: TLS_CERT_PEM },
    });
    const sign = async (body: unknown): Promise<number> => {
      const answer = await client.sign(body);
      keepAnswer(evidence, answer);
      return answer.status;
    };
    expect(await sign(transferRequest())).toBe(200);
    expect(await sign(transferRequest({ keyId: 'spare' }))).toBe(200);
    expect(
      await sign(
        transferRequest({ accountAddress: transferRequest().calls[0]?.contractAddress ?? '' }),
      ),
    ).toBe(422);
    expect(await sign({ context: { reason: `SESSION_PRIVATE_KEY=${hex(SECRETS.trading)}` } })).toBe(
      400,
    );
    keyring.signal('SIGHUP');
    await keyring.printed('settings read again');
    process.kill(keyring.children().signer ?? 0, 'SIGKILL');
    await keyring.printed('signer ended (SIGKILL)');
    await eventually('a successor', async () => (await sign(transferRequest())) === 200);
    for (const path of ['/health', '/health/ready', '/metrics']) {
      keepAnswer(evidence, await client.call({ path }));
    }
  });

  it('anywhere', async () => {
    const { edge, signer } = keyring.children();
    evidence.addProcess('edge', edge);
    evidence.addProcess('signer', signer);
    evidence.add('supervisor arguments', readFileSync(`/proc/${keyring.pid}/cmdline`));
    expect(findSecrets(readFileSync(`/proc/${keyring.pid}/environ`), PLANTED)).toEqual(
      expect.arrayContaining(['trading (hex)', 'hmac (JSON)']),
    );
    evidence.addDirectory('data directory', dataDir);
    keyring.signal('SIGTERM');
    await keyring.ended;
    evidence.add('standard output', keyring.stdout());
    evidence.add('standard error', keyring.stderr());
    evidence.addDirectory('data directory after the end', dataDir);
    expect(evidence.of('refused starts').length).toBe(2 * Object.keys(WRONG).length);
    expect(evidence.search(PLANTED)).toEqual([]);
  });
});
