/**
 * Decoding of calls that move a token or grant the right to move it.
 *
 * Only exact layouts decode: a missing or trailing felt, or a limb at or above 2^128, makes the
 * call undecodable, and an undecodable call to a limited token is denied.
 *
 * @module
 * @see SNIP-2 (ERC-20 on Starknet): amounts are u256 as (low, high)
 */

import { joinU256 } from '@countersign/protocol';

export type TokenAction = 'transfer' | 'transfer_from' | 'approve' | 'increase_allowance';

/** A decoded token call; `amount` in base units of the token. */
export interface TokenCall {
  readonly action: TokenAction;
  /** Who receives the tokens, or the right to move them. */
  readonly recipient: bigint;
  readonly amount: bigint;
}

/** What a call is to the token rules. */
export type TokenReading =
  | { readonly kind: 'decoded'; readonly call: TokenCall }
  | { readonly kind: 'harmless' }
  | { readonly kind: 'undecodable' }
  | { readonly kind: 'unknown' };

interface Layout {
  readonly action: TokenAction;
  readonly felts: number;
  readonly recipientAt: number;
  readonly amountAt: number;
}

const TRANSFER: Layout = { action: 'transfer', felts: 3, recipientAt: 0, amountAt: 1 };
const TRANSFER_FROM: Layout = { action: 'transfer_from', felts: 4, recipientAt: 1, amountAt: 2 };
const APPROVE: Layout = { action: 'approve', felts: 3, recipientAt: 0, amountAt: 1 };
const INCREASE: Layout = { action: 'increase_allowance', felts: 3, recipientAt: 0, amountAt: 1 };

/** Entrypoints by selector; names beside them, recomputed in `token-call.test.ts`. */
export const TOKEN_LAYOUTS: ReadonlyMap<bigint, readonly [name: string, layout: Layout]> = new Map([
  [0x83afd3f4caedc6eebf44246fe54e38c95e3179a5ec9ea81740eca5b482d12en, ['transfer', TRANSFER]],
  [
    0x3704ffe8fba161be0e994951751a5033b1462b918ff785c0a636be718dfdb68n,
    ['transfer_from', TRANSFER_FROM],
  ],
  [
    0x41b033f4a31df8067c24d1e9b550a2ce75fd4a29e1147af9752174f0e6cb20n,
    ['transferFrom', TRANSFER_FROM],
  ],
  [0x219209e083275171774dab1df80982e9df2096516f06319c5c6d71ae0a8480cn, ['approve', APPROVE]],
  [
    0x1d13ab0a76d7407b1d5faccd4b3d8a9efe42f3d3c21766431d4fafb30f45bd4n,
    ['increase_allowance', INCREASE],
  ],
  [
    0x16cc063b8338363cf388ce7fe1df408bf10f16cd51635d392e21d852fafb683n,
    ['increaseAllowance', INCREASE],
  ],
]);

/** Entrypoints of a token that give nothing away. */
export const HARMLESS_ENTRYPOINTS: ReadonlyMap<bigint, string> = new Map([
  [0x3b076186c19fe96221e4dfacd40c519f612eae02e0555e4e115a2a6cf2f1c1fn, 'decrease_allowance'],
  [0x1aaf3e6107dd1349c81543ff4221a326814f77dadcc5810807b74f1a49ded4en, 'decreaseAllowance'],
  [0x35a73cd311a05d46deda634c5ee045db92f811b4e74bca4437fcb5302b7af33n, 'balance_of'],
  [0x2e4263afad30923c891518314c3c95dbe830a16874e8abc5777a9a20b54c76en, 'balanceOf'],
  [0x1e888a1026b19c8c0b57c72d63ed1737106aa10034105b980ba117bd0c29fe1n, 'allowance'],
  [0x1557182e4359a1f0c6301278e8f5b35a776ab58d39892581e357578fb287836n, 'total_supply'],
  [0x80aa9fdbfaf9615e4afc7f5f722e265daca5ccc655360fa5ccacf9c267936dn, 'totalSupply'],
]);

