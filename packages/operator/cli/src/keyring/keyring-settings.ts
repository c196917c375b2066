/**
 * Settings of `countersign keyring` from exactly the variables of the older signer.
 *
 * Lists that are absent mean "all" here, as they always did for these variables, and each such
 * opening is warned about; the native configuration has no such default.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { parsePrivateKey, publicKeyX } from '@countersign/crypto';
import {
  type EdgeSettings,
  isBoundaryError,
  LIMITS,
  type MessageKind,
  type WireProfile,
} from '@countersign/protocol';
import type { Settings } from '@countersign/supervisor';
import { findTlsFault } from '../tls-fault.ts';
import {
  type Environment,
  readChoice,
  readCount,
  readFlag,
  readText,
  SettingError,
} from './environment.ts';
import { assertSecureEnough } from './keyring-guards.ts';
import {
  type Allowed,
  type KeyringClient,
  type KeyringKey,
  readChains,
  readClients,
  readKeys,
  readPins,
} from './keyring-lists.ts';

/** What a timer of Node can count. */
const MOST_TIMEOUT_MS = 2_147_483_647;

/** What the variables do not cover; set by flags of the command. */
export interface KeyringOptions {
  readonly dataDir: string;
  readonly profile: WireProfile;
  /** Kinds every key may sign, the default first. */
  readonly messageKinds: readonly [MessageKind, ...MessageKind[]];
  readonly hashBackend: 'wasm' | 'scure';
}

export interface KeyringSettings {
  readonly settings: Settings;
  /** What is open, in words, for the operator. */
  readonly warnings: readonly string[];
}

/** Data of the variables, read once and checked, before it becomes settings. */
interface Read {
  readonly clients: readonly KeyringClient[];
  readonly keys: readonly KeyringKey[];
  readonly defaultClientId: string;
  readonly defaultKeyId: string;
  readonly provider: 'local' | 'dfns';
  readonly fallback: 'none' | 'local';
}

/**
 * Reads and checks all variables.
 *
 * @throws SettingError for the first one that cannot be used.
 */
export function keyringSettings(env: Environment, options: KeyringOptions): KeyringSettings {
  const read = readAll(env);
  assertSecureEnough(env);
  const settings = {
    signer: signerSettings(env, read, options),
    edge: edgeSettings(env, read, options),
  };
  return { settings, warnings: warningsOf(env, read) };
}

function readAll(env: Environment): Read {
  const defaultClientId = readId(env, 'KEYRING_DEFAULT_AUTH_CLIENT_ID', LIMITS.clientIdChars);
  const defaultKeyId = readId(env, 'KEYRING_DEFAULT_KEY_ID', LIMITS.keyIdChars);
  readChoice(env, 'KEYRING_SESSION_SIGNATURE_MODE', ['v2_snip12'], 'v2_snip12');
  const clients = readClients(env, defaultClientId);
  const keys = readKeys(env, defaultKeyId);
  for (const client of clients) assertKnownKeys(client, keys);
  for (const key of keys) assertPublicKey(key);
  const provider = readChoice(env, 'KEYRING_SIGNER_PROVIDER', ['local', 'dfns'], 'local');
  const fallback = readChoice(env, 'KEYRING_SIGNER_FALLBACK_PROVIDER', ['none', 'local'], 'none');
  return { clients, keys, defaultClientId, defaultKeyId, provider, fallback };
}

function readId(env: Environment, name: string, mostChars: number): string {
  const id = readText(env, name) ?? 'default';
  if (id.length <= mostChars) return id;
  throw new SettingError(`${name} must have at most ${mostChars} characters`);
}

function signerSettings(env: Environment, read: Read, options: KeyringOptions): Settings['signer'] {
  const chains = readChains(env);
  return {
    dataDir: options.dataDir,
    maxSkewMs: readCount(env, 'KEYRING_MAX_SKEW_MS', 30_000),
    nonceTtlMs: readCount(env, 'KEYRING_NONCE_TTL_MS', 120_000),
    clients: read.clients.map(({ clientId, hmacSecret }) => ({ clientId, secrets: [hmacSecret] })),
    keys: keySources(env, read),
    bridgeFallback: read.provider === 'dfns' && read.fallback === 'local',
    hashBackend: options.hashBackend,
    policy: {
      chains: chains.length === 0 ? 'all' : [...chains],
      maxValiditySec: readCount(env, 'KEYRING_MAX_VALIDITY_WINDOW_SEC', 86_400),
      defaultKeyId: read.defaultKeyId,
      clients: read.clients.map((client) => ({
        clientId: client.clientId,
        keyIds: settingOf(client.allowedKeyIds),
        accounts: settingOf(client.allowedAccountAddresses),
      })),
      keys: read.keys.map(({ keyId }) => ({
        keyId,
        messageKinds: [...options.messageKinds],
        targets: 'all',
        recipients: 'all',
        caps: [],
      })),
    },
  };
}

