/**
 * The policy as a document: what the settings say, what the hash in every receipt covers.
 *
 * @module
 */

import { type CanonicalValue, type PolicySettings, parseFelt, toHex } from '@countersign/protocol';
import type { Grant, KeyPolicy, KeyringPolicy, TokenCap } from './keyring-policy.ts';
import type { CompiledPolicy } from './language/compiled-policy.ts';

/**
 * Builds a policy from checked settings.
 *
 * @throws BoundaryError ERR_FELT_MALFORMED, ERR_FELT_OUT_OF_RANGE for a bad address or chain id.
 */
export function policyFromSettings(settings: PolicySettings): KeyringPolicy {
  return {
    chains: feltGrant(settings.chains, 'chains'),
    maxValiditySec: BigInt(settings.maxValiditySec),
    clients: new Map(
      settings.clients.map((client) => [
        client.clientId,
        { keyIds: textGrant(client.keyIds), accounts: feltGrant(client.accounts, 'accounts') },
      ]),
    ),
    keys: new Map(settings.keys.map((key) => [key.keyId, keyPolicy(key)])),
    defaultKeyId: settings.defaultKeyId,
  };
}

/**
 * The policy as canonical data: equal policies give equal documents, whatever order they were written in.
 *
 * @param written - Written policies by id; they decide too, so they are part of it.
 */
export function policyDocument(
  policy: KeyringPolicy,
  written: ReadonlyMap<string, Pick<CompiledPolicy, 'document'>> = new Map(),
): CanonicalValue {
  return {
    format: 'countersign-keyring-policy/v1',
    chains: grantDocument(policy.chains, toHex),
    maxValiditySec: String(policy.maxValiditySec),
    defaultKeyId: policy.defaultKeyId,
    clients: record(policy.clients, (client) => ({
      keyIds: grantDocument(client.keyIds, String),
      accounts: grantDocument(client.accounts, toHex),
    })),
    keys: record(policy.keys, keyDocument),
    written: written.size === 0 ? undefined : record(written, ({ document }) => document),
  };
}

function keyPolicy(key: PolicySettings['keys'][number]): KeyPolicy {
  const caps = key.caps.map((cap): [bigint, TokenCap] => [
    parseFelt(cap.token, 'caps.token'),
    { maxPerCall: BigInt(cap.maxPerCall), maxPerRequest: BigInt(cap.maxPerRequest) },
  ]);
  return {
    messageKinds: key.messageKinds,
    targets: feltGrant(key.targets, 'targets'),
    recipients: feltGrant(key.recipients, 'recipients'),
    caps: new Map(caps),
    ...(key.policy === undefined ? {} : { policyId: key.policy }),
  };
}

function keyDocument(key: KeyPolicy): CanonicalValue {
  return {
    messageKinds: key.messageKinds,
    targets: grantDocument(key.targets, toHex),
    recipients: grantDocument(key.recipients, toHex),
    caps: record(new Map([...key.caps].map(([token, cap]) => [toHex(token), cap])), (cap) => ({
      maxPerCall: String(cap.maxPerCall),
      maxPerRequest: String(cap.maxPerRequest),
    })),
    policy: key.policyId,
  };
}

function feltGrant(list: 'all' | readonly string[], field: string): Grant<bigint> {
  return list === 'all' ? 'all' : new Set(list.map((item) => parseFelt(item, field)));
}

function textGrant(list: 'all' | readonly string[]): Grant<string> {
  return list === 'all' ? 'all' : new Set(list);
}

function grantDocument<T>(grant: Grant<T>, write: (item: T) => string): CanonicalValue {
  return grant === 'all' ? 'all' : [...grant].map(write).sort((a, b) => (a < b ? -1 : 1));
}

function record<T>(
  entries: ReadonlyMap<string, T>,
  write: (value: T) => CanonicalValue,
): Record<string, CanonicalValue> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, write(value)]));
}
