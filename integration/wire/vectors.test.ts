/**
 * Published vectors through the running server: same hashes, same signatures, under every kind of message.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine, signatureOf } from './client/genuine.ts';
import { requestCode } from './client/request-code.ts';
import { type Kind, sessionHashes } from './client/session-hashes.ts';
import { SESSION_KEY } from './client/settings.ts';
import { nowSec, type SignRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, startOneClient, type TestKeyring } from './client/test-keyring.ts';
import { readVectors } from './client/vector-file.ts';
import { SIGN_PATH } from './client/wire-client.ts';

interface Expected {
  readonly domainHash?: string;
  readonly messageHash: string;
  readonly r?: string;
  readonly s?: string;
}

interface WireVectors {
  readonly signing: {
    readonly vectors: readonly {
      readonly id: string;
      readonly request: SignRequest;
      readonly expected: Partial<Record<Kind, Expected>>;
    }[];
  };
  readonly published: {
    readonly request: SignRequest;
    readonly vectors: readonly (Expected & {
      readonly id: string;
      readonly kind: Kind;
      readonly changes: Partial<SignRequest>;
    })[];
  };
  readonly requestCodes: readonly {
    readonly secret: string;
    readonly timestamp: string;
    readonly nonce: string;
    readonly body: string;
    readonly code: string;
  }[];
}

interface SharedVector {
  readonly id: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly request: SignRequest;
  readonly outside: { readonly caller: string; readonly executeAfter: number };
  readonly expected: Record<'invokeV1' | 'invokeV2' | 'outsideV2', Expected>;
}

const KINDS: readonly Kind[] = ['invoke-v1', 'invoke-v2', 'outside-v2'];
const wire = readVectors('wire', 'signer-wire.json') as WireVectors;
const shared = readVectors('session', 'session-hashes.json') as {
  readonly vectors: readonly SharedVector[];
};

describe('the code of these tests agrees with the published vectors', () => {
  it.each(wire.requestCodes)('request code over `$body`', ({ secret, code, ...input }) => {
    expect(requestCode(secret, { ...input, method: 'POST', path: SIGN_PATH })).toBe(code);
  });

  it.each(wire.published.vectors)('$id', ({ kind, changes, domainHash, messageHash }) => {
    const hashes = sessionHashes(kind, { ...wire.published.request, ...changes });
    expect(hashes.messageHash).toBe(BigInt(messageHash));
    expect(hashes.domainHash ?? 0n).toBe(BigInt(domainHash ?? 0));
  });
});

describe('the server', () => {
  let keyring: TestKeyring;
  beforeAll(async () => {
    const keys = shared.vectors.map(({ id: keyId, privateKey, publicKey }) => ({
      keyId,
      privateKey,
      publicKey,
    }));
    keyring = await startOneClient({
      env: {
        KEYRING_SIGNING_KEYS_JSON: JSON.stringify([
          { keyId: 'default', privateKey: SESSION_KEY },
          ...keys,
        ]),
        KEYRING_MAX_VALIDITY_WINDOW_SEC: '100000000000',
      },
      args: ['--message-kinds', KINDS.join(',')],
    });
  }, START_TIMEOUT_MS);
  afterAll(() => keyring.stop());

  const cases = wire.signing.vectors.flatMap(({ id, request, expected }) =>
    KINDS.flatMap((kind) => {
      const values = expected[kind];
      return values === undefined ? [] : [{ name: `${id} as ${kind}`, kind, request, values }];
    }),
  );

  it.each(cases)('signs vector $name', async ({ kind, request, values }) => {
    const answer = await keyring.client.sign({ ...request, messageKind: kind });
    expectGenuine(answer, request, { kind, privateKey: SESSION_KEY });
    expectValues(answer, values);
  });

  it.each(wire.published.vectors)('signs the payload of $id', async ({ kind, changes }) => {
    // The published times lie in the past or beyond what JSON can say.
    const request = { ...wire.published.request, ...changes, validUntil: nowSec() + 300 };
    const answer = await keyring.client.sign({ ...request, messageKind: kind });
    expectGenuine(answer, request, { kind, privateKey: SESSION_KEY });
  });

  it.each(shared.vectors)('signs or rightly refuses random request $id', async (vector) => {
    const { privateKey, expected, outside } = vector;
    const caller = outside.caller === 'ANY_CALLER' ? {} : { caller: outside.caller };
    const request = { ...vector.request, keyId: vector.id };
    const execution = { ...request, ...caller, executeAfter: String(outside.executeAfter) };
    const rounds = [
      { kind: 'invoke-v1', asked: request, values: expected.invokeV1 },
      { kind: 'invoke-v2', asked: request, values: expected.invokeV2 },
      { kind: 'outside-v2', asked: execution, values: expected.outsideV2 },
    ] as const;
    for (const { kind, asked, values } of rounds) {
      const answer = await keyring.client.sign({ ...asked, messageKind: kind });
      if (request.validUntil <= nowSec()) {
        expect(answer.status).toBe(422);
        expect(answer.json.error).toBe('validUntil is already expired');
        continue;
      }
      expectGenuine(answer, asked, { kind, privateKey });
      expectValues(answer, values);
    }
  });

  it('signs a random request without naming a key with the default key only', async () => {
    const [vector] = shared.vectors.filter(({ request }) => request.validUntil > nowSec());
    if (vector === undefined) throw new Error('every vector has expired');
    const answer = await keyring.client.sign({ ...vector.request, messageKind: 'invoke-v2' });
    expectGenuine(answer, vector.request, { privateKey: SESSION_KEY });
  });

  /** Deterministic nonces: the signature itself is the expected one, not just a good one. */
  function expectValues(answer: Parameters<typeof signatureOf>[0], values: Expected): void {
    expect(answer.json.messageHash).toBe(values.messageHash);
    expect(answer.json.domainHash).toBe(values.domainHash ?? '0x0');
    const [, r, s] = signatureOf(answer);
    if (values.r !== undefined) expect([r, s]).toEqual([values.r, values.s]);
  }
});
