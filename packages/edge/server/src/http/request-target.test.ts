import type { IncomingMessage } from 'node:http';
import { routePath } from '@countersign/protocol';
import { expect, it } from 'vitest';
import { setTargetAside, targetOf } from './request-target.ts';

const SIGN = '/v1/sign/session-transaction';

it.each([
  [SIGN, SIGN],
  [`${SIGN}/`, SIGN],
  ['/V1/Sign/SESSION-transaction', SIGN],
  [`${SIGN}?a=1&b=/x/`, SIGN],
  [`${SIGN}/?a`, SIGN],
  [`http://127.0.0.1:8545${SIGN}`, SIGN],
  [`HTTPS://host${SIGN}/?q`, SIGN],
  ['/', '/'],
  ['/?x', '/'],
  ['http://host', ''],
  ['http://host?x', ''],
  ['', ''],
  ['*', '*'],
  [`/${SIGN}`, `/${SIGN}`],
  [`${SIGN}//`, `${SIGN}/`],
  [`${SIGN}/extra`, `${SIGN}/extra`],
  ['/v1%2fsign/session-transaction', '/v1%2fsign/session-transaction'],
])('routes `%s` as `%s`', (target, path) => {
  expect(routePath(target)).toBe(path);
});

it('keeps the target and shows the framework a plain one', () => {
  const incoming = { url: '//evil?x', headers: { host: 'not a host' } } as IncomingMessage;
  setTargetAside(incoming);
  expect(targetOf(incoming)).toBe('//evil?x');
  expect([incoming.url, incoming.headers.host]).toEqual(['/', 'countersign']);
});

it('reads the request line of a request nobody set aside', () => {
  expect(targetOf({ url: '/health' } as IncomingMessage)).toBe('/health');
  expect(targetOf({} as IncomingMessage)).toBe('/');
});
