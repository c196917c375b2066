/**
 * `countersign up` whose key has a written policy, with an operator who can freeze.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { ALICE } from '../freeze/frozen-boundary.ts';
import type { Operator } from '../freeze/operator.ts';
import { SESSION_KEY } from '../wire/client/settings.ts';
import { ETH } from '../wire/client/sign-request.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';

export interface RuledBoundary {
  readonly url: string;
  /** May call ETH, but pay nobody at {@link ENEMY}. */
  readonly client: WireClient;
  readonly operator: Operator;
  stop(): Promise<void>;
}

export const ENEMY = '0xbad';
/** Alice has to approve what is asked for it. */
export const CAREFUL_ACCOUNT = '0xca';
/** The same, within a second. */
export const HASTY_ACCOUNT = '0xcb';
/** Somebody would have to who is not there. */
export const LONELY_ACCOUNT = '0xcc';

const SECRETS = { AGENT: 'error-test-secret-0004', OPS: 'error-test-secret-0005' };
const METHOD = 'starknet_signSessionTransaction';

export async function startRuledBoundary(): Promise<RuledBoundary> {
  const directory = temporaryDirectory();
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  writeFileSync(join(directory, 'policy.json'), JSON.stringify(policy()));
  const added = await runCountersign({
    args: ['keys', 'add', 'ruled', '--data-dir', dataDir, '--plain', '--from-env', 'KEY'],
    env: { KEY: SESSION_KEY },
  });
  if (added.status !== 0) throw new Error(added.stderr);
  const boundary = await startBoundary({ config: configuration(), env: SECRETS, directory });
  const { url } = boundary;
  const client = createWireClient({ url, secret: SECRETS.AGENT, clientId: 'agent' });
  return {
    url,
    client,
    operator: { operatorId: 'ops', secret: SECRETS.OPS },
    async stop() {
      client.close();
      await boundary.stop();
    },
  };
}

function configuration(): Record<string, unknown> {
  return {
    clients: [{ id: 'agent', secrets: [{ env: 'AGENT' }], keys: ['ruled'], accounts: 'all' }],
    keys: [{ id: 'ruled', policy: 'ruled' }],
    policies: [{ id: 'ruled', file: 'policy.json' }],
    policy: { chains: ['SN_SEPOLIA'], maxValiditySec: 3_600 },
    approvers: [{ id: ALICE.id, kind: 'ed25519', publicKey: ALICE.publicKey }],
    freeze: {
      operators: [{ id: 'ops', secrets: [{ env: 'OPS' }] }],
      unfreeze: { required: 1, approvers: [ALICE.id] },
    },
  };
}

function policy(): object {
  const condition = (field: string, value: string): object => ({
    field_source: 'starknet_call',
    field,
    operator: 'eq',
    value,
  });
  const approval = (name: string, account: string, approver: string, seconds: number): object => ({
    name,
    method: METHOD,
    action: 'REQUIRE_APPROVAL',
    conditions: [{ ...condition('account', account), field_source: 'starknet_transaction' }],
    approval: { required: 1, approvers: [approver], expires_in_seconds: seconds },
  });
  const count = (name: string): object => ({
    name,
    metric: 'calls',
    per: 'lifetime',
    max: '1000000',
    group_by: ['recipient'],
  });
  return {
    version: '1.0',
    name: 'ruled',
    rules: [
      { name: 'eth', method: METHOD, action: 'ALLOW', conditions: [condition('target', ETH)] },
      {
        name: 'enemy',
        method: METHOD,
        action: 'DENY',
        conditions: [condition('transfer.recipient', ENEMY)],
      },
      approval('careful', CAREFUL_ACCOUNT, ALICE.id, 60),
      approval('hasty', HASTY_ACCOUNT, ALICE.id, 1),
      approval('lonely', LONELY_ACCOUNT, 'nobody', 60),
    ],
    // Two buckets for each recipient.
    limits: [count('first count'), count('second count')],
  };
}
