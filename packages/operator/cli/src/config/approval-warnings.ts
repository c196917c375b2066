/**
 * Approvals a policy demands and nobody could give.
 *
 * Such a rule denies, so it is no error; whoever wrote it will want to know.
 *
 * @module
 */

import type { PolicyApproval, PolicyDocument, PolicySettings } from '@countersign/protocol';

type Documents = NonNullable<PolicySettings['documents']>;

/**
 * @param approverIds - Approvers of the configuration.
 * @param documents - Written policies, read and checked.
 * @returns A sentence for each rule and limit that asks too few who are there.
 */
export function approvalWarnings(
  approverIds: readonly string[],
  documents: Documents,
): readonly string[] {
  return documents.flatMap(({ policyId, document }) =>
    demandsIn(document as unknown as PolicyDocument).flatMap(([name, approval]) => {
      const there = approval.approvers.filter((id) => approverIds.includes(id)).length;
      if (there >= approval.required) return [];
      return [
        `policy ${policyId}: "${name}" needs ${approval.required} approvers, ${there} of its list are configured; what it asks about is denied`,
      ];
    }),
  );
}

function demandsIn({
  rules,
  limits = [],
}: PolicyDocument): readonly (readonly [string, PolicyApproval])[] {
  const all = [...rules, ...rules.flatMap((rule) => rule.limits ?? []), ...limits];
  return all.flatMap(({ name, approval }) =>
    approval === undefined ? [] : [[name, approval] as const],
  );
}
