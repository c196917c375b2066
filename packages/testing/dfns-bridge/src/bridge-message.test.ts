import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseSessionRequest, parseStrictJson, type SessionRequest } from '@countersign/protocol';
import { ec } from 'starknet';
import { describe, expect, it } from 'vitest';
import { bridgePublicKey, hashBridgeMessage, signBridgeHash } from './bridge-message.ts';

interface Expected {
  readonly domainHash: string;
  readonly messageHash: string;
}
interface Vector {
  readonly id: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly request: object;
  readonly outside: { readonly caller: string; readonly executeAfter: number };
  readonly expected: { readonly invokeV2: Expected; readonly outsideV2: Expected };
}

const file = readFileSync(
  new URL('../../../../vectors/session/session-hashes.json', import.meta.url),
);
const { vectors } = JSON.parse(file.toString('utf8')) as { readonly vectors: readonly Vector[] };

function requestOf({ request, outside }: Vector): SessionRequest {
  const { caller, executeAfter } = outside;
  const extra = {
    // No caller on the wire means anyone.
    ...(caller === 'ANY_CALLER' ? {} : { caller }),
    executeAfter: String(executeAfter),
  };
  return parseSessionRequest(
    parseStrictJson(Buffer.from(JSON.stringify({ ...request, ...extra }))),
  );
}

describe('the session vectors', () => {
  it('are the published file', () => {
    expect(createHash('sha256').update(file).digest('hex')).toBe(
      'bab6d3f1cd190a4a14f5a8756952b848d78f6e2807aad98b3a464a509e35f32f',
    );
    expect(vectors).toHaveLength(40);
  });

  it.each(vectors)('$id has these hashes and this public key', (vector) => {
    const request = requestOf(vector);
    const kinds = { 'invoke-v2': 'invokeV2', 'outside-v2': 'outsideV2' } as const;
    for (const kind of ['invoke-v2', 'outside-v2'] as const) {
      const { domainHash, messageHash } = vector.expected[kinds[kind]];
      expect(hashBridgeMessage(kind, request)).toEqual({
        domainHash: BigInt(domainHash),
        messageHash: BigInt(messageHash),
      });
    }
    expect(bridgePublicKey(vector.privateKey)).toBe(BigInt(vector.publicKey));
  });
});

describe('signBridgeHash', () => {
  it('gives signatures that verify', () => {
    const messageHash = 0xebb2441c7730aa89644fb8713a30a665e81bdddb843101da568f7986ed0d8bn;
    const { r, s } = signBridgeHash(messageHash, '0x5ec4e7');
    const signature = new ec.starkCurve.Signature(r, s);
    const key = ec.starkCurve.getPublicKey('5ec4e7');
    expect(ec.starkCurve.verify(signature, messageHash.toString(16), key)).toBe(true);
    expect(ec.starkCurve.verify(signature, (messageHash + 1n).toString(16), key)).toBe(false);
  });
});