/** Entrypoints that move value in ways these rules do not decode. */
export const OPAQUE_TOKEN_ENTRYPOINTS: ReadonlyMap<bigint, string> = new Map([
  [0xec05aa319b6958a87b81f9887ffc395d1d4a9e3203fefda7f12ae099375a8fn, 'permit'],
  [0x3e8cfd4725c1e28fa4a6e3e468b4fcf75367166b850ac5f04e33ec843e82c1n, 'burn'],
  [0x1f43d86aea24bb22dcb466a7b102c770bb801e32970ac8316d2c5ee8ed323b9n, 'burn_from'],
  [0x35528e7a5a578129b17edda3b942aff94e6191011372bc35bf3d31dcbb2614bn, 'burnFrom'],
  [0x2f0b3c5710379609eb5495f1ecd348cb28167711b73609fe565a72734550354n, 'mint'],
  [0xc73f681176fc7b3f9693986fd7b14581e8d540519e27400e88b8713932be01n, 'deposit'],
  [0x15511cc3694f64379908437d6d64458dc76d02482052bfb8a5b33a72c054c77n, 'withdraw'],
  [0x2ef0a97332ad048ac544d8dfacdd43e128b9816d599fdd0310960904fa18609n, 'redeem'],
  [0x16f0218b33b5cf273196787d7cf139a9ad13d58e6674dcdce722b3bf8389863n, 'safe_transfer_from'],
  [0x19d59d013d4aa1a8b1ce4c8299086f070733b453c02d0dc46e735edc04d6444n, 'safeTransferFrom'],
  [0x3556ee435402e506fc85acb898a9acb9daf2855fdec20673ec29a8cb1196cb7n, 'safe_batch_transfer_from'],
  [0x23cc35d21c405aa7adf1f3afcf558aec0dbe6a45cade725420609aef87e9035n, 'safeBatchTransferFrom'],
  [0xd86ca3d41635e20c180181046b11abcf19e1bdef3dcaa4c180300ccca1813fn, 'set_approval_for_all'],
  [0x2d4c8ea4c8fb9f571d1f6f9b7692fff8e5ceaf73b1df98e7da8c1109b39ae9an, 'setApprovalForAll'],
  [0x3ff599d0ebc554fccdec594dea0ada07916e423e6e2c2b1cc9347199aac19d2n, 'transfer_and_call'],
  [0x1ed2dd1947123cb2acffc26a2fc8d64738180b528c9d73b46c447978084903fn, 'transferAndCall'],
  [0x3630a5d52eefe7a5b3492fbcc7720bdf747801f7e3072cad35a955aa204d5b2n, 'approve_and_call'],
  [0xa42e1cf0b07fb88d618abecb78d257264ca472bc310326d33ddb4d3bf97424n, 'permit_and_transfer'],
]);

/** Reads one call as a token call. Never throws. */
export function readTokenCall(selector: bigint, calldata: readonly bigint[]): TokenReading {
  const known = TOKEN_LAYOUTS.get(selector);
  if (known !== undefined) return decode(known[1], calldata);
  if (HARMLESS_ENTRYPOINTS.has(selector)) return { kind: 'harmless' };
  return { kind: OPAQUE_TOKEN_ENTRYPOINTS.has(selector) ? 'undecodable' : 'unknown' };
}

function decode(layout: Layout, calldata: readonly bigint[]): TokenReading {
  const recipient = calldata[layout.recipientAt];
  const low = calldata[layout.amountAt];
  const high = calldata[layout.amountAt + 1];
  if (calldata.length !== layout.felts) return { kind: 'undecodable' };
  if (recipient === undefined || low === undefined || high === undefined) {
    return { kind: 'undecodable' };
  }
  const amount = joinU256(low, high);
  if (amount === undefined) return { kind: 'undecodable' };
  return { kind: 'decoded', call: { action: layout.action, recipient, amount } };
}
