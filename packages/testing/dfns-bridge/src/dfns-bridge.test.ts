import {
  CURVE_ORDER,
  type ParsedBridgeAnswer,
  parseBridgeAnswer,
  parseSessionRequest,
  parseStrictJson,
  toHex,
} from '@countersign/protocol';
import { ec } from 'starknet';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ACCEPTABLE_BEHAVIOURS,
  WRONG_SHAPE_BEHAVIOURS,
  WRONG_VALUE_BEHAVIOURS,
} from './behaviour.ts';
import { type BridgeMessageKind, bridgePublicKey, hashBridgeMessage } from './bridge-message.ts';
import { type DfnsBridge, startDfnsBridge } from './dfns-bridge.ts';

const KEY = '0x5ec4e7';
const TOKEN = 'token-of-this-test';
const USER_ACTION = 'user-action-of-this-test';
const REQUEST = {
  accountAddress: '0x4a6b1f403e879b54ba3e68072fe4c3aaf8eb3617a51d8fea59b769432abbf50',
  chainId: '0x534e5f5345504f4c4941',
  nonce: '0x2a',
  validUntil: 4_102_444_800,
  calls: [
    {
      contractAddress: '0x49d36570d4e46f48e99674bd3fcc84644ddd6b96f7c741b1562b82f9e004dc7',
      entrypoint: 'transfer',
      calldata: ['0x123', '10000000000000000', '0x0'],
    },
  ],
};
const BODY = { clientId: 'agent-1', request: REQUEST, kind: 'Snip12', signatureMode: 'v2_snip12' };
const HEADERS = {
  'content-type': 'application/json',
  authorization: `Bearer ${TOKEN}`,
  'x-dfns-useraction': USER_ACTION,
};

let bridge: DfnsBridge;

beforeAll(async () => {
  bridge = await startDfnsBridge({
    privateKeys: { default: KEY, other: '0x77' },
    authToken: TOKEN,
    userActionSignature: USER_ACTION,
  });
});
beforeEach(() => bridge.behave('honest'));
afterAll(() => bridge.close());

const post = (body: unknown, headers: Record<string, string> = HEADERS): Promise<Response> =>
  fetch(bridge.url, { method: 'POST', headers, body: JSON.stringify(body) });

async function readAnswer(response: Response): Promise<ParsedBridgeAnswer> {
  expect(response.status).toBe(200);
  return parseBridgeAnswer(parseStrictJson(await response.bytes()));
}

/** What a signer demands of an answer, said once more and on its own. */
function fits(answer: ParsedBridgeAnswer, kind: BridgeMessageKind, privateKey: string): boolean {
  const request = parseSessionRequest(REQUEST);
  const hashes = hashBridgeMessage(kind, request);
  const [publicKey, r, s, validUntilSec] = answer.signature;
  if (r <= 0n || s <= 0n || r >= CURVE_ORDER || s >= CURVE_ORDER) return false;
  return (
    answer.domainHash === hashes.domainHash &&
    answer.messageHash === hashes.messageHash &&
    answer.sessionPublicKey === bridgePublicKey(privateKey) &&
    publicKey === answer.sessionPublicKey &&
    validUntilSec === request.validUntilSec &&
    ec.starkCurve.verify(
      new ec.starkCurve.Signature(r, s),
      hashes.messageHash.toString(16),
      ec.starkCurve.getPublicKey(privateKey.slice(2)),
    )
  );
}

describe('an honest bridge', () => {
  it('signs the invoke hash that is published for this request', async () => {
    const answer = await readAnswer(await post(BODY));
    expect(toHex(answer.messageHash)).toBe(
      '0xebb2441c7730aa89644fb8713a30a665e81bdddb843101da568f7986ed0d8b',
    );
    expect(fits(answer, 'invoke-v2', KEY)).toBe(true);
  });

  it('signs the outside-execution hash when it is set to', async () => {
    const outside = await startDfnsBridge({
      privateKeys: { default: KEY },
      authToken: TOKEN,
      userActionSignature: USER_ACTION,
      kind: 'outside-v2',
    });
    try {
      const response = await fetch(outside.url, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify(BODY),
      });
      const answer = await readAnswer(response);
      expect(toHex(answer.messageHash)).toBe(
        '0x57ca7004e9773622c6aeb8c65ddbaf6aa3ef0643765eaeba7f8eeb69bb1b6ca',
      );
      expect(fits(answer, 'outside-v2', KEY)).toBe(true);
    } finally {
      await outside.close();
    }
  });

  it('signs with the key that is named', async () => {
    const answer = await readAnswer(
      await post({ ...BODY, request: { ...REQUEST, keyId: 'other' } }),
    );
    expect(fits(answer, 'invoke-v2', '0x77')).toBe(true);
  });

  it('answers a preflight', async () => {
    expect((await fetch(bridge.url, { method: 'OPTIONS', headers: HEADERS })).status).toBe(204);
  });

  it('keeps what it was sent', async () => {
    const before = bridge.requests.length;
    await post(BODY);
    expect(bridge.requests).toHaveLength(before + 1);
    expect(bridge.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/sign',
      headers: HEADERS,
      bodyText: JSON.stringify(BODY),
    });
  });
});

