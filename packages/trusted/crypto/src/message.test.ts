import { FIELD_PRIME } from '@countersign/protocol';
import { keccak } from '@scure/starknet';
import { describe, expect, it } from 'vitest';
import { createAllBackends } from './fixtures/backends.ts';
import {
  OUTSIDE_VARIANTS,
  type PublishedVector,
  SESSION_VECTORS,
  SIGNED_VECTORS,
} from './fixtures/published-vectors.ts';
import { readSessionVectors } from './fixtures/session-vectors.ts';
import type { HashBackend } from './hash-backend.ts';
import {
  ANY_CALLER,
  CALL_TYPE_HASH,
  hashSessionMessage,
  type MessageKind,
  OUTSIDE_EXECUTION_TYPE_HASH,
  type SessionMessage,
  STARKNET_DOMAIN_TYPE_HASH,
  STARKNET_MESSAGE,
} from './message.ts';
import { createScureHashBackend } from './scure-hash-backend.ts';

const VALID: SessionMessage = {
  kind: 'invoke-v2',
  accountAddress: 0xabcn,
  chainId: 0x534e5f5345504f4c4941n,
  accountNonce: 1n,
  validUntilSec: 1_771_000_000n,
  calls: [{ to: 0x111n, selector: 0x222n, calldata: [1n, 2n] }],
};
const VALID_OUTSIDE: SessionMessage = { ...VALID, kind: 'outside-v2' };

describe('constants', () => {
  const DOMAIN =
    '"StarknetDomain"("name":"shortstring","version":"shortstring","chainId":"shortstring","revision":"shortstring")';
  const CALL = '"Call"("To":"ContractAddress","Selector":"selector","Calldata":"felt*")';
  const OUTSIDE =
    '"OutsideExecution"("Caller":"ContractAddress","Nonce":"felt","Execute After":"u128","Execute Before":"u128","Calls":"Call*")';
  const typeHash = (encoding: string) => keccak(new TextEncoder().encode(encoding));

  it('type hashes come from the SNIP-12 encodings', () => {
    expect(STARKNET_DOMAIN_TYPE_HASH).toBe(typeHash(DOMAIN));
    expect(CALL_TYPE_HASH).toBe(typeHash(CALL));
    expect(OUTSIDE_EXECUTION_TYPE_HASH).toBe(typeHash(OUTSIDE + CALL));
  });

  it('short strings are the published numbers', () => {
    expect(STARKNET_MESSAGE).toBe(0x537461726b4e6574204d657373616765n);
    expect(ANY_CALLER).toBe(0x414e595f43414c4c4552n);
  });
});

function expectHashes(vector: PublishedVector, backend: HashBackend): void {
  const { domainHash, messageHash } = hashSessionMessage(vector.message, backend);
  expect(messageHash).toBe(vector.messageHash);
  if (vector.domainHash !== undefined) expect(domainHash).toBe(vector.domainHash);
  expect(domainHash === undefined).toBe(vector.message.kind === 'invoke-v1');
}

describe.each(createAllBackends())('hashSessionMessage on $name', (backend) => {
  it.each([...SESSION_VECTORS, ...OUTSIDE_VARIANTS])('published: $id', (vector) => {
    expectHashes(vector, backend);
  });

  it.each(SIGNED_VECTORS)('signed request $id', (vector) => {
    expectHashes(vector, backend);
  });

  it('every hash of session-hashes.json', () => {
    const vectors = readSessionVectors();
    expect(vectors).toHaveLength(120);
    for (const vector of vectors) {
      const { domainHash, messageHash } = hashSessionMessage(vector.message, backend);
      expect.soft(messageHash, vector.id).toBe(vector.messageHash);
      expect.soft(domainHash, vector.id).toBe(vector.domainHash);
    }
  });

  it('hashes the same message the same way from a warm cache', () => {
    const cold = hashSessionMessage(VALID, backend);
    expect(hashSessionMessage(VALID, backend)).toEqual(cold);
  });

  it('stays right when more chains pass than it keeps', () => {
    const first = hashSessionMessage({ ...VALID, chainId: 0n }, backend);
    for (let i = 1n; i < 80n; i += 1n) hashSessionMessage({ ...VALID, chainId: i }, backend);
    expect(hashSessionMessage({ ...VALID, chainId: 0n }, backend)).toEqual(first);
  });
});

describe('what the hash commits to', () => {
  const backend = createScureHashBackend();
  const CHANGES: readonly (readonly [string, Partial<SessionMessage>])[] = [
    ['account', { accountAddress: 0xabdn }],
    ['chain', { chainId: 0x534e5f4d41494en }],
    ['account nonce', { accountNonce: 2n }],
    ['validity', { validUntilSec: 1_771_000_001n }],
    ['target', { calls: [{ to: 0x112n, selector: 0x222n, calldata: [1n, 2n] }] }],
    ['selector', { calls: [{ to: 0x111n, selector: 0x223n, calldata: [1n, 2n] }] }],
    ['calldata', { calls: [{ to: 0x111n, selector: 0x222n, calldata: [1n, 3n] }] }],
    ['calldata order', { calls: [{ to: 0x111n, selector: 0x222n, calldata: [2n, 1n] }] }],
    ['calldata length', { calls: [{ to: 0x111n, selector: 0x222n, calldata: [1n, 2n, 0n] }] }],
    ['number of calls', { calls: [...VALID.calls, ...VALID.calls] }],
    ['no calls', { calls: [] }],
  ];

  it.each<MessageKind>(['invoke-v1', 'invoke-v2', 'outside-v2'])('%s: every field', (kind) => {
    const hashes = [{}, ...CHANGES.map(([, change]) => change)].map(
      (change) => hashSessionMessage({ ...VALID, ...change, kind }, backend).messageHash,
    );
    expect(new Set(hashes).size).toBe(CHANGES.length + 1);
  });

  it('outside-v2: caller and start too; absent means ANY_CALLER and 0', () => {
    const hashOf = (change: Partial<SessionMessage>) =>
      hashSessionMessage({ ...VALID_OUTSIDE, ...change }, backend).messageHash;
    expect(hashOf({ caller: ANY_CALLER, executeAfterSec: 0n })).toBe(hashOf({}));
    expect(
      new Set([hashOf({}), hashOf({ caller: 0n }), hashOf({ executeAfterSec: 1n })]).size,
    ).toBe(3);
  });

  it('the three kinds never share a hash', () => {
    const kinds: readonly MessageKind[] = ['invoke-v1', 'invoke-v2', 'outside-v2'];
    const hashes = kinds.map((kind) => hashSessionMessage({ ...VALID, kind }, backend).messageHash);
    expect(new Set(hashes).size).toBe(3);
  });
});

