/**
 * A real boundary whose keys have written policies.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Boundary,
  runCountersign,
  startBoundary,
  temporaryDirectory,
} from '@countersign/testing-keyring-process';
import { SESSION_KEY } from '../wire/client/settings.ts';
import { createWireClient, type WireClient } from '../wire/client/wire-client.ts';

export const TOKEN = '0x70ce';
export const LANDLORD = '0x658f8d2f3f6';
const HOUR_SEC = 3_600;

/** Most that may leave in an hour, and in one call. */
export const CAP = 100n;
export const PER_CALL = 60n;

const SESSION = 'starknet_signSessionTransaction';
const condition = (field_source: string, field: string, operator: string, value: string) => ({
  field_source,
  field,
  operator,
  value,
});
const window = { type: 'sliding', seconds: HOUR_SEC };

/** The rent of the examples in small numbers, with something to approve and something to deny. */
export const RENT = {
  version: '1.0',
  name: 'rent',
  chain_type: 'starknet',
  condition_sets: [{ id: 'landlords', items: [LANDLORD] }],
  rules: [
    {
      name: 'pay the landlord',
      method: SESSION,
      action: 'ALLOW',
      conditions: [
        condition('starknet_call', 'target', 'eq', TOKEN),
        condition('starknet_call', 'transfer.recipient', 'in_condition_set', 'landlords'),
      ],
      limits: [
        { name: 'one payment', metric: 'amount', token: TOKEN, per: 'call', max: `${PER_CALL}` },
      ],
    },
    {
      name: 'let others spend',
      method: SESSION,
      action: 'REQUIRE_APPROVAL',
      approval: { required: 1, approvers: ['alice'], expires_in_seconds: 60 },
      conditions: [condition('starknet_call', 'approve.spender', 'eq', LANDLORD)],
    },
    {
      name: 'never this account',
      method: '*',
      action: 'DENY',
      conditions: [condition('starknet_transaction', 'account', 'eq', '0xbad')],
    },
  ],
  limits: [
    {
      name: 'hourly',
      metric: 'amount',
      token: TOKEN,
      per: 'window',
      window,
      max: `${CAP}`,
      group_by: ['client'],
    },
  ],
};

/** One cap for everybody, and counts for each recipient that make many buckets. */
export function poolPolicy(cap: bigint): object {
  const [pay] = RENT.rules;
  const { limits: _none, ...rule } = pay ?? {};
  return {
    ...RENT,
    name: 'pool',
    rules: [{ ...rule, conditions: [condition('starknet_call', 'target', 'eq', TOKEN)] }],
    limits: [
      {
        name: 'pool',
        metric: 'amount',
        token: TOKEN,
        per: 'window',
        window,
        max: `${cap}`,
        group_by: ['key'],
      },
      {
        name: 'each',
        metric: 'amount',
        token: TOKEN,
        per: 'window',
        window,
        max: `${cap}`,
        group_by: ['recipient'],
      },
      {
        name: 'calls',
        metric: 'calls',
        per: 'window',
        window,
        max: '1000000',
        group_by: ['recipient'],
      },
    ],
  };
}

export interface PolicyBoundary extends Boundary {
  /** A client of this name; closed when the boundary stops. */
  as(clientId: string): WireClient;
  /** Secret of a client. */
  secretOf(clientId: string): string;
}

export interface PolicyBoundaryOptions {
  /** Policies by the key that has them. */
  readonly policies: Readonly<Record<string, object>>;
  readonly clients: readonly string[];
  /** Keys each client may use; all when left out. */
  readonly keysOf?: Readonly<Record<string, readonly string[]>>;
}

/** Starts a boundary with a keystore; the first key is the default one. */
export async function startPolicyBoundary(options: PolicyBoundaryOptions): Promise<PolicyBoundary> {
  const { policies, clients, keysOf = {} } = options;
  const directory = temporaryDirectory();
  const keyIds = Object.keys(policies);
  await fillKeystore(join(directory, 'data'), keyIds);
  for (const [id, policy] of Object.entries(policies)) {
    writeFileSync(join(directory, `${id}.json`), JSON.stringify(policy));
  }
  const config = {
    clients: clients.map((id) => ({
      id,
      secrets: [{ env: variableOf(id) }],
      keys: keysOf[id] ?? 'all',
      accounts: 'all',
    })),
    keys: keyIds.map((id) => ({ id, policy: id, messageKinds: ['invoke-v2', 'outside-v2'] })),
    policies: keyIds.map((id) => ({ id, file: `${id}.json` })),
    policy: { chains: ['SN_SEPOLIA'], maxValiditySec: HOUR_SEC },
  };
  const env = Object.fromEntries(clients.map((id) => [variableOf(id), secretOf(id)]));
  const boundary = await startBoundary({ config, env, directory });
  const open: WireClient[] = [];
  return {
    ...boundary,
    secretOf,
    as(clientId) {
      const client = createWireClient({ url: boundary.url, clientId, secret: secretOf(clientId) });
      open.push(client);
      return client;
    },
    stop() {
      for (const client of open) client.close();
      return boundary.stop();
    },
  };
}

function variableOf(clientId: string): string {
  return `SECRET_${clientId.toUpperCase()}`;
}

function secretOf(clientId: string): string {
  return `policy-test-secret-of-${clientId}`;
}

async function fillKeystore(dataDir: string, keyIds: readonly string[]): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  for (const [i, keyId] of keyIds.entries()) {
    const { status, stderr } = await runCountersign({
      args: [
        'keys',
        'add',
        keyId,
        '--data-dir',
        dataDir,
        '--plain',
        '--from-env',
        'KEY',
        '--message-kinds',
        'invoke-v2,outside-v2',
      ],
      env: { KEY: `0x${(BigInt(SESSION_KEY) + BigInt(i)).toString(16)}` },
    });
    if (status !== 0) throw new Error(stderr);
  }
}
