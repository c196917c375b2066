/**
 * Requests that pay.
 *
 * @module
 */

import { type SignRequest, transferCall, transferRequest } from '../wire/client/sign-request.ts';
import type { Answer } from '../wire/client/wire-client.ts';
import { LANDLORD, TOKEN } from './policy-boundary.ts';

let accountNonce = 0;

/** An account nonce that nothing was asked for yet. */
function freshAccountNonce(): string {
  accountNonce += 1;
  return String(accountNonce);
}

/** A payment to the landlord under a fresh account nonce, with members replaced. */
export function payment(amount: bigint, changes: Partial<SignRequest> = {}): SignRequest {
  return transferRequest({ nonce: freshAccountNonce(), calls: [transfer(amount)], ...changes });
}

export function transfer(amount: bigint, recipient = LANDLORD): SignRequest['calls'][number] {
  return transferCall({ contractAddress: TOKEN, calldata: [recipient, String(amount), '0'] });
}

/** `signed`, or the code of the refusal. */
export function outcomeOf({ status, headers }: Answer): string {
  return status === 200 ? 'signed' : String(headers['x-countersign-code']);
}
