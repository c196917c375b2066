/**
 * Written policies a configuration names: read, checked as the signer will check them, and given to the
 * keys that use them.
 *
 * @module
 */

import { compilePolicy } from '@countersign/policy';
import { BoundaryError, type PolicySettings } from '@countersign/protocol';
import { inFile, readPolicyFile } from '../policy/policy-file.ts';
import { POLICY_PRIMITIVES } from '../policy/policy-primitives.ts';
import type { Config } from './config-schema.ts';

type ConfiguredKey = Config['keys'][number];
type Documents = NonNullable<PolicySettings['documents']>;

/**
 * Reads every policy file.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID, ERR_POLICY_DOCUMENT_INVALID with the file and the places.
 */
export function readWrittenPolicies(config: Config, resolve: (file: string) => string): Documents {
  assertReferences(config);
  return config.policies.map(({ id, file }) => {
    const path = resolve(file);
    const policy = readPolicyFile(path);
    inFile(path, () => compilePolicy(policy, POLICY_PRIMITIVES));
    return { policyId: id, document: policy as Documents[number]['document'] };
  });
}

/** With a written policy the lists stay open, because the policy allows nothing it does not mention. */
export function keyRules(
  key: ConfiguredKey,
): Pick<PolicySettings['keys'][number], 'targets' | 'recipients' | 'caps' | 'policy'> {
  const { targets, recipients, caps, policy } = key;
  if (policy === undefined) return { targets, recipients, caps };
  return { targets: 'all', recipients: 'all', caps: [], policy };
}

function assertReferences({ policies, keys }: Config): void {
  const ids = policies.map(({ id }) => id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) throw invalid('policies', `each once, found ${twice} twice`);
  for (const key of keys) {
    if (key.policy === undefined) continue;
    const field = `keys.${key.id}`;
    if (!ids.includes(key.policy)) throw invalid(`${field}.policy`, 'the id of a listed policy');
    const list = (['targets', 'recipients', 'caps'] as const).find((name) => key[name].length > 0);
    if (list !== undefined) throw invalid(`${field}.${list}`, 'nothing: its policy says it');
  }
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
