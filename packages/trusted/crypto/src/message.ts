/**
 * The three messages a session key signs, and their hashes.
 *
 * - `invoke-v1`, `invoke-v2`: what the session account's `__validate__` checks for an ordinary invoke,
 *   in signature mode 1 (fresh accounts) and 2. Neither commits to fees, tip or transaction version.
 * - `outside-v2`: SNIP-9 version 2, typed data of SNIP-12 revision 1, checked by
 *   `execute_from_outside_v2`.
 *
 * `poseidon` is {@link HashBackend.hashMany}. Calls flatten to `to, selector, calldata length,
 * ...calldata`, one after another.
 *
 * @module
 * @see https://github.com/starknet-io/SNIPs/blob/main/SNIPS/snip-9.md
 * @see https://github.com/starknet-io/SNIPs/blob/main/SNIPS/snip-12.md
 */

import { BoundaryError } from '@countersign/protocol';
import { assertFelt, assertFelts, assertU64 } from './assert-range.ts';
import { type BoundedCache, createBoundedCache } from './bounded-cache.ts';
import type { HashBackend } from './hash-backend.ts';
import { encodeShortString } from './short-string.ts';

/** `selector` of the SNIP-12 encoding of `StarknetDomain`, revision 1; derived in the test. */
export const STARKNET_DOMAIN_TYPE_HASH =
  0x1ff2f602e42168014d405a94f75e8a93d640751d71d16311266e140d8b0a210n;

/** The same of `Call`: `To`, `Selector`, `Calldata`. */
export const CALL_TYPE_HASH = 0x3635c7f2a7ba93844c0d064e18e487f35ab90f7c39d00f186a781fc3f0c2ca9n;

/** The same of `OutsideExecution`, followed by the encoding of `Call`. */
export const OUTSIDE_EXECUTION_TYPE_HASH =
  0x312b56c05a7965066ddbda31c016d8d05afc305071c0ca3cdc2192c3c2f1f0fn;

/** Prefix of every SNIP-12 message. */
export const STARKNET_MESSAGE = encodeShortString('StarkNet Message');

/** The caller that lets anyone submit an outside execution (SNIP-9). */
export const ANY_CALLER = encodeShortString('ANY_CALLER');

const DOMAIN_NAMES = {
  'invoke-v2': encodeShortString('Session.transaction'),
  'outside-v2': encodeShortString('Account.execute_from_outside'),
} as const;

// Both domains carry the number 2 as version and 1 as SNIP-12 revision: integers, not characters.
const DOMAIN_VERSION = 2n;
const DOMAIN_REVISION = 1n;

// Chain ids come from requests, so the number of kept domains has a bound.
const CACHED_DOMAINS = 64;

export type MessageKind = 'invoke-v1' | 'invoke-v2' | 'outside-v2';

/** One call of a message. All numbers are felts in [0, P). */
export interface SessionCall {
  readonly to: bigint;
  readonly selector: bigint;
  readonly calldata: readonly bigint[];
}

/** What is signed. Felts are in [0, P), times in [0, 2^64). */
export interface SessionMessage {
  readonly kind: MessageKind;
  readonly accountAddress: bigint;
  /** A felt, usually the short string of the chain's name. */
  readonly chainId: bigint;
  /** Transaction nonce of the account; for `outside-v2` the nonce of the outside execution. */
  readonly accountNonce: bigint;
  /** Unix seconds; `execute_before` of an outside execution. */
  readonly validUntilSec: bigint;
  readonly calls: readonly SessionCall[];
  /** `outside-v2` only: who may submit. Absent: {@link ANY_CALLER}. */
  readonly caller?: bigint;
  /** `outside-v2` only: Unix seconds. Absent: 0. */
  readonly executeAfterSec?: bigint;
}

export interface MessageHashes {
  /** Absent for `invoke-v1`, which has no domain. */
  readonly domainHash: bigint | undefined;
  readonly messageHash: bigint;
}

/**
 * Hashes a session message.
 *
 * ```
 * v1      = poseidon(account, chain, nonce, valid_until, ...calls)
 * v2      = poseidon('StarkNet Message', domain, account, v1)
 * outside = poseidon('StarkNet Message', domain, account,
 *             poseidon(OUTSIDE_TYPE, caller, nonce, after, before, poseidon(...call hashes)))
 * domain  = poseidon(DOMAIN_TYPE, name, 2, chain, 1)
 * call    = poseidon(CALL_TYPE, to, selector, poseidon(...calldata))
 * ```
 *
 * @param message - Ranges as in {@link SessionMessage}; any number of calls, none included. Counts and
 * policy are judged elsewhere.
 * @param backend - Does the hashing; sees no secret.
 * @returns Felts in [0, P). `messageHash` can be at or above 2^251, where no signature exists
 * (chance 2^-55); `signHash` refuses it.
 * @throws BoundaryError ERR_FELT_OUT_OF_RANGE naming the field; ERR_REQUEST_INVALID for an unknown
 * kind, and for `caller` or `executeAfterSec` on an invoke, whose hash does not commit to them.
 * @remarks Keeps the domain hashes of the last 64 pairs of kind and chain for each backend.
 */
