/**
 * Every field of a sign request at and beyond its bounds, in all three profiles.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine, publicKeyOf } from './client/genuine.ts';
import {
  type ProfileKeyrings,
  startOneClientPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { expectRefusal, PROFILES, type Profile, type Refusal } from './client/refusals.ts';
import { SESSION_KEY } from './client/settings.ts';
import {
  type Call,
  ETH,
  nowSec,
  type SignRequest,
  transferCall,
  transferRequest,
} from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import type { Answer } from './client/wire-client.ts';

const PRIME = 2n ** 251n + 17n * 2n ** 192n + 1n;
const INVALID: Refusal = {
  status: 400,
  error: 'invalid payload',
  errorCode: 'POLICY_CALL_NOT_ALLOWED',
};
const MALFORMED: Refusal = { ...INVALID, error: 'malformed request body' };

let keyrings: ProfileKeyrings<TestKeyring>;
beforeAll(async () => {
  keyrings = await startOneClientPerProfile({
    args: ['--message-kinds', 'invoke-v2,invoke-v1'],
    env: { KEYRING_MAX_VALIDITY_WINDOW_SEC: '9007199254740991' },
  });
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

const sign = (profile: Profile, body: unknown): Promise<Answer> =>
  keyrings[profile].client.sign(body, { headers: { 'x-keyring-client-id': 'default' } });

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const calls = (count: number, felts: number): readonly Call[] =>
  Array.from({ length: count }, () =>
    transferCall({ entrypoint: 'swap', calldata: Array.from({ length: felts }, () => '0x1') }),
  );

/** A request with one member replaced by anything at all. */
function changed(field: string, value: unknown): object {
  return { ...transferRequest(), [field]: value };
}

/** A request with one member of its call replaced by anything at all. */
function changedCall(field: string, value: unknown): object {
  return { ...transferRequest(), calls: [{ ...transferCall(), [field]: value }] };
}

function without(field: keyof SignRequest): object {
  const { [field]: _gone, ...rest } = transferRequest();
  return rest;
}

