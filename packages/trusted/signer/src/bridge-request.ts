/**
 * The wire request a custodian is given for an approved intent.
 *
 * @module
 */

import { toHex } from '@countersign/protocol';
import type { Judged } from './judgement.ts';

/** JSON in the form clients ask in; entrypoints as selectors, which mean the same. */
export function bridgeRequest({ message, key }: Judged): string {
  const { caller, executeAfterSec } = message;
  return JSON.stringify({
    accountAddress: toHex(message.accountAddress),
    keyId: key.keyId,
    chainId: toHex(message.chainId),
    nonce: toHex(message.accountNonce),
    validUntil: Number(message.validUntilSec),
    messageKind: message.kind,
    ...(caller === undefined ? {} : { caller: toHex(caller) }),
    ...(executeAfterSec === undefined ? {} : { executeAfter: String(executeAfterSec) }),
    calls: message.calls.map(({ to, selector, calldata }) => ({
      contractAddress: toHex(to),
      entrypoint: toHex(selector),
      calldata: calldata.map(toHex),
    })),
  });
}
