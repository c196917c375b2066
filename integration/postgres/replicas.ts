/**
 * Several `countersign up` on one database: each with a data directory, a keystore and a port of its own,
 * all with the same configuration, keys and passphrase.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Boundary,
  freePort,
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import type { Operator } from '../freeze/operator.ts';
import { poolPolicy } from '../policy/policy-boundary.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';

const CLIENT = { clientId: 'pool', secret: 'postgres-test-secret-0001' };
export const OPERATOR: Operator = { operatorId: 'ops', secret: 'postgres-test-operator-1' };
const PASSPHRASE = 'the passphrase of all of them';
/** Keys with a policy of their own each; the first is the default one. */
export const KEYS = { pool: '0x5ec4e7', capped: '0x5ec4e8' } as const;
/** From the sample configuration. */
const APPROVER = {
  id: 'alice',
  kind: 'ed25519',
  publicKey: 'MCowBQYDK2VwAyEA0FM1OauTYjMB1ZveiPHpRXEh/V1nxjD7ulwzuhATUHU=',
};
const HOUR_SEC = 3_600;

export interface Replicas {
  readonly all: readonly Boundary[];
  /** One client for each of them, in the same order. */
  readonly clients: readonly WireClient[];
  stop(): Promise<void>;
}

export interface ReplicaOptions {
  /** URL of the store by replica. */
  readonly urls: readonly string[];
  /** Most that may be spent in an hour, by key. */
  readonly caps: Readonly<Record<keyof typeof KEYS, bigint>>;
}

/** Starts one after the other, or all at once. */
export async function startReplicas({ urls, caps }: ReplicaOptions): Promise<Replicas> {
  const all = await Promise.all(urls.map((url) => startReplica(url, caps)));
  const clients = all.map(({ url }) => createWireClient({ url, ...CLIENT }));
  return {
    all,
    clients,
    stop: async () => {
      for (const client of clients) client.close();
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

/** What the configuration reads from the environment, for commands too. */
export function environment(url: string): Readonly<Record<string, string>> {
  return { STORE: url, POOL: CLIENT.secret, OPS: OPERATOR.secret };
}

/** Writes the configuration of one more replica, which nobody has started. @returns Its file. */
export async function writeSpareConfiguration({ configFile }: Boundary): Promise<string> {
  const config: Record<string, unknown> = JSON.parse(readFileSync(configFile, 'utf8'));
  const spare = { ...config, dataDir: 'spare', listen: { port: await freePort() } };
  const file = join(dirname(configFile), 'spare.yaml');
  writeFileSync(file, JSON.stringify(spare));
  return file;
}

async function startReplica(url: string, caps: ReplicaOptions['caps']): Promise<Boundary> {
  const directory = temporaryDirectory();
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  const passphraseFile = join(directory, 'passphrase');
  writeFileSync(passphraseFile, PASSPHRASE, { mode: 0o600 });
  for (const [keyId, privateKey] of Object.entries(KEYS)) {
    const added = await runCountersign({
      args: [
        ...['keys', 'add', keyId, '--data-dir', dataDir, '--from-env', 'KEY'],
        ...['--passphrase-file', passphraseFile],
      ],
      env: { KEY: privateKey },
    });
    if (added.status !== 0) throw new Error(added.stderr);
  }
  for (const [keyId, cap] of Object.entries(caps)) {
    writeFileSync(join(directory, `${keyId}.json`), JSON.stringify(poolPolicy(cap)));
  }
  const keyIds = Object.keys(KEYS);
  return startBoundary({
    config: {
      logLevel: 'error',
      passphrase: { file: 'passphrase' },
      store: { postgres: { env: 'STORE' } },
      clients: [{ id: CLIENT.clientId, secrets: [{ env: 'POOL' }], keys: 'all', accounts: 'all' }],
      keys: keyIds.map((id) => ({ id, policy: id })),
      policies: keyIds.map((id) => ({ id, file: `${id}.json` })),
      policy: { chains: 'all', maxValiditySec: HOUR_SEC },
      approvers: [APPROVER],
      freeze: {
        operators: [{ id: OPERATOR.operatorId, secrets: [{ env: 'OPS' }] }],
        unfreeze: { required: 1, approvers: [APPROVER.id] },
      },
    },
    env: environment(url),
    directory,
  });
}