/** Name, body, and the top-level field the refusal must name. */
const INVALID_REQUESTS: readonly (readonly [string, () => object, string])[] = [
  ['no account', () => without('accountAddress'), 'accountAddress'],
  ['no chain', () => without('chainId'), 'chainId'],
  ['no account nonce', () => without('nonce'), 'nonce'],
  ['no validity', () => without('validUntil'), 'validUntil'],
  ['no calls', () => without('calls'), 'calls'],
  ['an account in decimal', () => changed('accountAddress', '123'), 'accountAddress'],
  [
    'an account of 65 digits',
    () => changed('accountAddress', `0x${'1'.repeat(65)}`),
    'accountAddress',
  ],
  ['an account in upper-case 0X', () => changed('accountAddress', '0X1'), 'accountAddress'],
  ['an account without digits', () => changed('accountAddress', '0x'), 'accountAddress'],
  ['an account with a blank', () => changed('accountAddress', ' 0x1'), 'accountAddress'],
  ['an account with a line break', () => changed('accountAddress', '0x1\n'), 'accountAddress'],
  ['an account in full-width digits', () => changed('accountAddress', '0x１'), 'accountAddress'],
  ['a number for an account', () => changed('accountAddress', 1), 'accountAddress'],
  ['null for an account', () => changed('accountAddress', null), 'accountAddress'],
  ['a list for an account', () => changed('accountAddress', ['0x1']), 'accountAddress'],
  ['an empty key id', () => changed('keyId', ''), 'keyId'],
  ['a key id of 65 characters', () => changed('keyId', 'k'.repeat(65)), 'keyId'],
  ['a number for a key id', () => changed('keyId', 1), 'keyId'],
  ['null for a key id', () => changed('keyId', null), 'keyId'],
  ['a chain by name', () => changed('chainId', 'SN_SEPOLIA'), 'chainId'],
  ['a chain of 79 digits', () => changed('chainId', '1'.repeat(79)), 'chainId'],
  ['a negative chain', () => changed('chainId', '-1'), 'chainId'],
  ['an empty chain', () => changed('chainId', ''), 'chainId'],
  ['a number for a nonce', () => changed('nonce', 1), 'nonce'],
  ['a nonce with an exponent', () => changed('nonce', '1e9'), 'nonce'],
  ['a nonce with a fraction', () => changed('nonce', '1.0'), 'nonce'],
  ['a huge nonce', () => changed('nonce', '9'.repeat(100_000)), 'nonce'],
  ['a caller in words', () => changed('caller', 'ANY_CALLER'), 'caller'],
  ['null for a caller', () => changed('caller', null), 'caller'],
  ['a number for executeAfter', () => changed('executeAfter', 0), 'executeAfter'],
  ['text for validUntil', () => changed('validUntil', String(nowSec() + 300)), 'validUntil'],
  ['zero for validUntil', () => changed('validUntil', 0), 'validUntil'],
  ['a negative validUntil', () => changed('validUntil', -1), 'validUntil'],
  ['a fraction for validUntil', () => changed('validUntil', nowSec() + 300.5), 'validUntil'],
  ['null for validUntil', () => changed('validUntil', null), 'validUntil'],
  ['an empty list of calls', () => changed('calls', []), 'calls'],
  ['65 calls', () => changed('calls', calls(65, 0)), 'calls'],
  ['an object for calls', () => changed('calls', { 0: transferCall() }), 'calls'],
  ['null as a call', () => changed('calls', [null]), 'calls'],
  ['257 felts in a call', () => changed('calls', calls(1, 257)), 'calls'],
  ['2049 felts altogether', () => changed('calls', [...calls(8, 255), ...calls(1, 9)]), 'calls'],
  ['a call without a target', () => changedCall('contractAddress', undefined), 'calls'],
  ['a target in decimal', () => changedCall('contractAddress', '1'), 'calls'],
  ['a call without an entrypoint', () => changedCall('entrypoint', undefined), 'calls'],
  ['an empty entrypoint', () => changedCall('entrypoint', ''), 'calls'],
  ['an entrypoint of 257 characters', () => changedCall('entrypoint', 'e'.repeat(257)), 'calls'],
  ['no calldata', () => changedCall('calldata', undefined), 'calls'],
  ['text for calldata', () => changedCall('calldata', '0x1'), 'calls'],
  ['a number in calldata', () => changedCall('calldata', [1]), 'calls'],
  ['words in calldata', () => changedCall('calldata', ['transfer']), 'calls'],
  ['an unknown kind of message', () => changed('messageKind', 'invoke-v3'), 'messageKind'],
  ['text for a context', () => changed('context', 'none'), 'context'],
  ['null for a context', () => changed('context', null), 'context'],
  ['a list for a context', () => changed('context', []), 'context'],
  [
    'a requester of 129 characters',
    () => changed('context', { requester: 'r'.repeat(129) }),
    'context',
  ],
  ['a tool of 65 characters', () => changed('context', { tool: 't'.repeat(65) }), 'context'],
  ['a reason of 513 characters', () => changed('context', { reason: 'r'.repeat(513) }), 'context'],
  ['a number for a reason', () => changed('context', { reason: 1 }), 'context'],
];

