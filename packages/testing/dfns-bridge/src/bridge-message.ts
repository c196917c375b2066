/**
 * Hashing and signing as a bridge does it, on starknet.js alone.
 *
 * It shares nothing with the signer's own hashing, so that two implementations meet whenever an
 * answer of this bridge is verified.
 *
 * @module
 * @see SNIP-9 version 2, SNIP-12 revision 1
 */

import type { SessionCall, SessionRequest } from '@countersign/protocol';
import { CURVE_ORDER, toHex } from '@countersign/protocol';
import { ec, encode, hash, shortString, type TypedData, typedData } from 'starknet';

/** The messages this bridge signs. Its operator picks one: the wire has no field for it. */
export type BridgeMessageKind = 'invoke-v2' | 'outside-v2';

/** Both felts; `messageHash` is what gets signed. */
export interface BridgeHashes {
  readonly domainHash: bigint;
  readonly messageHash: bigint;
}

const REVISION = 1n;
const SESSION_VERSION = 2n;
const RAW_SELECTOR = /^0x[0-9a-fA-F]+$/;

const OUTSIDE_TYPES = {
  StarknetDomain: [
    { name: 'name', type: 'shortstring' },
    { name: 'version', type: 'shortstring' },
    { name: 'chainId', type: 'shortstring' },
    { name: 'revision', type: 'shortstring' },
  ],
  OutsideExecution: [
    { name: 'Caller', type: 'ContractAddress' },
    { name: 'Nonce', type: 'felt' },
    { name: 'Execute After', type: 'u128' },
    { name: 'Execute Before', type: 'u128' },
    { name: 'Calls', type: 'Call*' },
  ],
  Call: [
    { name: 'To', type: 'ContractAddress' },
    { name: 'Selector', type: 'selector' },
    { name: 'Calldata', type: 'felt*' },
  ],
};

/** Hashes a request as the session account does, in the given kind. */
export function hashBridgeMessage(kind: BridgeMessageKind, request: SessionRequest): BridgeHashes {
  return kind === 'invoke-v2' ? hashInvoke(request) : hashOutside(request);
}

/**
 * Signs a hash.
 *
 * @param privateKey - Hex, `0x` optional.
 * @returns `r` and `s` with `s` in the lower half of the curve order.
 */
export function signBridgeHash(
  messageHash: bigint,
  privateKey: string,
): { readonly r: bigint; readonly s: bigint } {
  const { r, s } = ec.starkCurve.sign(messageHash.toString(16), encode.removeHexPrefix(privateKey));
  return { r, s: s > CURVE_ORDER / 2n ? CURVE_ORDER - s : s };
}

/** The x coordinate of the key's point. */
export function bridgePublicKey(privateKey: string): bigint {
  return BigInt(ec.starkCurve.getStarkKey(privateKey));
}

function hashInvoke(request: SessionRequest): BridgeHashes {
  const payload = poseidon([
    request.accountAddress,
    request.chainId,
    request.accountNonce,
    request.validUntilSec,
    ...request.calls.flatMap(flatten),
  ]);
  const domainHash = poseidon([
    BigInt(typedData.getTypeHash(OUTSIDE_TYPES, 'StarknetDomain', '1')),
    shortText('Session.transaction'),
    SESSION_VERSION,
    request.chainId,
    REVISION,
  ]);
  const parts = [shortText('StarkNet Message'), domainHash, request.accountAddress, payload];
  return { domainHash, messageHash: poseidon(parts) };
}

function hashOutside(request: SessionRequest): BridgeHashes {
  const document = toTypedData(request);
  return {
    domainHash: BigInt(
      typedData.getStructHash(OUTSIDE_TYPES, 'StarknetDomain', { ...document.domain }, '1'),
    ),
    messageHash: BigInt(typedData.getMessageHash(document, toHex(request.accountAddress))),
  };
}

function toTypedData(request: SessionRequest): TypedData {
  return {
    types: OUTSIDE_TYPES,
    primaryType: 'OutsideExecution',
    domain: {
      name: 'Account.execute_from_outside',
      version: '2',
      chainId: toHex(request.chainId),
      revision: '1',
    },
    message: {
      Caller: toHex(request.caller ?? shortText('ANY_CALLER')),
      Nonce: toHex(request.accountNonce),
      'Execute After': toHex(request.executeAfterSec ?? 0n),
      'Execute Before': toHex(request.validUntilSec),
      Calls: request.calls.map((call) => ({
        To: toHex(call.to),
        Selector: toHex(selectorOf(call.entrypoint)),
        Calldata: call.calldata.map(toHex),
      })),
    },
  };
}

function flatten(call: SessionCall): readonly bigint[] {
  const length = BigInt(call.calldata.length);
  return [call.to, selectorOf(call.entrypoint), length, ...call.calldata];
}

function selectorOf(entrypoint: string): bigint {
  return BigInt(RAW_SELECTOR.test(entrypoint) ? entrypoint : hash.getSelectorFromName(entrypoint));
}

function shortText(text: string): bigint {
  return BigInt(shortString.encodeShortString(text));
}

function poseidon(felts: readonly bigint[]): bigint {
  return BigInt(hash.computePoseidonHashOnElements([...felts]));
}
