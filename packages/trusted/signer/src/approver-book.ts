/**
 * The approvers that are configured now, and whether they are enough.
 *
 * @module
 */

import { type Approver, readApprover } from '@countersign/crypto';
import { BoundaryError, type IntentDemand, type SignerSettings } from '@countersign/protocol';

export interface ApproverBook {
  get(id: string): Approver | undefined;
  /** Whether every demand could be met if all of them agreed. */
  canMeet(demands: readonly IntentDemand[]): boolean;
}

/**
 * Reads the approvers of the settings.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for a key that cannot be used, for an approver that stands
 *   twice, shares a key, or is a client.
 */
export function createApproverBook({
  approvers = [],
  clients,
}: Pick<SignerSettings, 'approvers' | 'clients'>): ApproverBook {
  const known = new Map<string, Approver>();
  const holders = new Set<string>();
  for (const settings of approvers) {
    const approver = readApprover(settings);
    const isTwice = known.has(approver.id) || holders.has(approver.identity);
    if (isTwice || clients.some(({ clientId }) => clientId === approver.id)) {
      throw new BoundaryError('ERR_CONFIG_INVALID', {
        details: { field: `approvers.${approver.id}`, expected: 'somebody who is nobody else' },
      });
    }
    known.set(approver.id, approver);
    holders.add(approver.identity);
  }
  return {
    get: (id) => known.get(id),
    canMeet: (demands) =>
      demands.every(({ required, approvers: listed }) => {
        const there = new Set(listed.filter((id) => known.has(id)));
        return there.size >= required;
      }),
  };
}