describe('refusals', () => {
  const backend: HashBackend = {
    name: 'scure',
    hashMany: () => {
      throw new Error('a refused message reached the backend');
    },
  };
  const call = (change: object) => ({ calls: [{ ...VALID.calls[0], ...change }] });
  const OUT_OF_RANGE: readonly (readonly [string, SessionMessage | object])[] = [
    ['accountAddress', { ...VALID, accountAddress: FIELD_PRIME }],
    ['accountAddress', { ...VALID, accountAddress: -1n }],
    ['accountAddress', { ...VALID, accountAddress: 5 }],
    ['chainId', { ...VALID, chainId: FIELD_PRIME }],
    ['chainId', { ...VALID, chainId: undefined }],
    ['accountNonce', { ...VALID, accountNonce: FIELD_PRIME }],
    ['validUntilSec', { ...VALID, validUntilSec: 1n << 64n }],
    ['validUntilSec', { ...VALID, validUntilSec: -1n }],
    ['validUntilSec', { ...VALID, validUntilSec: 1_771_000_000 }],
    ['calls[0].to', { ...VALID, ...call({ to: FIELD_PRIME }) }],
    ['calls[0].selector', { ...VALID, ...call({ selector: FIELD_PRIME }) }],
    ['calls[0].calldata[1]', { ...VALID, ...call({ calldata: [0n, FIELD_PRIME] }) }],
    ['calls[0].calldata[0]', { ...VALID, ...call({ calldata: ['1'] }) }],
    ['calls[1].to', { ...VALID, calls: [...VALID.calls, { ...VALID.calls[0], to: -1n }] }],
    ['caller', { ...VALID_OUTSIDE, caller: FIELD_PRIME }],
    ['executeAfterSec', { ...VALID_OUTSIDE, executeAfterSec: 1n << 64n }],
  ];

  it.each(OUT_OF_RANGE)('%s out of range: case %#', (field, message) => {
    expect(() => hashSessionMessage(message as SessionMessage, backend)).toThrow(
      expect.objectContaining({
        code: 'ERR_FELT_OUT_OF_RANGE',
        details: expect.objectContaining({ field }),
      }),
    );
  });

  it.each([
    ['caller on invoke-v1', 'caller', { ...VALID, kind: 'invoke-v1', caller: ANY_CALLER }],
    ['caller on invoke-v2', 'caller', { ...VALID, caller: 0n }],
    ['start on invoke-v2', 'executeAfterSec', { ...VALID, executeAfterSec: 0n }],
    ['an unknown kind', 'kind', { ...VALID, kind: 'invoke-v3' }],
    ['an inherited name as kind', 'kind', { ...VALID, kind: 'constructor' }],
    ['no kind', 'kind', { ...VALID, kind: undefined }],
  ])('%s', (_, field, message) => {
    expect(() => hashSessionMessage(message as SessionMessage, backend)).toThrow(
      expect.objectContaining({
        code: 'ERR_REQUEST_INVALID',
        details: expect.objectContaining({ field }),
      }),
    );
  });

  it('takes the largest values of every field', () => {
    const last = FIELD_PRIME - 1n;
    const { messageHash } = hashSessionMessage(
      {
        kind: 'outside-v2',
        accountAddress: last,
        chainId: last,
        accountNonce: last,
        validUntilSec: (1n << 64n) - 1n,
        calls: [{ to: last, selector: last, calldata: [last] }],
        caller: last,
        executeAfterSec: (1n << 64n) - 1n,
      },
      createScureHashBackend(),
    );
    expect(messageHash).toBeLessThan(FIELD_PRIME);
  });
});

describe('domain cache', () => {
  it('belongs to one backend: a wrong one does not spoil the others', () => {
    const right = createScureHashBackend();
    const wrong: HashBackend = { name: 'wasm', hashMany: () => 7n };
    const chainId = 0x6f6e652d74696d65n;
    expect(hashSessionMessage({ ...VALID, chainId }, wrong).domainHash).toBe(7n);
    expect(hashSessionMessage({ ...VALID, chainId }, right).domainHash).not.toBe(7n);
  });

  it('saves the domain hash the second time', () => {
    const inner = createScureHashBackend();
    let hashes = 0;
    const counting: HashBackend = {
      name: 'scure',
      hashMany: (values) => {
        hashes += 1;
        return inner.hashMany(values);
      },
    };
    hashSessionMessage(VALID, counting);
    expect(hashes).toBe(3);
    hashSessionMessage(VALID, counting);
    expect(hashes).toBe(5);
  });
});
