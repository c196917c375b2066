/**
 * Limits in words.
 *
 * @module
 */

import type { PolicyDocument, PolicyLimit } from '@countersign/protocol';

/** A limit of a policy or of a rule; the latter has no conditions of its own. */
export type AnyLimit = Omit<PolicyLimit, 'conditions'> & Partial<Pick<PolicyLimit, 'conditions'>>;

/** What a limit counts: `amount of STRK per window, 3600 s sliding, each key apart`. */
export function limitWords(
  { metric, token, per, window, group_by: groups = [] }: AnyLimit,
  tokens: PolicyDocument['tokens'] = [],
): string {
  const what = token === undefined ? metric : `${metric} of ${tokenName(token, tokens)}`;
  const time = window === undefined ? '' : `, ${window.seconds} s ${window.type}`;
  const apart = groups.length === 0 ? '' : `, each ${groups.join(' and ')} apart`;
  return `${what} per ${per}${time}${apart}`;
}

/** The symbol a policy gives a token, else its address. */
export function tokenName(token: string, tokens: PolicyDocument['tokens'] = []): string {
  if (token === 'any') return 'any token';
  return tokens.find(({ address }) => BigInt(address) === BigInt(token))?.symbol ?? token;
}
