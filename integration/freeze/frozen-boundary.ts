/**
 * `countersign up` with two clients, two keys, an operator and two approvers.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Boundary,
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { ETH } from '../wire/client/sign-request.ts';
import type { Operator } from './operator.ts';

export const OPERATOR: Operator = { operatorId: 'ops', secret: 'freeze-test-operator-01' };
export const ALPHA = { clientId: 'alpha', secret: 'freeze-test-secret-01' };
export const BETA = { clientId: 'beta', secret: 'freeze-test-secret-02' };
export const KEYS = { first: '0x5ec4e7', second: '0x5ec4e8' } as const;

/** Environment the configuration reads its secrets from. */
export const ENV = { ALPHA: ALPHA.secret, BETA: BETA.secret, OPS: OPERATOR.secret };

export interface Person {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: string;
}

/** Makes an approver with a fresh Ed25519 key. */
export function newPerson(id: string): Person {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { id, privateKey, publicKey: spki };
}

export const ALICE = newPerson('alice');
export const BOB = newPerson('bob');

const approver = ({ id, publicKey }: Person): object => ({ id, kind: 'ed25519', publicKey });

/** The configuration, with sections replaced or added. */
export function configuration(
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    logLevel: 'error',
    clients: [
      { id: 'alpha', secrets: [{ env: 'ALPHA' }], keys: 'all', accounts: 'all' },
      { id: 'beta', secrets: [{ env: 'BETA' }], keys: 'all', accounts: 'all' },
    ],
    keys: Object.keys(KEYS).map((id) => ({ id, targets: [ETH], recipients: 'all' })),
    policy: { chains: 'all' },
    approvers: [approver(ALICE), approver(BOB)],
    freeze: {
      operators: [{ id: OPERATOR.operatorId, secrets: [{ env: 'OPS' }] }],
      unfreeze: { required: 1, approvers: ['alice', 'bob'] },
    },
    ...changes,
  };
}

/**
 * Starts it with both keys in its keystore.
 *
 * @param prepare - Writes what the configuration refers to.
 */
export async function startFrozenBoundary(
  changes: Readonly<Record<string, unknown>> = {},
  prepare: (directory: string) => void = () => undefined,
): Promise<Boundary> {
  const directory = temporaryDirectory();
  prepare(directory);
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  for (const [keyId, privateKey] of Object.entries(KEYS)) {
    const ended = await runCountersign({
      args: ['keys', 'add', keyId, '--data-dir', dataDir, '--plain', '--from-env', 'KEY'],
      env: { KEY: privateKey },
    });
    if (ended.status !== 0) throw new Error(ended.stderr);
  }
  return startBoundary({ config: configuration(changes), env: ENV, directory });
}
