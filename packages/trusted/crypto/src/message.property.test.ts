/**
 * Ten thousand random messages against starknet.js, which shares only the permutation's author with
 * one of our backends and nothing with the other.
 *
 * The invoke hashes are put together from starknet.js parts: its Poseidon, its domain struct hash and,
 * for named entrypoints, its call flattening. The outside hash is its typed data, whole.
 */

import { toHex } from '@countersign/protocol';
import fc from 'fast-check';
import { hash, outsideExecution, type TypedData, transaction, typedData } from 'starknet';
import { describe, expect, it } from 'vitest';
import { message } from './fixtures/arbitraries.ts';
import { createAllBackends } from './fixtures/backends.ts';
import type { HashBackend } from './hash-backend.ts';
import { ANY_CALLER, hashSessionMessage, type SessionMessage } from './message.ts';
import { parseEntrypoint } from './selector.ts';

const TIMEOUT_MS = 300_000;
/** The slow backend sees one message in five; the fast ones see all. */
const SLOW_EVERY = 5;

const backends = createAllBackends();

function poseidon(values: readonly bigint[]): bigint {
  return BigInt(hash.computePoseidonHashOnElements([...values]));
}

const { types: domainTypes } = outsideExecution.getTypedData(
  '0x0',
  { caller: '0x0', execute_after: 0, execute_before: 0 },
  0,
  [],
  '2',
);

// Kept by chain: few chains are drawn often, and a hash in starknet.js takes milliseconds.
const theirDomainHashes = new Map<bigint, bigint>();

function theirSessionDomainHash(chainId: bigint): bigint {
  const known = theirDomainHashes.get(chainId);
  if (known !== undefined) return known;
  const domain = {
    name: 'Session.transaction',
    version: '2',
    chainId: toHex(chainId),
    revision: '1',
  };
  const domainHash = BigInt(typedData.getStructHash(domainTypes, 'StarknetDomain', domain, '1'));
  theirDomainHashes.set(chainId, domainHash);
  return domainHash;
}

function theirInvokeV1(request: SessionMessage): bigint {
  const flat = request.calls.map(({ to, selector, calldata }) => [
    to,
    selector,
    BigInt(calldata.length),
    ...calldata,
  ]);
  return poseidon([...headOf(request), ...flat.flat()]);
}

/** With names, starknet.js hashes them and flattens the calls; hex it would hash as a name. */
function theirNamedInvokeV1(request: SessionMessage, names: readonly string[]): bigint {
  const [, ...flat] = transaction.fromCallsToExecuteCalldata_cairo1(
    request.calls.map(({ to, calldata }, i) => ({
      contractAddress: toHex(to),
      entrypoint: names[i] ?? '',
      calldata: [...calldata],
    })),
  );
  return poseidon([...headOf(request), ...flat.map(BigInt)]);
}

function headOf({ accountAddress, chainId, accountNonce, validUntilSec }: SessionMessage) {
  return [accountAddress, chainId, accountNonce, validUntilSec];
}

function theirInvokeV2(request: SessionMessage): bigint {
  return poseidon([
    BigInt('0x537461726b4e6574204d657373616765'),
    theirSessionDomainHash(request.chainId),
    request.accountAddress,
    theirInvokeV1(request),
  ]);
}

function theirOutsideV2(request: SessionMessage): bigint {
  const options = {
    caller: toHex(request.caller ?? ANY_CALLER),
    execute_after: request.executeAfterSec ?? 0n,
    execute_before: request.validUntilSec,
  };
  const chain = toHex(request.chainId);
  const frame = outsideExecution.getTypedData(chain, options, request.accountNonce, [], '2');
  const calls = request.calls.map(({ to, selector, calldata }) => ({
    To: toHex(to),
    Selector: toHex(selector),
    Calldata: calldata.map(toHex),
  }));
  const data: TypedData = { ...frame, message: { ...frame.message, Calls: calls } };
  return BigInt(typedData.getMessageHash(data, toHex(request.accountAddress)));
}

const fastBackends = backends.filter(({ name }) => name !== 'scure');

function backendsFor(run: number): readonly HashBackend[] {
  return run % SLOW_EVERY === 0 ? backends : fastBackends;
}

let runs = 0;

function expectHash(request: SessionMessage, expected: bigint): void {
  for (const backend of backendsFor(runs)) {
    expect(hashSessionMessage(request, backend).messageHash, backend.name).toBe(expected);
  }
  runs += 1;
}

function expectAgreement(
  kind: SessionMessage['kind'],
  numRuns: number,
  theirs: (request: SessionMessage) => bigint,
): void {
  const agrees = fc.property(message(kind), (request) => expectHash(request, theirs(request)));
  fc.assert(agrees, { numRuns });
}

describe('random messages agree with starknet.js', () => {
  it('invoke-v1: 5,000', { timeout: TIMEOUT_MS }, () => {
    expectAgreement('invoke-v1', 5_000, theirInvokeV1);
  });

  it('invoke-v1 with named entrypoints: 500', { timeout: TIMEOUT_MS }, () => {
    const names = fc.array(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,40}$/), {
      minLength: 4,
      maxLength: 4,
    });
    const agrees = fc.property(message('invoke-v1'), names, (request, entrypoints) => {
      const calls = request.calls.map((call, i) => ({
        ...call,
        selector: parseEntrypoint(entrypoints[i] ?? '').selector,
      }));
      const named = { ...request, calls };
      expectHash(named, theirNamedInvokeV1(named, entrypoints));
    });
    fc.assert(agrees, { numRuns: 500 });
  });

  it('invoke-v2: 2,500', { timeout: TIMEOUT_MS }, () => {
    expectAgreement('invoke-v2', 2_500, theirInvokeV2);
  });

  it('outside-v2: 2,000, by typed data', { timeout: TIMEOUT_MS }, () => {
    expectAgreement('outside-v2', 2_000, theirOutsideV2);
  });

  it('ten thousand altogether', () => {
    expect(runs).toBe(10_000);
    expect(fastBackends).not.toHaveLength(0);
  });
});
