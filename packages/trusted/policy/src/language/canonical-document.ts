/**
 * The policy as canonical data, for the hash that stands in every log entry.
 *
 * What decides is in it as it was written, order of rules included, since the first rule that denies
 * is the one that is named. What Privy's service adds (ids, owners, times) decides nothing.
 *
 * @module
 */

import type { CanonicalValue, PolicyDocument } from '@countersign/protocol';

/** The document to hash. @throws TypeError from `canonicalJson` later, for an ABI with fractions. */
export function canonicalDocument({
  version,
  name,
  chain_type,
  profile,
  condition_sets,
  abis,
  tokens,
  limits,
  rules,
}: PolicyDocument): CanonicalValue {
  const document = {
    format: 'countersign-policy/v1',
    version,
    name,
    chain_type,
    profile,
    condition_sets,
    abis,
    tokens,
    limits,
    rules: rules.map(({ id: _id, ...rule }) => rule),
  };
  // JSON values all through: the schema lets nothing else in.
  return document as CanonicalValue;
}