/** With the bridge, private keys are handed to the signer only where they may stand in for it. */
function keySources(env: Environment, read: Read): Settings['signer']['keys'] {
  const inline = read.keys.map(({ keyId, privateKey }) => ({
    keyId,
    source: 'inline' as const,
    privateKey,
  }));
  if (read.provider === 'local') return inline;
  const pins = readPins(env, read.keys, read.defaultKeyId);
  const pinned = [...pins].map(([keyId, publicKey]) => ({
    keyId,
    source: 'bridge' as const,
    publicKey,
  }));
  return read.fallback === 'local'
    ? [...pinned, ...inline.filter((key) => pins.has(key.keyId))]
    : pinned;
}

function edgeSettings(env: Environment, read: Read, options: KeyringOptions): EdgeSettings {
  const tls = tlsSettings(env);
  const redis = redisSettings(env);
  const rateLimit = rateLimitSettings(env);
  const bridge = read.provider === 'dfns' ? bridgeSettings(env) : undefined;
  return {
    host: readText(env, 'HOST') ?? '127.0.0.1',
    port: readCount(env, 'PORT', 8545, 65_535),
    profile: options.profile,
    logLevel: readChoice(env, 'LOG_LEVEL', ['debug', 'info', 'warn', 'error'], 'info'),
    clients: read.clients.map(({ clientId, hmacSecret }) => ({
      clientId,
      secrets: [hmacSecret],
      certificates: [],
    })),
    defaultClientId: read.defaultClientId,
    defaultKeyId: read.defaultKeyId,
    maxSkewMs: readCount(env, 'KEYRING_MAX_SKEW_MS', 30_000),
    nonceTtlMs: readCount(env, 'KEYRING_NONCE_TTL_MS', 120_000),
    nonceStore:
      readChoice(env, 'KEYRING_REPLAY_STORE', ['memory', 'redis'], 'memory') === 'redis'
        ? 'redis'
        : 'embedded',
    leakScan: readFlag(env, 'KEYRING_LEAK_SCANNER_ENABLED')
      ? readChoice(env, 'KEYRING_LEAK_SCANNER_ACTION', ['block', 'warn'], 'block')
      : 'off',
    maxConnectionsPerAddress: 1_024,
    maxInFlight: 1_024,
    ...(tls === undefined ? {} : { tls }),
    ...(redis === undefined ? {} : { redis }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(bridge === undefined ? {} : { bridge }),
  };
}

function tlsSettings(env: Environment): EdgeSettings['tls'] {
  if (readChoice(env, 'KEYRING_TRANSPORT', ['http', 'https'], 'http') === 'http') return undefined;
  const caPath = readText(env, 'KEYRING_TLS_CA_PATH');
  const tls = {
    certPem: readPem(env, 'KEYRING_TLS_CERT_PATH'),
    keyPem: readPem(env, 'KEYRING_TLS_KEY_PATH'),
    clientCertificates: readFlag(env, 'KEYRING_MTLS_REQUIRED'),
    ...(caPath === undefined ? {} : { caPem: readPem(env, 'KEYRING_TLS_CA_PATH') }),
  };
  const fault = findTlsFault(tls);
  if (fault === undefined) return tls;
  const name = `KEYRING_TLS_${fault.part.toUpperCase()}_PATH`;
  throw new SettingError(`${name} must name a file with ${fault.expected}`);
}

function readPem(env: Environment, name: string): string {
  const path = readText(env, name);
  if (path === undefined) {
    throw new SettingError(
      'KEYRING_TRANSPORT=https requires KEYRING_TLS_CERT_PATH and KEYRING_TLS_KEY_PATH',
    );
  }
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new SettingError(`${name} names a file that cannot be read`);
  }
}

function redisSettings(env: Environment): EdgeSettings['redis'] {
  const uses = [
    readChoice(env, 'KEYRING_REPLAY_STORE', ['memory', 'redis'], 'memory'),
    readFlag(env, 'KEYRING_RATE_LIMIT_ENABLED')
      ? readChoice(env, 'KEYRING_RATE_LIMIT_BACKEND', ['memory', 'redis'], 'memory')
      : 'memory',
  ];
  if (!uses.includes('redis')) return undefined;
  const url = readText(env, 'KEYRING_REDIS_URL');
  if (url === undefined || !/^rediss?:\/\//.test(url) || URL.parse(url) === null) {
    throw new SettingError(
      'KEYRING_REDIS_URL must be a redis:// or rediss:// URL when a Redis backend is used',
    );
  }
  return {
    url,
    noncePrefix: env.KEYRING_REDIS_NONCE_PREFIX ?? 'starknet-keyring-proxy:nonce:',
    ratePrefix: env.KEYRING_REDIS_RATE_LIMIT_PREFIX ?? 'starknet-keyring-proxy:ratelimit:',
  };
}

