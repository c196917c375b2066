/**
 * What known entrypoints give away: tokens, or the right to move them.
 *
 * A rule says which parameters hold the recipient and the amount. The token is always the contract
 * that is called: for a vault the vault, whose own tokens are its shares. An amount that no parameter
 * bounds is unlimited, and an unlimited amount passes no limit.
 *
 * The id of an NFT is no amount. Where a layout is an NFT's alone it counts as unlimited; where a
 * token has the same layout (`transfer_from`, `approve`, `burn`) it is read as the amount, unless the
 * target's own ABI calls the parameter an id.
 *
 * @module
 */

import type { DecodedValue, TokenEffect } from './call-reading.ts';

/** Reads effects from the parameters of one layout; names are those of the layout. */
export type EffectRule =
  | {
      readonly type: 'gives';
      readonly kind: TokenEffect['kind'];
      /** Parameter with who receives; absent when nobody does. */
      readonly recipient?: string;
      /** Parameter with the amount, or a list of amounts, which add up; absent when unbounded. */
      readonly amount?: string;
      /** Parameter that must be true for anything to be given. */
      readonly when?: string;
    }
  /** It gives away whatever the calls give away that it carries; the path leads to them. */
  | { readonly type: 'carries'; readonly path: readonly string[] };

export type GivingRule = EffectRule & { readonly type: 'gives' };

/** Moves value in ways that no standard lays down: never decoded, whoever brings an ABI. */
export const OPAQUE_ENTRYPOINTS: readonly string[] = ['permit_and_transfer', 'permitAndTransfer'];

const ID_NAMES = new Set(['id', 'token_id', 'tokenId']);

/** Effects of a call to `token` whose parameters were read by the layout of the rule. */
export function effectsOf(
  rule: GivingRule,
  parameters: ReadonlyMap<string, DecodedValue>,
  token: bigint,
): readonly TokenEffect[] {
  const condition = rule.when === undefined ? undefined : parameters.get(rule.when);
  if (condition?.kind === 'boolean' && !condition.value) return [];
  const recipient = rule.recipient === undefined ? undefined : parameters.get(rule.recipient);
  const amount = rule.amount === undefined ? undefined : parameters.get(rule.amount);
  return [
    {
      kind: rule.kind,
      token,
      recipient: recipient?.kind === 'address' ? recipient.value : undefined,
      amount: amountOf(amount),
    },
  ];
}

/** Answers whether an ABI calls a parameter the id of an NFT. */
export function isTokenId(parameterName: string): boolean {
  return ID_NAMES.has(parameterName);
}

function amountOf(value: DecodedValue | undefined): TokenEffect['amount'] {
  if (value?.kind === 'number') return value.value;
  if (value?.kind !== 'list') return 'unlimited';
  let sum = 0n;
  for (const item of value.items) {
    if (item.kind !== 'number') return 'unlimited';
    sum += item.value;
  }
  return sum;
}
