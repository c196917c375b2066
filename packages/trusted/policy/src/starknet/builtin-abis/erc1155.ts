/**
 * Contracts with many tokens: ERC-1155. Amounts of different tokens add up.
 *
 * @module
 * @see https://docs.openzeppelin.com/contracts-cairo/erc1155
 */

import { ADDRESS, FELT, listOf, U256 } from '../abi-type.ts';
import { type BuiltinFunction, bothSpellings, call, view } from './builtin-function.ts';

export const ERC1155: readonly BuiltinFunction[] = [
  ...bothSpellings(
    call(
      'safe_transfer_from',
      { from: ADDRESS, to: ADDRESS, token_id: U256, value: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'transfer', recipient: 'to', amount: 'value' },
    ),
  ),
  ...bothSpellings(
    call(
      'safe_batch_transfer_from',
      {
        from: ADDRESS,
        to: ADDRESS,
        token_ids: listOf(U256),
        values: listOf(U256),
        data: listOf(FELT),
      },
      { type: 'gives', kind: 'transfer', recipient: 'to', amount: 'values' },
    ),
  ),
  call(
    'burn',
    { account: ADDRESS, token_id: U256, value: U256 },
    { type: 'gives', kind: 'burn', amount: 'value' },
  ),
  ...bothSpellings(
    call(
      'batch_burn',
      { account: ADDRESS, token_ids: listOf(U256), values: listOf(U256) },
      { type: 'gives', kind: 'burn', amount: 'values' },
    ),
  ),
  call(
    'mint',
    { recipient: ADDRESS, token_id: U256, value: U256, data: listOf(FELT) },
    { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'value' },
  ),
  ...bothSpellings(view('balance_of', { account: ADDRESS, token_id: U256 })),
  ...bothSpellings(
    view('balance_of_batch', { accounts: listOf(ADDRESS), token_ids: listOf(U256) }),
  ),
  view('uri', { token_id: U256 }),
];
