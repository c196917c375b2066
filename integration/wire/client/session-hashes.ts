/**
 * The three messages a session key signs, hashed with starknet.js straight from the contract's
 * description, so that two implementations meet in every test.
 *
 * @module
 */

import { hash } from 'starknet';
import type { SignRequest } from './sign-request.ts';

export type Kind = 'invoke-v1' | 'invoke-v2' | 'outside-v2';

export interface Hashes {
  /** Absent for the older session hash, which has no domain. */
  readonly domainHash?: bigint;
  readonly messageHash: bigint;
}

const DOMAIN_TYPE = 0x1ff2f602e42168014d405a94f75e8a93d640751d71d16311266e140d8b0a210n;
const CALL_TYPE = 0x3635c7f2a7ba93844c0d064e18e487f35ab90f7c39d00f186a781fc3f0c2ca9n;
const OUTSIDE_TYPE = 0x312b56c05a7965066ddbda31c016d8d05afc305071c0ca3cdc2192c3c2f1f0fn;

/** The hashes a server must name for this request. */
export function sessionHashes(kind: Kind, request: SignRequest): Hashes {
  if (kind === 'outside-v2') return outsideHashes(request);
  const payload = poseidon([
    BigInt(request.accountAddress),
    BigInt(request.chainId),
    BigInt(request.nonce),
    BigInt(request.validUntil),
    ...request.calls.flatMap((call) => [
      BigInt(call.contractAddress),
      selectorOf(call.entrypoint),
      BigInt(call.calldata.length),
      ...call.calldata.map(BigInt),
    ]),
  ]);
  if (kind === 'invoke-v1') return { messageHash: payload };
  return inDomain('Session.transaction', request, payload);
}

function outsideHashes(request: SignRequest): Hashes {
  const calls = request.calls.map((call) =>
    poseidon([
      CALL_TYPE,
      BigInt(call.contractAddress),
      selectorOf(call.entrypoint),
      poseidon(call.calldata.map(BigInt)),
    ]),
  );
  const execution = poseidon([
    OUTSIDE_TYPE,
    request.caller === undefined ? asciiFelt('ANY_CALLER') : BigInt(request.caller),
    BigInt(request.nonce),
    BigInt(request.executeAfter ?? 0),
    BigInt(request.validUntil),
    poseidon(calls),
  ]);
  return inDomain('Account.execute_from_outside', request, execution);
}

function inDomain(name: string, request: SignRequest, payload: bigint): Hashes {
  const domainHash = poseidon([DOMAIN_TYPE, asciiFelt(name), 2n, BigInt(request.chainId), 1n]);
  const message = [
    asciiFelt('StarkNet Message'),
    domainHash,
    BigInt(request.accountAddress),
    payload,
  ];
  return { domainHash, messageHash: poseidon(message) };
}

/** A number in hex is the selector itself; anything else is a name. */
function selectorOf(entrypoint: string): bigint {
  return entrypoint.startsWith('0x')
    ? BigInt(entrypoint)
    : BigInt(hash.getSelectorFromName(entrypoint));
}

function asciiFelt(text: string): bigint {
  return BigInt(`0x${Buffer.from(text, 'ascii').toString('hex')}`);
}

function poseidon(felts: readonly bigint[]): bigint {
  return BigInt(hash.computePoseidonHashOnElements([...felts]));
}