/** Requests at their bounds, and spellings of the same numbers. */
const VALID_REQUESTS: readonly (readonly [string, () => Partial<SignRequest>])[] = [
  ['an account of 64 digits', () => ({ accountAddress: `0x${'acc0'.padStart(64, '0')}` })],
  ['an account in upper-case digits', () => ({ accountAddress: '0xABCDEF' })],
  ['the largest account', () => ({ accountAddress: hex(PRIME - 1n) })],
  ['a chain in decimal', () => ({ chainId: BigInt('0x534e5f5345504f4c4941').toString() })],
  ['a nonce of zero', () => ({ nonce: '0' })],
  ['a nonce of zeros', () => ({ nonce: `0x${'0'.repeat(64)}` })],
  ['a nonce in decimal with leading zeros', () => ({ nonce: '0007' })],
  ['a nonce of 78 digits', () => ({ nonce: '7'.padStart(78, '0') })],
  ['the largest nonce', () => ({ nonce: (PRIME - 1n).toString() })],
  ['the largest validUntil', () => ({ validUntil: Number.MAX_SAFE_INTEGER })],
  ['64 calls', () => ({ calls: calls(64, 0) })],
  ['256 felts in a call', () => ({ calls: calls(1, 256) })],
  ['2048 felts altogether', () => ({ calls: calls(8, 256) })],
  ['an entrypoint of 256 characters', () => ({ calls: [named('e'.repeat(256))] })],
  ['an entrypoint of one letter', () => ({ calls: [named('_')] })],
  ['an entrypoint by number', () => ({ calls: [named('0x123abc')] })],
  ['an entrypoint by padded number', () => ({ calls: [named(`0x${'1'.padStart(64, '0')}`)] })],
  ['the largest entrypoint by number', () => ({ calls: [named(hex(PRIME - 1n))] })],
  ['no calldata at all', () => ({ calls: [transferCall({ calldata: [] })] })],
  ['large felts in both spellings', () => ({ calls: calldata(hex(PRIME - 1n), `${PRIME - 1n}`) })],
  ['zeros in every spelling', () => ({ calls: calldata('0', '0x0', '000', '0x000') })],
  ['the same call twice', () => ({ calls: [transferCall(), transferCall()] })],
  ['labels at their bounds', () => ({ context: labels(128, 64, 512) })],
  ['empty labels', () => ({ context: labels(0, 0, 0) })],
  ['an empty context', () => ({ context: {} })],
  ['the older kind of message by name', () => ({ messageKind: 'invoke-v2' })],
];

/** Names of numbers that are no felts, with the field the refusal must name. */
const OUT_OF_RANGE: readonly (readonly [string, () => object, string])[] = [
  ['account', () => changed('accountAddress', hex(PRIME)), 'accountAddress'],
  [
    'account of 64 times f',
    () => changed('accountAddress', `0x${'f'.repeat(64)}`),
    'accountAddress',
  ],
  ['target', () => changedCall('contractAddress', hex(PRIME)), 'calls'],
  ['chain', () => changed('chainId', hex(PRIME)), 'chainId'],
  ['nonce in hex', () => changed('nonce', hex(PRIME + 1n)), 'nonce'],
  ['nonce in decimal', () => changed('nonce', PRIME.toString()), 'nonce'],
  ['nonce of 78 nines', () => changed('nonce', '9'.repeat(78)), 'nonce'],
  ['caller', () => changed('caller', hex(PRIME)), 'caller'],
  ['executeAfter', () => changed('executeAfter', '9'.repeat(78)), 'executeAfter'],
  ['calldata in hex', () => changedCall('calldata', [hex(PRIME)]), 'calls'],
  ['calldata in decimal', () => changedCall('calldata', ['0x1', PRIME.toString()]), 'calls'],
];

