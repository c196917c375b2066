/**
 * Fungible tokens: ERC-20 with permit, burning, issuing, and the calls of ERC-1363 that a token makes
 * to its recipient.
 *
 * @module
 * @see SNIP-2 — ERC-20 on Starknet
 * @see https://docs.openzeppelin.com/contracts-cairo/erc20
 */

import { ADDRESS, FELT, listOf, U64, U256 } from '../abi-type.ts';
import { type BuiltinFunction, bothSpellings, call, view } from './builtin-function.ts';

export const ERC20: readonly BuiltinFunction[] = [
  call(
    'transfer',
    { recipient: ADDRESS, amount: U256 },
    { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'amount' },
  ),
  ...bothSpellings(
    call(
      'transfer_from',
      { sender: ADDRESS, recipient: ADDRESS, amount: U256 },
      { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'amount' },
    ),
  ),
  call(
    'approve',
    { spender: ADDRESS, amount: U256 },
    { type: 'gives', kind: 'allowance', recipient: 'spender', amount: 'amount' },
  ),
  ...bothSpellings(
    call(
      'increase_allowance',
      { spender: ADDRESS, added_value: U256 },
      { type: 'gives', kind: 'allowance', recipient: 'spender', amount: 'added_value' },
    ),
  ),
  ...bothSpellings(call('decrease_allowance', { spender: ADDRESS, subtracted_value: U256 })),
  call(
    'permit',
    { owner: ADDRESS, spender: ADDRESS, amount: U256, deadline: U64, signature: listOf(FELT) },
    { type: 'gives', kind: 'allowance', recipient: 'spender', amount: 'amount' },
  ),
  call('burn', { amount: U256 }, { type: 'gives', kind: 'burn', amount: 'amount' }),
  call(
    'burn',
    { account: ADDRESS, amount: U256 },
    { type: 'gives', kind: 'burn', amount: 'amount' },
  ),
  ...bothSpellings(
    call(
      'burn_from',
      { account: ADDRESS, amount: U256 },
      { type: 'gives', kind: 'burn', amount: 'amount' },
    ),
  ),
  // What is issued was nobody's before, but who receives it matters all the same.
  call(
    'mint',
    { recipient: ADDRESS, amount: U256 },
    { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'amount' },
  ),
  ...bothSpellings(
    call(
      'transfer_and_call',
      { recipient: ADDRESS, amount: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'amount' },
    ),
  ),
  ...bothSpellings(
    call(
      'transfer_from_and_call',
      { sender: ADDRESS, recipient: ADDRESS, amount: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'transfer', recipient: 'recipient', amount: 'amount' },
    ),
  ),
  ...bothSpellings(
    call(
      'approve_and_call',
      { spender: ADDRESS, amount: U256, data: listOf(FELT) },
      { type: 'gives', kind: 'allowance', recipient: 'spender', amount: 'amount' },
    ),
  ),
  ...bothSpellings(view('balance_of', { account: ADDRESS })),
  ...bothSpellings(view('total_supply', {})),
  view('allowance', { owner: ADDRESS, spender: ADDRESS }),
  view('name', {}),
  view('symbol', {}),
  view('decimals', {}),
];