function rateLimitSettings(env: Environment): EdgeSettings['rateLimit'] {
  const store = readChoice(env, 'KEYRING_RATE_LIMIT_BACKEND', ['memory', 'redis'], 'memory');
  const windowMs = readCount(env, 'KEYRING_RATE_LIMIT_WINDOW_MS', 60_000);
  const maxRequests = readCount(env, 'KEYRING_RATE_LIMIT_MAX_REQUESTS', 120);
  return readFlag(env, 'KEYRING_RATE_LIMIT_ENABLED') ? { store, windowMs, maxRequests } : undefined;
}

function bridgeSettings(env: Environment): EdgeSettings['bridge'] {
  return {
    url: bridgeUrl(demandBridge(env, 'KEYRING_DFNS_SIGNER_URL')),
    authToken: bridgeCredential(env, 'KEYRING_DFNS_AUTH_TOKEN'),
    userActionSignature: bridgeCredential(env, 'KEYRING_DFNS_USER_ACTION_SIGNATURE'),
    timeoutMs: readCount(env, 'KEYRING_DFNS_TIMEOUT_MS', 7_000, MOST_TIMEOUT_MS),
    preflightTimeoutMs: readCount(env, 'KEYRING_DFNS_PREFLIGHT_TIMEOUT_MS', 3_000, MOST_TIMEOUT_MS),
    preflightOnStart: readFlag(env, 'KEYRING_DFNS_PREFLIGHT_ON_STARTUP'),
  };
}

function demandBridge(env: Environment, name: string): string {
  const value = readText(env, name);
  if (value === undefined) throw new SettingError(`KEYRING_SIGNER_PROVIDER=dfns requires ${name}`);
  return value;
}

function bridgeUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.parse(text) !== null) return text;
  throw new SettingError('KEYRING_DFNS_SIGNER_URL must be a URL that starts with http: or https:');
}

/** Credentials travel as headers. */
function bridgeCredential(env: Environment, name: string): string {
  const value = demandBridge(env, name);
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) return value;
  throw new SettingError(`${name} must be printable ASCII without blanks around it`);
}

function assertKnownKeys(client: KeyringClient, keys: readonly KeyringKey[]): void {
  if (client.allowedKeyIds === 'all') return;
  for (const keyId of client.allowedKeyIds) {
    if (!keys.some((key) => key.keyId === keyId)) {
      throw new SettingError(
        `KEYRING_AUTH_CLIENTS_JSON: client ${client.clientId} names an unknown keyId: ${keyId}`,
      );
    }
  }
}

function assertPublicKey({ keyId, privateKey, publicKey }: KeyringKey): void {
  const derived = derive(privateKey, keyId);
  if (publicKey !== undefined && BigInt(publicKey) !== derived) {
    throw new SettingError(
      `SESSION_PUBLIC_KEY or publicKey of keyId ${keyId} does not belong to its private key`,
    );
  }
}

function derive(privateKey: string, keyId: string): bigint {
  try {
    return publicKeyX(parsePrivateKey(privateKey, keyId));
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    throw new SettingError(
      `SESSION_PRIVATE_KEY or privateKey of keyId ${keyId} must lie between 1 and the curve order`,
    );
  }
}

function settingOf(list: Allowed): 'all' | string[] {
  return list === 'all' ? 'all' : [...list];
}

function warningsOf(env: Environment, read: Read): readonly string[] {
  const open = (part: 'allowedKeyIds' | 'allowedAccountAddresses'): string =>
    read.clients
      .filter((client) => client[part] === 'all')
      .map((client) => client.clientId)
      .join(', ');
  const anyKey = open('allowedKeyIds');
  const anyAccount = open('allowedAccountAddresses');
  return [
    ...(anyKey === '' ? [] : [`no allowedKeyIds: every key is open to ${anyKey}`]),
    ...(anyAccount === ''
      ? []
      : [`no allowedAccountAddresses: every account is open to ${anyAccount}`]),
    ...(readChains(env).length === 0
      ? ['no KEYRING_ALLOWED_CHAIN_IDS: every chain is allowed']
      : []),
    'these variables know no target lists, recipient lists or caps: use countersign up with a configuration for those',
    ...(readFlag(env, 'KEYRING_MTLS_REQUIRED')
      ? [
          'a certificate that bears no client id may speak for every client: list certificates in a configuration to bind them',
        ]
      : []),
    ...(read.provider === 'local' ? ['keys come from the environment of this process'] : []),
    ...(read.fallback === 'local' && read.provider === 'dfns'
      ? ['local keys stand in when the bridge cannot be reached']
      : []),
  ];
}
