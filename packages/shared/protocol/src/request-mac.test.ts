import { describe, expect, it } from 'vitest';
import {
  canonicalRequest,
  computeRequestMac,
  type MacInput,
  verifyRequestMac,
} from './request-mac.ts';
import { Secret } from './secret.ts';

const SIGN_PATH = '/v1/sign/session-transaction';
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const input = (timestamp: string, requestNonce: string, body: string): MacInput => ({
  timestamp,
  requestNonce,
  method: 'POST',
  target: SIGN_PATH,
  body: Buffer.from(body, 'utf8'),
});

const BENCH = new Secret('throw-away-hmac-secret-bench-0001');
const CURRENT = new Secret('current-secret');
const REQUEST = input('1770983999900', 'nonce-valid-0001', '{"accountAddress":"0xabc"}');
const MAC = 'b458313d1c683743b3551ec4efbc9b16073cf43e57fa9f4453e6941c56551d26';

describe('published vectors', () => {
  it.each([
    [
      'a small body',
      BENCH,
      input('1770984000000', '00112233445566778899aabbccddeeff', '{"a":1}'),
      '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862',
      '5c696d26821f01a35644faafec13e6bc58c87b5b7cdf9a34eb466cef2ae39f7e',
    ],
    [
      'no body',
      BENCH,
      input('1770984000000', '00112233445566778899aabbccddeeff', ''),
      EMPTY_SHA256,
      'b9a0553cdd31c497d80b6dda39dbfc4a9e6483ec7c5090264990416e5e3ab09f',
    ],
    [
      'the specification of the authentication',
      CURRENT,
      REQUEST,
      '367140a6f9778594587c9a54ca494e7afd56e9a63a93591cb5235cb6fb673ab1',
      MAC,
    ],
  ] as const)('%s', (_name, secret, request, digest, mac) => {
    expect(canonicalRequest(request)).toBe(
      `${request.timestamp}.${request.requestNonce}.POST.${SIGN_PATH}.${digest}`,
    );
    expect(computeRequestMac(secret, request)).toBe(mac);
    expect(verifyRequestMac([secret], request, mac)).toBe(true);
  });
});

describe('verifyRequestMac', () => {
  it('takes upper-case digits', () => {
    expect(verifyRequestMac([CURRENT], REQUEST, MAC.toUpperCase())).toBe(true);
  });

  it.each([0, 1, 2, 3, 4, 5])('finds the secret at place %i among six', (place) => {
    const others = ['one', 'two', 'three', 'four', 'five'].map((text) => new Secret(text));
    expect(verifyRequestMac(others.toSpliced(place, 0, CURRENT), REQUEST, MAC)).toBe(true);
    expect(verifyRequestMac(others, REQUEST, MAC)).toBe(false);
  });

  it('never matches without secrets, not even the code of the padding', () => {
    const padding = new Secret('no client has this secret; it only takes as long as one');
    expect(verifyRequestMac([], REQUEST, computeRequestMac(padding, REQUEST))).toBe(false);
    expect(verifyRequestMac([CURRENT], REQUEST, computeRequestMac(padding, REQUEST))).toBe(false);
  });

  const changes: readonly (readonly [string, Partial<MacInput>])[] = [
    ['another timestamp', { timestamp: '1770983999901' }],
    ['another nonce', { requestNonce: 'nonce-valid-0002' }],
    ['another method', { method: 'GET' }],
    ['another path', { target: '/v1/sign/session-transactions' }],
    ['a path in another case', { target: SIGN_PATH.toUpperCase() }],
    ['a query', { target: `${SIGN_PATH}?x=1` }],
    ['another body', { body: Buffer.from('{"accountAddress":"0xabd"}') }],
    ['a body with a blank more', { body: Buffer.from('{"accountAddress":"0xabc"} ') }],
    ['no body', { body: new Uint8Array(0) }],
  ];
  it.each(changes)('refuses %s', (_name, change) => {
    expect(verifyRequestMac([CURRENT], { ...REQUEST, ...change }, MAC)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['half of it', MAC.slice(0, 32)],
    ['one digit less', MAC.slice(0, 63)],
    ['one digit more', `${MAC}0`],
    ['digits after it that are not hex', `${MAC}zz`],
    ['a digit that is not hex', `${MAC.slice(0, 63)}g`],
    ['a prefix', `0x${MAC.slice(2)}`],
    ['zeros', '0'.repeat(64)],
    ['each digit', MAC.replace(/^./, '0')],
  ])('refuses %s', (_name, signature) => {
    expect(verifyRequestMac([CURRENT], REQUEST, signature)).toBe(false);
  });

  it('covers the bytes of the body, not their text', () => {
    const invalid = { ...REQUEST, body: Uint8Array.from([0x7b, 0xff, 0x7d]) };
    const replaced = { ...REQUEST, body: Buffer.from('{\ufffd}', 'utf8') };
    const mac = computeRequestMac(CURRENT, invalid);
    expect(verifyRequestMac([CURRENT], invalid, mac)).toBe(true);
    expect(verifyRequestMac([CURRENT], replaced, mac)).toBe(false);
  });
});
