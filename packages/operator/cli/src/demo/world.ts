/**
 * Everything the demo needs, thrown away afterwards: a directory, a keystore with a fresh key, a
 * configuration, two processes.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  addKey,
  createKeystore,
  KEYSTORE_FILE_NAME,
  saveKeystore,
} from '@countersign/crypto/keystore';
import { Secret, toHex } from '@countersign/protocol';
import { type Supervisor, startSupervisor } from '@countersign/supervisor';
import { readConfigFile } from '../config/config-file.ts';
import { settingsFromConfig } from '../config/config-settings.ts';
import { processEntries } from '../serve.ts';
import type { AgentOptions } from './agent.ts';

/** Addresses of the story; none is real. */
export const CAST = {
  account: '0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50',
  token: '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7',
  landlord: '0x1a4d10bd',
  thief: '0x7411ef',
  shop: '0x5409',
  gallery: '0x9a11',
  chain: '0x534e5f5345504f4c4941',
} as const;

/** Most one call, or one request, may move: one token of 18 decimals. */
export const CAP = 10n ** 18n;
/** Price of a picture; what is approved counts, too. */
export const PICTURE = CAP / 20n;

/** The person who is asked. Her key never leaves this process. */
export const ALICE: Person = makePerson();

export interface Person {
  /** DER of the SubjectPublicKeyInfo, base64. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export interface World {
  readonly dir: string;
  readonly url: string;
  readonly publicKey: bigint;
  readonly agent: AgentOptions;
  /** May freeze, and nothing else. */
  readonly operator: AgentOptions;
  readonly supervisor: Supervisor;
  /** The log's public key. */
  readonly logKey: string;
  readonly dataDir: string;
  /** Ends the processes and removes the directory. */
  end(): Promise<void>;
}

/** Makes the world and starts it. `onWarning` hears what the operator would. */
export async function createWorld(onWarning: (text: string) => void): Promise<World> {
  const dir = mkdtempSync(path.join(tmpdir(), 'countersign-demo-'));
  const dataDir = path.join(dir, 'data');
  const secret = randomBytes(24).toString('hex');
  const operatorSecret = randomBytes(24).toString('hex');
  const publicKey = prepareFiles(dir, dataDir, { agent: secret, operator: operatorSecret });
  const configFile = path.join(dir, 'countersign.yaml');
  writeFileSync(configFile, configuration());
  const context = { baseDir: dir, env: {} };
  const { settings } = settingsFromConfig(readConfigFile(configFile), context);
  const supervisor = startSupervisor({
    settings,
    entries: processEntries(),
    eventLog: 'ignore',
    report: { inForce: () => undefined, warning: onWarning },
  });
  const end = async (): Promise<void> => {
    supervisor.stop();
    await supervisor.ended;
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const { address = '' } = await supervisor.ready;
    const agent = { url: address, clientId: 'rent-bot', secret: new Secret(secret) };
    const operator = { url: address, clientId: 'on-call', secret: new Secret(operatorSecret) };
    const logKey = readFileSync(path.join(dataDir, 'log-key.pub'), 'utf8').trim();
    return { dir, dataDir, url: address, publicKey, agent, operator, supervisor, logKey, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** @returns The public key of the first key. */
function prepareFiles(
  dir: string,
  dataDir: string,
  secrets: { readonly agent: string; readonly operator: string },
): bigint {
  mkdirSync(dataDir, { mode: 0o700 });
  const passphrase = randomBytes(24).toString('hex');
  writeFileSync(path.join(dir, 'agent.secret'), secrets.agent, { mode: 0o600 });
  writeFileSync(path.join(dir, 'operator.secret'), secrets.operator, { mode: 0o600 });
  writeFileSync(path.join(dir, 'shopping.yaml'), shoppingPolicy());
  writeFileSync(path.join(dir, 'passphrase'), passphrase, { mode: 0o600 });
  const file = path.join(dataDir, KEYSTORE_FILE_NAME);
  const empty = createKeystore({ path: file, passphrase: new Secret(passphrase) });
  const keystore = ['rent', 'shopping'].reduce(
    (all, keyId) => addKey(all, { keyId, messageKinds: ['invoke-v2'] }),
    empty,
  );
  const entries = saveKeystore(keystore).entries();
  return entries.find(({ keyId }) => keyId === 'rent')?.publicKey ?? 0n;
}

function configuration(): string {
  return `version: 1
dataDir: ./data
passphrase: { file: ./passphrase }
listen: { host: 127.0.0.1, port: 0 }
logLevel: error
leakScan: block
policy:
  chains: [SN_SEPOLIA]
  maxValiditySec: 3600
clients:
  - id: rent-bot
    secrets: [{ file: ./agent.secret }]
    keys: [rent, shopping]
    accounts: ["${CAST.account}"]
keys:
  - id: rent
    targets: ["${CAST.token}", "${CAST.account}"]
    recipients: ["${CAST.landlord}"]
    caps:
      - { token: "${CAST.token}", maxPerCall: "${CAP}", maxPerRequest: "${CAP}" }
  - id: shopping
    policy: shopping
policies:
  - id: shopping
    file: ./shopping.yaml
approvers:
  - id: alice
    kind: ed25519
    publicKey: "${ALICE.publicKey}"
freeze:
  operators:
    - id: on-call
      secrets: [{ file: ./operator.secret }]
  unfreeze: { required: 1, approvers: [alice] }
`;
}

/** The shop may be paid, the gallery if Alice agrees; together never more than one token an hour. */
function shoppingPolicy(): string {
  return `version: "1.0"
name: shopping
rules:
  - name: pay the shop
    method: starknet_signSessionTransaction
    action: ALLOW
    conditions:
      - field_source: starknet_call
        field: target
        operator: eq
        value: "${CAST.token}"
      - field_source: starknet_call
        field: transfer.recipient
        operator: eq
        value: "${CAST.shop}"
  - name: ask about art
    method: starknet_signSessionTransaction
    action: REQUIRE_APPROVAL
    approval: { required: 1, approvers: [alice], expires_in_seconds: 120 }
    conditions:
      - field_source: starknet_call
        field: target
        operator: eq
        value: "${CAST.token}"
      - field_source: starknet_call
        field: transfer.recipient
        operator: eq
        value: "${CAST.gallery}"
limits:
  - name: hourly
    metric: amount
    token: "${CAST.token}"
    per: window
    window: { type: sliding, seconds: 3600 }
    max: "${CAP}"
`;
}

function makePerson(): Person {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { publicKey: spki, privateKey };
}

/** What the agent wants: pay the landlord. */
export interface Wish {
  readonly recipient?: string;
  readonly amount?: bigint;
  readonly entrypoint?: string;
  readonly target?: string;
  readonly keyId?: string;
  readonly accountNonce?: bigint;
  readonly validForSec?: number;
  readonly reason?: string;
}

/** The request body for a wish. */
export function wishBody(wish: Wish = {}): string {
  const amount = wish.amount ?? CAP / 100n;
  return JSON.stringify({
    accountAddress: CAST.account,
    keyId: wish.keyId ?? 'rent',
    chainId: CAST.chain,
    nonce: toHex(wish.accountNonce ?? 7n),
    validUntil: Math.floor(Date.now() / 1000) + (wish.validForSec ?? 300),
    calls: [
      {
        contractAddress: wish.target ?? CAST.token,
        entrypoint: wish.entrypoint ?? 'transfer',
        calldata: [wish.recipient ?? CAST.landlord, toHex(amount), '0x0'],
      },
    ],
    context: {
      requester: 'rent-bot',
      tool: 'transfer',
      reason: wish.reason ?? 'rent for November',
    },
  });
}
