/**
 * Vaults: ERC-4626.
 *
 * Assets go in for shares and come out for shares; the token of an effect is the vault. What a
 * number of shares costs, only the vault knows, so `mint` is unlimited.
 *
 * @module
 * @see https://eips.ethereum.org/EIPS/eip-4626
 */

import { ADDRESS, U256 } from '../abi-type.ts';
import { type BuiltinFunction, bothSpellings, call, view } from './builtin-function.ts';

export const ERC4626: readonly BuiltinFunction[] = [
  call(
    'deposit',
    { assets: U256, receiver: ADDRESS },
    { type: 'gives', kind: 'deposit', recipient: 'receiver', amount: 'assets' },
  ),
  call(
    'mint',
    { shares: U256, receiver: ADDRESS },
    { type: 'gives', kind: 'deposit', recipient: 'receiver' },
  ),
  call(
    'withdraw',
    { assets: U256, receiver: ADDRESS, owner: ADDRESS },
    { type: 'gives', kind: 'withdraw', recipient: 'receiver', amount: 'assets' },
  ),
  call(
    'redeem',
    { shares: U256, receiver: ADDRESS, owner: ADDRESS },
    { type: 'gives', kind: 'redeem', recipient: 'receiver', amount: 'shares' },
  ),
  view('asset', {}),
  ...bothSpellings(view('total_assets', {})),
  ...bothSpellings(view('convert_to_shares', { assets: U256 })),
  ...bothSpellings(view('convert_to_assets', { shares: U256 })),
  ...bothSpellings(view('max_deposit', { receiver: ADDRESS })),
  ...bothSpellings(view('max_mint', { receiver: ADDRESS })),
  ...bothSpellings(view('max_withdraw', { owner: ADDRESS })),
  ...bothSpellings(view('max_redeem', { owner: ADDRESS })),
  ...bothSpellings(view('preview_deposit', { assets: U256 })),
  ...bothSpellings(view('preview_mint', { shares: U256 })),
  ...bothSpellings(view('preview_withdraw', { assets: U256 })),
  ...bothSpellings(view('preview_redeem', { shares: U256 })),
];
