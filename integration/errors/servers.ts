/**
 * The servers whose errors are provoked, each made so that some of them can happen.
 *
 * @module
 */

import { rmSync } from 'node:fs';
import { startKeyring } from '@countersign/testing-keyring-process';
import {
  entryFile,
  type Supervised,
  type SupervisedOptions,
  setClockOffsetMs,
  startSupervised,
} from '../../packages/testing/signer-entries/src/index.ts';
import { boundarySettings, CLIENT_ID, makeDataDir, SECRET } from '../crash/boundary-settings.ts';
import { startRefusingRedis } from '../secrets/refusing-redis.ts';
import { FREE_CLIENT, SESSION_KEY, TWO_CLIENTS } from '../wire/client/settings.ts';
import { startOneClient } from '../wire/client/test-keyring.ts';
import { createTlsFiles } from '../wire/client/tls-files.ts';
import { type ClientTls, createWireClient, type WireClient } from '../wire/client/wire-client.ts';
import { type GuardedBoundary, startGuardedBoundary } from './guarded-boundary.ts';
import { type RuledBoundary, startRuledBoundary } from './ruled-boundary.ts';

export interface Servers {
  readonly guarded: GuardedBoundary;
  /** Its key has a written policy. */
  readonly ruled: RuledBoundary;
  /** One request per account and key; a key whose name is that of a secret is the default. */
  readonly rationed: Server;
  /** Demands client certificates, in profile strict. */
  readonly mutual: MutualServer;
  /** Keep request nonces, or rates, in a Redis that refuses them. */
  readonly withoutNonces: Server;
  readonly withoutRates: Server;
  /** Its signer's clock can be set, its ledger is within reach. */
  readonly ailing: Ailing;
  /** Nobody starts another signer for it; ended by whoever needs that. */
  readonly doomed: Doomed;
  stop(): Promise<void>;
}

interface Server {
  readonly client: WireClient;
  stop(): Promise<unknown>;
}

interface MutualServer {
  readonly withoutCertificate: WireClient;
  readonly withAnothers: WireClient;
  stop(): Promise<unknown>;
}

interface Ailing extends Server {
  readonly dataDir: string;
  /** Milliseconds ahead of the true time; not a number is no time at all. */
  setClock(offsetMs: number): void;
}

interface Doomed extends Server {
  readonly supervised: Supervised;
}

/** The key of {@link Servers.rationed} that may be named without a leak. */
export const PLAIN_KEY_ID = 'plain';

const DAY_MS = 86_400_000;
const RATES_IN_REDIS = {
  KEYRING_RATE_LIMIT_ENABLED: 'true',
  KEYRING_RATE_LIMIT_BACKEND: 'redis',
};
const NEVER = { firstMs: DAY_MS, longestMs: DAY_MS };

/** Starts all of them at once. */
export async function startServers(): Promise<Servers> {
  const redis = await startRefusingRedis();
  const toRedis = { KEYRING_REDIS_URL: `redis://127.0.0.1:${redis.port}/0` };
  const [guarded, ruled, rationed, mutual, withoutNonces, withoutRates, ailing, doomed] =
    await Promise.all([
      startGuardedBoundary(),
      startRuledBoundary(),
      startOneClient({ env: rationedEnv() }),
      startMutual(),
      startOneClient({ env: { ...toRedis, KEYRING_REPLAY_STORE: 'redis' } }),
      startOneClient({ env: { ...toRedis, ...RATES_IN_REDIS } }),
      startAiling(),
      startDoomed(),
    ]);
  const servers = { guarded, ruled, rationed, mutual, withoutNonces, withoutRates, ailing, doomed };
  return {
    ...servers,
    async stop() {
      await Promise.all(Object.values(servers).map((server) => server.stop()));
      redis.close();
    },
  };
}

function rationedEnv(): Record<string, string> {
  // A caller who leaves the key id out never sends it, but the answer would.
  const leaky = 'SESSION_PRIVATE_KEY';
  return {
    KEYRING_SIGNING_KEYS_JSON: JSON.stringify([
      { keyId: leaky, privateKey: SESSION_KEY },
      { keyId: PLAIN_KEY_ID, privateKey: SESSION_KEY },
    ]),
    KEYRING_DEFAULT_KEY_ID: leaky,
    KEYRING_LEAK_SCANNER_ENABLED: 'true',
    KEYRING_RATE_LIMIT_ENABLED: 'true',
    KEYRING_RATE_LIMIT_MAX_REQUESTS: '1',
    KEYRING_RATE_LIMIT_WINDOW_MS: String(DAY_MS),
  };
}

async function startMutual(): Promise<MutualServer> {
  const files = createTlsFiles();
  const trusting = { ca: files.authority.certPem };
  const server = await startKeyring({
    env: { ...TWO_CLIENTS, ...files.env(true) },
    args: ['--profile', 'strict'],
    tls: trusting,
  });
  const clientWith = (tls: ClientTls): WireClient =>
    createWireClient({ url: server.url, tls, ...FREE_CLIENT });
  const clients = {
    withoutCertificate: clientWith(trusting),
    withAnothers: clientWith(files.clientOf('tied')),
  };
  return {
    ...clients,
    async stop() {
      for (const client of Object.values(clients)) client.close();
      await server.stop();
      rmSync(files.directory, { recursive: true });
    },
  };
}

async function startAiling(): Promise<Ailing> {
  const { dataDir, remove } = makeDataDir();
  // Whatever the signer's clock shows, a request is not refused for its own time.
  const lenient = { maxSkewMs: DAY_MS, nonceTtlMs: 2 * DAY_MS };
  const server = await startProcesses({
    settings: boundarySettings({ dataDir, edge: lenient, signer: lenient }),
    entries: { signer: entryFile('clock-signer') },
  });
  return {
    ...server,
    dataDir,
    setClock: (offsetMs) => setClockOffsetMs(dataDir, offsetMs),
    async stop() {
      await server.stop();
      remove();
    },
  };
}

async function startDoomed(): Promise<Doomed> {
  const { dataDir, remove } = makeDataDir();
  const server = await startProcesses({
    settings: boundarySettings({ dataDir }),
    restart: NEVER,
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      remove();
    },
  };
}

async function startProcesses(options: SupervisedOptions): Promise<Doomed> {
  const supervised = await startSupervised(options);
  const client = createWireClient({ url: supervised.url, secret: SECRET, clientId: CLIENT_ID });
  return {
    supervised,
    client,
    async stop() {
      client.close();
      await supervised.stop();
    },
  };
}
