/**
 * The JSON variables of the keyring: clients, keys, pins.
 *
 * @module
 */

import { isHex, isHexOrDecimal, LIMITS } from '@countersign/protocol';
import { z } from 'zod';
import { type Environment, readJson, readText, SettingError } from './environment.ts';

export interface KeyringClient {
  readonly clientId: string;
  readonly hmacSecret: string;
  /** As with the older signer an absent list means all, which is warned about, and an empty one none. */
  readonly allowedKeyIds: Allowed;
  readonly allowedAccountAddresses: Allowed;
}

export type Allowed = 'all' | readonly string[];

export interface KeyringKey {
  readonly keyId: string;
  readonly privateKey: string;
  readonly publicKey: string | undefined;
}

const LEAST_SECRET_CHARS = 16;
const hexText = z.string().refine(isHex, 'expected 0x and 1-64 hex digits');
const secretText = z.string().min(LEAST_SECRET_CHARS);

const clientsSchema = z
  .array(
    z.object({
      clientId: z.string().min(1).max(LIMITS.clientIdChars),
      hmacSecret: secretText,
      allowedKeyIds: z.array(z.string().min(1)).optional(),
      allowedAccountAddresses: z.array(hexText).optional(),
    }),
  )
  .min(1);

const keysSchema = z
  .array(
    z.object({
      keyId: z.string().min(1).max(LIMITS.keyIdChars),
      privateKey: hexText,
      publicKey: hexText.optional(),
    }),
  )
  .min(1);

const pinsSchema = z.record(z.string(), hexText);

/** @throws SettingError naming the variable, or "No auth clients configured", "Duplicate auth client id". */
export function readClients(env: Environment, defaultClientId: string): readonly KeyringClient[] {
  const list = readJson(env, 'KEYRING_AUTH_CLIENTS_JSON');
  if (list === undefined) return [singleClient(env, defaultClientId)];
  const given = check(clientsSchema, list, 'KEYRING_AUTH_CLIENTS_JSON');
  const clients = given.map(
    (client): KeyringClient => ({
      clientId: client.clientId,
      hmacSecret: client.hmacSecret,
      allowedKeyIds: client.allowedKeyIds ?? 'all',
      allowedAccountAddresses: client.allowedAccountAddresses ?? 'all',
    }),
  );
  const twice = repeated(clients.map((client) => client.clientId));
  if (twice !== undefined) throw new SettingError(`Duplicate auth client id: ${twice}`);
  if (!clients.some((client) => client.clientId === defaultClientId)) {
    throw new SettingError(
      `KEYRING_DEFAULT_AUTH_CLIENT_ID (${defaultClientId}) must be one of the clients in KEYRING_AUTH_CLIENTS_JSON`,
    );
  }
  return clients;
}

/** @throws SettingError naming the variable, or "Duplicate keyId". */
export function readKeys(env: Environment, defaultKeyId: string): readonly KeyringKey[] {
  const list = readJson(env, 'KEYRING_SIGNING_KEYS_JSON');
  if (list === undefined) return [singleKey(env, defaultKeyId)];
  const keys = check(keysSchema, list, 'KEYRING_SIGNING_KEYS_JSON').map((key) => ({
    ...key,
    publicKey: key.publicKey,
  }));
  const twice = repeated(keys.map((key) => key.keyId));
  if (twice !== undefined)
    throw new SettingError(`Duplicate keyId in KEYRING_SIGNING_KEYS_JSON: ${twice}`);
  if (!keys.some((key) => key.keyId === defaultKeyId)) {
    throw new SettingError(
      `KEYRING_DEFAULT_KEY_ID (${defaultKeyId}) must be one of the keys in KEYRING_SIGNING_KEYS_JSON`,
    );
  }
  return keys;
}

/** Public keys pinned per key id. @throws SettingError naming the variable, or "unknown keyId". */
export function readPins(
  env: Environment,
  keys: readonly KeyringKey[],
  defaultKeyId: string,
): ReadonlyMap<string, string> {
  const name = 'KEYRING_DFNS_PINNED_PUBKEYS_JSON';
  const pins = new Map(Object.entries(check(pinsSchema, readJson(env, name) ?? {}, name)));
  for (const keyId of pins.keys()) {
    if (!keys.some((key) => key.keyId === keyId)) {
      throw new SettingError(`${name} names an unknown keyId: ${keyId}`);
    }
  }
  if (!pins.has(defaultKeyId)) {
    throw new SettingError(`${name} must pin the default key (${defaultKeyId})`);
  }
  return pins;
}

/** Chain ids of the comma-separated list; none means every chain. */
export function readChains(env: Environment): readonly string[] {
  const items = (env.KEYRING_ALLOWED_CHAIN_IDS ?? '').split(',').map((item) => item.trim());
  const chains = items.filter((item) => item !== '');
  if (!chains.every(isHexOrDecimal)) {
    throw new SettingError(
      'KEYRING_ALLOWED_CHAIN_IDS must be a comma list of hex or decimal chain ids',
    );
  }
  return chains;
}

function singleClient(env: Environment, clientId: string): KeyringClient {
  const hmacSecret = env.KEYRING_HMAC_SECRET;
  if (hmacSecret === undefined) {
    throw new SettingError(
      'No auth clients configured: set KEYRING_HMAC_SECRET or KEYRING_AUTH_CLIENTS_JSON',
    );
  }
  if (hmacSecret.length < LEAST_SECRET_CHARS) {
    throw new SettingError(
      `KEYRING_HMAC_SECRET must have at least ${LEAST_SECRET_CHARS} characters`,
    );
  }
  return { clientId, hmacSecret, allowedKeyIds: 'all', allowedAccountAddresses: 'all' };
}

function singleKey(env: Environment, keyId: string): KeyringKey {
  const privateKey = readText(env, 'SESSION_PRIVATE_KEY');
  const publicKey = readText(env, 'SESSION_PUBLIC_KEY');
  if (privateKey === undefined) {
    throw new SettingError(
      'No signing keys configured: set SESSION_PRIVATE_KEY or KEYRING_SIGNING_KEYS_JSON',
    );
  }
  if (!isHex(privateKey))
    throw new SettingError('SESSION_PRIVATE_KEY must be 0x and 1-64 hex digits');
  if (publicKey !== undefined && !isHex(publicKey)) {
    throw new SettingError('SESSION_PUBLIC_KEY must be 0x and 1-64 hex digits');
  }
  return { keyId, privateKey, publicKey };
}

function check<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Places and expectations only: a value may be a secret.
  const issues = parsed.error.issues.slice(0, 4).map(({ path, message }) => {
    return path.length === 0 ? message : `${path.join('.')}: ${message}`;
  });
  throw new SettingError(`${name} is not valid: ${issues.join('; ')}`);
}

function repeated(items: readonly string[]): string | undefined {
  return items.find((item, i) => items.indexOf(item) !== i);
}