describe.each(PROFILES)('in profile %s', (profile) => {
  it.each(INVALID_REQUESTS)('refuses %s', async (_name, make, field) => {
    const answer = await sign(profile, make());
    expectRefusal(profile, answer, INVALID);
    expectField(profile, answer, field);
  });

  it.each(VALID_REQUESTS)('signs %s', async (_name, change) => {
    const request = transferRequest(change());
    expectGenuine(await sign(profile, request), request, { privateKey: SESSION_KEY });
  });

  it.each(OUT_OF_RANGE)('refuses a number that is no felt: %s', async (_name, make, field) => {
    const answer = await sign(profile, make());
    const body = JSON.stringify(make());
    const address = /account|target/.test(_name);
    if (profile === 'legacy' && address) {
      const error = /^invalid felt value: 0x[0-9a-f]{63,64}$/;
      expectRefusal(profile, answer, { ...INVALID, status: 422, error });
      expect(body).toContain(String(answer.json.error).split(' ').at(-1));
      return;
    }
    expectRefusal(profile, answer, INVALID);
    expectField(profile, answer, field);
  });

  it.each([
    '0xnothex',
    '0x',
    'with blank',
    'dash-ed',
    '1digit',
    'ünicode',
    'a.b',
    hex(PRIME),
    '0X1',
  ])('refuses the entrypoint `%s`', async (entrypoint) => {
    const answer = await sign(profile, changedCall('entrypoint', entrypoint));
    expectRefusal(profile, answer, INVALID);
    expectField(profile, answer, 'calls');
  });

  it('names an executeAfter behind validUntil', async () => {
    const validUntil = nowSec() + 300;
    const late = { ...transferRequest(), validUntil, executeAfter: String(validUntil + 1) };
    const answer = await sign(profile, late);
    expectRefusal(profile, answer, INVALID);
    expectField(profile, answer, 'executeAfter');
    const same = transferRequest({ validUntil, executeAfter: String(validUntil) });
    expectGenuine(await sign(profile, same), same, { privateKey: SESSION_KEY });
  });

  it('drops what it does not know, at every level', async () => {
    const request = transferRequest({
      context: { actor: 'agent', client_id: 'c', mobile_action_id: 7, nested: { deep: [1] } },
    });
    const more = {
      requestId: 'x',
      traceId: 'x',
      sessionId: 'x',
      client_id: 'x',
      signature: ['0x1'],
    };
    const [call] = request.calls;
    const body = { ...request, ...more, calls: [{ ...call, value: '1', to: '0x1' }] };
    expectGenuine(await sign(profile, body), request, { privateKey: SESSION_KEY });
  });

  it.each([
    ['__proto__ at the top', (text: string) => text.replace('{', '{"__proto__":{"keyId":"x"},')],
    ['__proto__ in a call', (text: string) => text.replace('[{', '[{"__proto__":{"a":1},')],
    ['constructor', (text: string) => text.replace('{', '{"constructor":{"prototype":{}},')],
    ['numbers nobody reads', (text: string) => text.replace('{', '{"x":1e400,"y":-0.5e-9,')],
  ])('is not confused by %s', async (_name, spoil) => {
    const request = transferRequest();
    const answer = await sign(profile, spoil(JSON.stringify(request)));
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
  });

  it('reads escapes as the characters they stand for', async () => {
    const request = transferRequest();
    const text = JSON.stringify(request)
      .replace('transfer', '\\u0074ransf\\u0065r')
      .replace('"accountAddress"', '"\\u0061ccountAddress"');
    expectGenuine(await sign(profile, text), request, { privateKey: SESSION_KEY });
  });

  it('reads white space and members in any order', async () => {
    const request = transferRequest();
    const { calls: list, ...rest } = request;
    const text = `\r\n\t ${JSON.stringify({ calls: list, ...rest }, null, '\t')} \n`;
    expectGenuine(await sign(profile, text), request, { privateKey: SESSION_KEY });
  });

  it.each([
    ['a key twice', (text: string) => text.replace('{', '{"nonce":"0x9",')],
    ['a key twice, once escaped', (text: string) => text.replace('{', '{"\\u006eonce":"0x9",')],
    ['a key twice in a call', (text: string) => text.replace('[{', '[{"entrypoint":"tick",')],
    ['an unknown key twice', (text: string) => text.replace('{', '{"z":1,"z":1,')],
    ['nothing but blanks', () => '   '],
    ['half of it', (text: string) => text.slice(0, text.length >> 1)],
    ['two of it', (text: string) => text + text],
    ['a text', (text: string) => JSON.stringify(text)],
    ['a number', () => '7'],
    ['null', () => 'null'],
    ['true', () => 'true'],
    ['a comment', (text: string) => `/* */${text}`],
    ['a trailing comma', (text: string) => text.replace(/\}$/, ',}')],
    ['single quotes', (text: string) => text.replaceAll('"', "'")],
    ['bare names', (text: string) => text.replace('"nonce"', 'nonce')],
    ['NaN', (text: string) => text.replace('{', '{"x":NaN,')],
    ['a number with leading zeros', (text: string) => text.replace('{', '{"x":007,')],
    ['a control character', (text: string) => text.replace('transfer', 'trans\u0000fer')],
    ['a raw line break', (text: string) => text.replace('transfer', 'trans\nfer')],
    ['a lone surrogate', (text: string) => text.replace('{', '{"x":"\\ud800",')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['thirty-three levels', (text: string) => text.replace('{', `{"x":${deep(32)},`)],
    ['a hundred thousand levels', (text: string) => text.replace('{', `{"x":${deep(100_000)},`)],
  ] as const)('refuses JSON with %s', async (_name, spoil) => {
    const answer = await sign(profile, spoil(JSON.stringify(transferRequest())));
    expectRefusal(profile, answer, MALFORMED);
  });

  it('accepts thirty-two levels of JSON', async () => {
    const text = JSON.stringify(transferRequest()).replace('{', `{"x":${deep(31)},`);
    expect((await sign(profile, text)).status).toBe(200);
  });

  it.each([
    ['a list', '[]'],
    ['a list of a request', JSON.stringify([transferRequest()])],
    ['an empty object', '{}'],
  ])('refuses %s by its schema', async (_name, text) => {
    expectRefusal(profile, await sign(profile, text), INVALID);
  });

  it('never accepts bytes that are no UTF-8', async () => {
    for (const bytes of ['c328', 'ff', 'c0af', 'eda080', 'f4908080', 'e282']) {
      const reason = Buffer.from(bytes, 'hex');
      const [head = '', tail = ''] = JSON.stringify(
        transferRequest({ context: { reason: '@' } }),
      ).split('@');
      const body = Buffer.concat([Buffer.from(head), reason, Buffer.from(tail)]);
      expectRefusal(profile, await sign(profile, body), MALFORMED);
    }
  });

  it.each(['1e9', '1795160160e0', '2000000000.0', '2e9', '-0', '9007199254740993', '1e999'])(
    'does not take %s for a time',
    async (literal) => {
      const text = JSON.stringify(transferRequest()).replace(
        /("validUntil":)[0-9]+/,
        `$1${literal}`,
      );
      const answer = await sign(profile, text);
      expectRefusal(profile, answer, INVALID);
      expectField(profile, answer, 'validUntil');
    },
  );

  it('signs each spelling of a request alike', async () => {
    const request = transferRequest({ calls: calldata('0x10', '17') });
    const spelled = {
      ...request,
      accountAddress: `0x0000${request.accountAddress.slice(2).toUpperCase()}`,
      chainId: BigInt(request.chainId).toString(),
      nonce: '1',
      calls: calldata('16', '0x0011'),
    };
    const [first, second] = [await sign(profile, request), await sign(profile, spelled)];
    expect(first.json.messageHash).toBe(second.json.messageHash);
    expect(first.json.signature).toEqual(second.json.signature);
  });

  it('gives one answer to a request that is asked twice', async () => {
    const request = transferRequest();
    const [first, second] = [await sign(profile, request), await sign(profile, request)];
    expect(first.json.signature).toEqual(second.json.signature);
    expect(first.json.sessionPublicKey).toBe(hex(publicKeyOf(SESSION_KEY)));
  });
});

/** The contract's details name the field; the strict profile has no details. */
function expectField(profile: Profile, answer: Answer, field: string): void {
  if (profile === 'strict') return;
  expect(answer.json.details).toMatchObject({
    formErrors: expect.any(Array),
    fieldErrors: { [field]: expect.arrayContaining([expect.any(String)]) },
  });
}

function named(entrypoint: string): Call {
  return transferCall({ entrypoint, calldata: [] });
}

function calldata(...felts: readonly string[]): readonly Call[] {
  return [{ contractAddress: ETH, entrypoint: 'swap', calldata: felts }];
}

function labels(requester: number, tool: number, reason: number): Record<string, string> {
  return { requester: 'r'.repeat(requester), tool: 't'.repeat(tool), reason: 'x'.repeat(reason) };
}

function deep(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}
