/**
 * From a configuration to the settings of the two processes.
 *
 * Here an absent list means nothing, and `all` must be written out.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BoundaryError, type EdgeSettings, toHex } from '@countersign/protocol';
import type { Settings } from '@countersign/supervisor';
import { prepareDataDir } from '../data-dir.ts';
import { findTlsFault } from '../tls-fault.ts';
import { approvalWarnings } from './approval-warnings.ts';
import type { Config, SecretSource } from './config-schema.ts';
import { type GuardSettings, guardSettings } from './guard-settings.ts';
import { defaultKeyIdOf, policySettings } from './policy-settings.ts';
import { storeSettings } from './store-settings.ts';

const LEAST_SECRET_CHARS = 16;

/** What a configuration refers to: files relative to its own place, variables of this process. */
export interface ConfigContext {
  /** Directory relative paths start from: the one of the configuration file. */
  readonly baseDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ConfiguredSettings {
  readonly settings: Settings;
  readonly warnings: readonly string[];
}

/**
 * Resolves a configuration.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for a reference that leads nowhere and for parts that
 *   contradict each other.
 */
export function settingsFromConfig(config: Config, context: ConfigContext): ConfiguredSettings {
  assertConsistent(config);
  const resolve = (file: string): string => path.resolve(context.baseDir, file);
  const secret = (source: SecretSource, field: string): string =>
    readSecret(source, field, resolve, context.env);
  const clientSecrets = new Map(
    config.clients.map((client) => [
      client.id,
      client.secrets.map((source, i) =>
        clientSecret(secret(source, `clients.${client.id}.secrets[${i}]`), client.id),
      ),
    ]),
  );
  const defaultKeyId = defaultKeyIdOf(config);
  const guards = guardSettings(config, [...clientSecrets.values()].flat(), secret);
  const parts = { config, clientSecrets, defaultKeyId, secret, resolve, guards };
  const signer = signerSettings(parts);
  const approverIds = config.approvers.map(({ id }) => id);
  return {
    settings: { signer, edge: edgeSettings(parts) },
    warnings: [
      ...warningsOf(config),
      ...approvalWarnings(approverIds, signer.policy.documents ?? []),
    ],
  };
}

interface Parts {
  readonly config: Config;
  readonly clientSecrets: ReadonlyMap<string, readonly string[]>;
  readonly defaultKeyId: string;
  readonly secret: (source: SecretSource, field: string) => string;
  readonly resolve: (file: string) => string;
  readonly guards: GuardSettings;
}

function signerSettings({
  config,
  clientSecrets,
  secret,
  resolve,
  guards,
}: Parts): Settings['signer'] {
  const { passphrase } = config;
  return {
    dataDir: prepareDataDir(resolve(config.dataDir)),
    ...(passphrase === undefined ? {} : { passphrase: secret(passphrase, 'passphrase') }),
    maxSkewMs: config.authentication.maxSkewMs,
    nonceTtlMs: config.authentication.nonceTtlMs,
    clients: config.clients.map(({ id }) => ({
      clientId: id,
      secrets: [...(clientSecrets.get(id) ?? [])],
    })),
    keys: config.keys.flatMap((key) => keySources(key, config.bridge?.localFallback ?? false)),
    bridgeFallback: config.bridge?.localFallback ?? false,
    hashBackend: config.hashBackend,
    ...guards.signer,
    ...storeSettings(config, secret, resolve),
    policy: policySettings(config, resolve),
  };
}

function keySources(
  key: Config['keys'][number],
  localFallback: boolean,
): Settings['signer']['keys'] {
  const { id: keyId, publicKey } = key;
  if (key.custody === 'keystore') return [{ keyId, source: 'keystore' }];
  const pin = { keyId, source: 'bridge' as const, publicKey: publicKey ?? '' };
  return localFallback ? [pin, { keyId, source: 'keystore' }] : [pin];
}

function edgeSettings({
  config,
  clientSecrets,
  defaultKeyId,
  secret,
  resolve,
  guards,
}: Parts): EdgeSettings {
  const { listen, redis, rateLimit, bridge, limits, authentication, defaultClient } = config;
  const { tls } = listen;
  return {
    host: listen.host,
    port: listen.port,
    profile: config.profile,
    logLevel: config.logLevel,
    clients: config.clients.map(({ id, certificates }) => ({
      clientId: id,
      secrets: [...(clientSecrets.get(id) ?? [])],
      certificates,
    })),
    ...(defaultClient === undefined ? {} : { defaultClientId: defaultClient }),
    defaultKeyId,
    maxSkewMs: authentication.maxSkewMs,
    nonceTtlMs: authentication.nonceTtlMs,
    nonceStore: authentication.nonceStore,
    leakScan: config.leakScan,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    maxInFlight: limits.requestsInFlight,
    ...guards.edge,
    ...(tls === undefined ? {} : { tls: tlsSettings(tls, resolve) }),
    ...(redis === undefined
      ? {}
      : { redis: { ...redis, url: redisUrl(secret(redis.url, 'redis.url')) } }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(bridge === undefined ? {} : { bridge: bridgeSettings(bridge, secret) }),
  };
}

function tlsSettings(
  tls: NonNullable<Config['listen']['tls']>,
  resolve: (file: string) => string,
): NonNullable<EdgeSettings['tls']> {
  const { clientCa } = tls;
  const read = {
    certPem: readFile(resolve(tls.cert), 'listen.tls.cert'),
    keyPem: readFile(resolve(tls.key), 'listen.tls.key'),
    clientCertificates: clientCa !== undefined,
    ...(clientCa === undefined
      ? {}
      : { caPem: readFile(resolve(clientCa), 'listen.tls.clientCa') }),
  };
  const fault = findTlsFault(read);
  if (fault === undefined) return read;
  throw invalid(`listen.tls.${fault.part === 'ca' ? 'clientCa' : fault.part}`, fault.expected);
}

function bridgeSettings(
  bridge: NonNullable<Config['bridge']>,
  secret: Parts['secret'],
): NonNullable<EdgeSettings['bridge']> {
  const { localFallback: _signers, ...rest } = bridge;
  return {
    ...rest,
    authToken: secret(bridge.authToken, 'bridge.authToken'),
    userActionSignature: secret(bridge.userActionSignature, 'bridge.userActionSignature'),
  };
}

export function readSecret(
  source: SecretSource,
  field: string,
  resolve: (file: string) => string,
  env: ConfigContext['env'],
): string {
  if ('file' in source) return readSecretFile(resolve(source.file), field);
  const value = env[source.env];
  if (value === undefined || value === '') {
    throw invalid(field, `the environment variable ${source.env} to be set`);
  }
  return value;
}

function readSecretFile(file: string, field: string): string {
  const text = readFile(file, field).trim();
  if (text === '') throw invalid(field, 'a file with something in it');
  return text;
}

function clientSecret(text: string, clientId: string): string {
  if (text.length < LEAST_SECRET_CHARS) {
    throw invalid(`clients.${clientId}.secrets`, `at least ${LEAST_SECRET_CHARS} characters each`);
  }
  return text;
}

function redisUrl(text: string): string {
  if (!/^rediss?:\/\//.test(text) || URL.parse(text) === null) {
    throw invalid('redis.url', 'a redis:// or rediss:// URL');
  }
  return text;
}

function readFile(file: string, field: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw invalid(field, 'a file that can be read');
  }
}

/** Refuses what the schema cannot see: references between parts. */
function assertConsistent(config: Config): void {
  const keyIds = config.keys.map((key) => key.id);
  const clientIds = config.clients.map((client) => client.id);
  assertUnique(keyIds, 'keys');
  assertUnique(clientIds, 'clients');
  for (const client of config.clients) {
    const unknown =
      client.keys === 'all' ? undefined : client.keys.find((id) => !keyIds.includes(id));
    if (unknown !== undefined)
      throw invalid(`clients.${client.id}.keys`, `a configured key, found ${unknown}`);
  }
  if (config.defaultKey !== undefined && !keyIds.includes(config.defaultKey)) {
    throw invalid('defaultKey', 'the id of a configured key');
  }
  if (config.defaultClient !== undefined && !clientIds.includes(config.defaultClient)) {
    throw invalid('defaultClient', 'the id of a configured client');
  }
  for (const key of config.keys) {
    assertUnique(
      key.caps.map(({ token }) => toHex(BigInt(token))),
      `keys.${key.id}.caps`,
    );
  }
  assertCertificates(config);
  assertBridge(config);
  const wantsRedis =
    config.authentication.nonceStore === 'redis' || config.rateLimit?.store === 'redis';
  if (wantsRedis && config.redis === undefined)
    throw invalid('redis', 'a section, because a store uses it');
}

/** Certificates that nobody asks clients for would bind nothing. */
function assertCertificates({ clients, listen }: Config): void {
  const bound = clients.find((client) => client.certificates.length > 0);
  if (bound === undefined || listen.tls?.clientCa !== undefined) return;
  throw invalid('listen.tls.clientCa', `a file, because client ${bound.id} lists certificates`);
}

function assertBridge(config: Config): void {
  for (const key of config.keys) {
    if (key.custody !== 'dfns') {
      if (key.publicKey === undefined) continue;
      throw invalid(`keys.${key.id}.publicKey`, 'nothing, or custody: dfns: it pins a bridge key');
    }
    if (config.bridge === undefined)
      throw invalid('bridge', `a section, because key ${key.id} uses it`);
    if (key.publicKey === undefined)
      throw invalid(`keys.${key.id}.publicKey`, 'the pinned public key');
  }
}

function assertUnique(ids: readonly string[], field: string): void {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw invalid(field, `each once, found ${twice} twice`);
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}

function warningsOf(config: Config): readonly string[] {
  const { tls } = config.listen;
  const certificates = tls?.clientCa !== undefined;
  const unbound = config.clients.filter((client) => client.certificates.length === 0);
  const open = config.keys.filter((key) => key.targets === 'all').map((key) => key.id);
  return [
    ...(config.passphrase === undefined
      ? ['no passphrase: keystore and log key are not encrypted at rest']
      : []),
    ...(tls === undefined && !isLoopback(config.listen.host)
      ? ['plain HTTP on an address others can reach']
      : []),
    ...(certificates && unbound.length > 0
      ? [
          `no certificates listed for ${unbound.map((client) => client.id).join(', ')}: any trusted one without another client's name will do`,
        ]
      : []),
    ...(open.length > 0 ? [`every contract is a target for ${open.join(', ')}`] : []),
    ...(config.leakScan === 'block' ? [] : [`leak scan is ${config.leakScan}`]),
  ];
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
