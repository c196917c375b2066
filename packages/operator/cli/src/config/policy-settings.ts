/**
 * The part of the settings that decides. It needs no secret, so commands can read it alone.
 *
 * @module
 */

import type { PolicySettings } from '@countersign/protocol';
import { CHAIN_NAMES, type Config } from './config-schema.ts';
import { keyRules, readWrittenPolicies } from './written-policies.ts';

/** Key meant when a request names none: the one that is named, else the first. */
export function defaultKeyIdOf({ defaultKey, keys }: Config): string {
  return defaultKey ?? keys[0]?.id ?? '';
}

/**
 * Resolves what a configuration says about clients, keys and policies.
 *
 * @param resolve - Path of a file the configuration names.
 * @throws BoundaryError ERR_CONFIG_INVALID, ERR_POLICY_DOCUMENT_INVALID.
 */
export function policySettings(config: Config, resolve: (file: string) => string): PolicySettings {
  const { chains, maxValiditySec } = config.policy;
  return {
    chains: chains === 'all' ? 'all' : chains.map((name) => CHAIN_NAMES[name] ?? name),
    maxValiditySec,
    defaultKeyId: defaultKeyIdOf(config),
    clients: config.clients.map(({ id, keys, accounts }) => ({
      clientId: id,
      keyIds: keys,
      accounts,
    })),
    keys: config.keys.map((key) => ({
      keyId: key.id,
      messageKinds: key.messageKinds,
      ...keyRules(key),
    })),
    ...(config.policies.length === 0 ? {} : { documents: readWrittenPolicies(config, resolve) }),
  };
}