export function hashSessionMessage(message: SessionMessage, backend: HashBackend): MessageHashes {
  assertMessage(message);
  const { kind } = message;
  if (kind === 'invoke-v1') {
    return { domainHash: undefined, messageHash: hashInvoke(message, backend) };
  }
  const domainHash = domainHashOf(kind, message.chainId, backend);
  const payload =
    kind === 'invoke-v2' ? hashInvoke(message, backend) : hashOutsideExecution(message, backend);
  const messageHash = backend.hashMany([
    STARKNET_MESSAGE,
    domainHash,
    message.accountAddress,
    payload,
  ]);
  return { domainHash, messageHash };
}

function hashInvoke(message: SessionMessage, backend: HashBackend): bigint {
  const { accountAddress, chainId, accountNonce, validUntilSec, calls } = message;
  const values = [accountAddress, chainId, accountNonce, validUntilSec];
  for (const { to, selector, calldata } of calls) {
    values.push(to, selector, BigInt(calldata.length), ...calldata);
  }
  return backend.hashMany(values);
}

function hashOutsideExecution(message: SessionMessage, backend: HashBackend): bigint {
  const callHashes = message.calls.map(({ to, selector, calldata }) =>
    backend.hashMany([CALL_TYPE_HASH, to, selector, backend.hashMany(calldata)]),
  );
  return backend.hashMany([
    OUTSIDE_EXECUTION_TYPE_HASH,
    message.caller ?? ANY_CALLER,
    message.accountNonce,
    message.executeAfterSec ?? 0n,
    message.validUntilSec,
    backend.hashMany(callHashes),
  ]);
}

// INVARIANT: a backend only ever gets domain hashes it computed itself; a shared cache would let one
// backend answer for another and hide a fault. Tested in `message.test.ts`.
const domainsByBackend = new WeakMap<HashBackend, BoundedCache<string, bigint>>();

function domainHashOf(
  kind: keyof typeof DOMAIN_NAMES,
  chainId: bigint,
  backend: HashBackend,
): bigint {
  let domains = domainsByBackend.get(backend);
  if (domains === undefined) {
    domains = createBoundedCache(CACHED_DOMAINS);
    domainsByBackend.set(backend, domains);
  }
  return domains.getOrCompute(`${kind} ${chainId}`, () =>
    backend.hashMany([
      STARKNET_DOMAIN_TYPE_HASH,
      DOMAIN_NAMES[kind],
      DOMAIN_VERSION,
      chainId,
      DOMAIN_REVISION,
    ]),
  );
}

function assertMessage(message: SessionMessage): void {
  assertFelt(message.accountAddress, 'accountAddress');
  assertFelt(message.chainId, 'chainId');
  assertFelt(message.accountNonce, 'accountNonce');
  assertU64(message.validUntilSec, 'validUntilSec');
  assertKindFields(message);
  message.calls.forEach((call, i) => {
    assertFelt(call.to, `calls[${i}].to`);
    assertFelt(call.selector, `calls[${i}].selector`);
    assertFelts(call.calldata, `calls[${i}].calldata`);
  });
}

function assertKindFields({ kind, caller, executeAfterSec }: SessionMessage): void {
  switch (kind) {
    case 'outside-v2':
      if (caller !== undefined) assertFelt(caller, 'caller');
      if (executeAfterSec !== undefined) assertU64(executeAfterSec, 'executeAfterSec');
      return;
    case 'invoke-v1':
    case 'invoke-v2':
      // A bound the signature does not carry must not look as if it held.
      if (caller !== undefined) throw notForInvoke('caller');
      if (executeAfterSec !== undefined) throw notForInvoke('executeAfterSec');
      return;
    default:
      throw new BoundaryError('ERR_REQUEST_INVALID', {
        details: { field: 'kind', expected: 'invoke-v1, invoke-v2 or outside-v2' },
      });
  }
}

function notForInvoke(field: string): BoundaryError {
  return new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field, expected: 'absent: only outside-v2 commits to it' },
  });
}