describe('the bridge refuses', () => {
  const bodies: readonly (readonly [string, number, unknown])[] = [
    ['no object', 400, []],
    ['another kind', 400, { ...BODY, kind: 'Snip9' }],
    ['another mode', 400, { ...BODY, signatureMode: 'v1' }],
    ['no client', 400, { ...BODY, clientId: undefined }],
    ['a field it does not know', 400, { ...BODY, audit: true }],
    ['a request field it does not know', 400, { ...BODY, request: { ...REQUEST, traceId: 'x' } }],
    ['a message kind', 400, { ...BODY, request: { ...REQUEST, messageKind: 'invoke-v2' } }],
    [
      'a call field it does not know',
      400,
      { ...BODY, request: { ...REQUEST, calls: [{ ...REQUEST.calls[0], value: '0x0' }] } },
    ],
    [
      'a context field it does not know',
      400,
      { ...BODY, request: { ...REQUEST, context: { requestId: 'x' } } },
    ],
    ['a request that breaks the schema', 400, { ...BODY, request: { ...REQUEST, calls: [] } }],
    ['an unknown key', 422, { ...BODY, request: { ...REQUEST, keyId: 'absent' } }],
    ['a key id every object has', 422, { ...BODY, request: { ...REQUEST, keyId: 'constructor' } }],
  ];

  it.each(bodies)('%s with %i', async (_name, status, body) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('error');
  });

  const headers: readonly (readonly [string, number, Record<string, string>])[] = [
    ['no token', 401, { ...HEADERS, authorization: '' }],
    ['another token', 401, { ...HEADERS, authorization: `Bearer ${TOKEN}x` }],
    ['a token without its scheme', 401, { ...HEADERS, authorization: TOKEN }],
    ['another user action', 401, { ...HEADERS, 'x-dfns-useraction': 'x' }],
    ['another content type', 415, { ...HEADERS, 'content-type': 'text/plain' }],
  ];

  it.each(headers)('%s with %i', async (_name, status, sent) => {
    expect((await post(BODY, sent)).status).toBe(status);
  });

  it('a preflight without credentials, another path and another method', async () => {
    expect((await fetch(bridge.url, { method: 'OPTIONS' })).status).toBe(401);
    expect((await fetch(`${bridge.url}/more`, { headers: HEADERS })).status).toBe(404);
    expect((await fetch(bridge.url, { headers: HEADERS })).status).toBe(405);
  });
});

describe('a misbehaving bridge', () => {
  it.each(ACCEPTABLE_BEHAVIOURS)('%s still fits the request', async (behaviour) => {
    bridge.behave(behaviour);
    const answer = await readAnswer(await post(BODY));
    expect(fits(answer, 'invoke-v2', KEY)).toBe(true);
    expect(answer.signature[2] > CURVE_ORDER / 2n).toBe(behaviour === 'high-s');
  });

  it.each(WRONG_VALUE_BEHAVIOURS)('%s has the right shape and does not fit', async (behaviour) => {
    bridge.behave(behaviour);
    expect(fits(await readAnswer(await post(BODY)), 'invoke-v2', KEY)).toBe(false);
  });

  it.each(WRONG_SHAPE_BEHAVIOURS)('%s is JSON of another shape', async (behaviour) => {
    bridge.behave(behaviour);
    const json = parseStrictJson(await (await post(BODY)).bytes());
    expect(() => parseBridgeAnswer(json)).toThrow();
  });

  it('misbehaves once when told so, in order, and then as before', async () => {
    bridge.behaveOnce('server-error', { status: 418, body: 'tea' });
    const statuses = [await post(BODY), await post(BODY), await post(BODY)].map((r) => r.status);
    expect(statuses).toEqual([500, 418, 200]);
  });
});
