/**
 * Operators, approvers and the freeze switch of a configuration.
 *
 * @module
 */

import { readApprover } from '@countersign/crypto';
import { BoundaryError, type EdgeSettings, type SignerSettings } from '@countersign/protocol';
import type { Config, SecretSource } from './config-schema.ts';

type Freeze = NonNullable<Config['freeze']>;
type Automatic = NonNullable<SignerSettings['freeze']>['automatic'][number];

export interface GuardSettings {
  readonly signer: Pick<SignerSettings, 'operators' | 'approvers' | 'freeze'>;
  readonly edge: Pick<EdgeSettings, 'operators' | 'approvals'>;
}

const LEAST_SECRET_CHARS = 16;

/**
 * Resolves the people beside the agents.
 *
 * @param clientSecrets - Every secret of a client: none of them may be an operator's too.
 * @throws BoundaryError ERR_CONFIG_INVALID for references that lead nowhere, keys that cannot be used,
 *   and people who are somebody else as well.
 */
export function guardSettings(
  config: Config,
  clientSecrets: readonly string[],
  secret: (source: SecretSource, field: string) => string,
): GuardSettings {
  const { approvers, freeze } = config;
  assertApprovers(config);
  const known = approvers.length === 0 ? {} : { approvers };
  const open = approvers.length === 0 ? {} : { approvals: true };
  if (freeze === undefined) return { signer: known, edge: open };
  assertUnfreeze(freeze, approvers);
  const operators = operatorSettings(freeze, secret);
  assertOwnSecrets(operators, clientSecrets);
  const { required, approvers: whose, expiresInSeconds } = freeze.unfreeze;
  const unfreeze = { required, approvers: whose, expiresInSec: expiresInSeconds };
  const automatic = freeze.automatic.map(automaticSettings);
  return {
    signer: { ...known, operators, freeze: { unfreeze, automatic } },
    edge: { ...open, operators },
  };
}

function assertApprovers({ approvers, clients }: Config): void {
  const ids = approvers.map(({ id }) => id);
  assertUnique(ids, 'approvers');
  const asking = clients.find(({ id }) => ids.includes(id));
  if (asking !== undefined) {
    throw invalid(`approvers.${asking.id}`, 'somebody who does not ask: a client has this id');
  }
  const holders = new Map<string, string>();
  for (const approver of approvers) {
    const { identity } = readApprover(approver);
    const other = holders.get(identity);
    if (other !== undefined) {
      throw invalid(`approvers.${approver.id}.publicKey`, `a key of its own, not that of ${other}`);
    }
    holders.set(identity, approver.id);
  }
}

function assertUnfreeze({ unfreeze }: Freeze, approvers: Config['approvers']): void {
  const ids = approvers.map(({ id }) => id);
  const field = 'freeze.unfreeze.approvers';
  assertUnique(unfreeze.approvers, field);
  const unknown = unfreeze.approvers.find((id) => !ids.includes(id));
  if (unknown !== undefined) throw invalid(field, `a configured approver, found ${unknown}`);
  if (unfreeze.required > unfreeze.approvers.length) {
    throw invalid('freeze.unfreeze.required', `at most ${unfreeze.approvers.length}`);
  }
}

function operatorSettings(
  { operators }: Freeze,
  secret: (source: SecretSource, field: string) => string,
): NonNullable<SignerSettings['operators']> {
  assertUnique(
    operators.map(({ id }) => id),
    'freeze.operators',
  );
  return operators.map(({ id, secrets }) => ({
    operatorId: id,
    secrets: secrets.map((source, i) => {
      const field = `freeze.operators.${id}.secrets[${i}]`;
      const text = secret(source, field);
      if (text.length >= LEAST_SECRET_CHARS) return text;
      throw invalid(field, `at least ${LEAST_SECRET_CHARS} characters`);
    }),
  }));
}

function assertOwnSecrets(
  operators: NonNullable<SignerSettings['operators']>,
  clientSecrets: readonly string[],
): void {
  const taken = new Set(clientSecrets);
  for (const { operatorId, secrets } of operators) {
    if (secrets.some((text) => taken.has(text))) {
      throw invalid(`freeze.operators.${operatorId}.secrets`, 'secrets nobody else has');
    }
    for (const text of secrets) taken.add(text);
  }
}

function automaticSettings(rule: Freeze['automatic'][number], index: number): Automatic {
  const { when, count, windowSeconds, scope } = rule;
  const field = `freeze.automatic[${index}]`;
  if (when === 'denials') {
    if (count === undefined) throw invalid(`${field}.count`, 'a number of denials');
    if (windowSeconds === undefined) throw invalid(`${field}.windowSeconds`, 'a time in seconds');
    return { when, count, windowSec: windowSeconds, scope };
  }
  if (count !== undefined || windowSeconds !== undefined) {
    throw invalid(field, 'no count and no window: one wrong answer is enough');
  }
  if (scope === 'key' || scope === 'all') return { when, scope };
  throw invalid(`${field}.scope`, 'key or all');
}

function assertUnique(ids: readonly string[], field: string): void {
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw invalid(field, `each once, found ${twice} twice`);
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
