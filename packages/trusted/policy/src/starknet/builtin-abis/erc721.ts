/**
 * NFTs: what ERC-721 has and ERC-20 has not. `transfer_from`, `approve`, `burn` and `mint` have the
 * layout of tokens and are read as such.
 *
 * @module
 * @see https://docs.openzeppelin.com/contracts-cairo/erc721
 */

import { ADDRESS, BOOL, FELT, listOf, U256 } from '../abi-type.ts';
import { type BuiltinFunction, bothSpellings, call, view } from './builtin-function.ts';

export const ERC721: readonly BuiltinFunction[] = [
  ...bothSpellings(
    call(
      'safe_transfer_from',
      { from: ADDRESS, to: ADDRESS, token_id: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'transfer', recipient: 'to' },
    ),
  ),
  // ERC-1155 has the same.
  ...bothSpellings(
    call(
      'set_approval_for_all',
      { operator: ADDRESS, approved: BOOL },
      { type: 'gives', kind: 'operator', recipient: 'operator', when: 'approved' },
    ),
  ),
  ...bothSpellings(
    call(
      'safe_mint',
      { recipient: ADDRESS, token_id: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'transfer', recipient: 'recipient' },
    ),
  ),
  ...bothSpellings(view('owner_of', { token_id: U256 })),
  ...bothSpellings(view('get_approved', { token_id: U256 })),
  ...bothSpellings(view('is_approved_for_all', { owner: ADDRESS, operator: ADDRESS })),
  view('token_uri', { token_id: U256 }),
  view('tokenURI', { token_id: U256 }),
];
