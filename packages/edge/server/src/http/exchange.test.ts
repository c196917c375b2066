import { expect, it } from 'vitest';
import { incomingOf } from '../../test/incoming.ts';
import { createExchange, headerRequestId } from './exchange.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('starts with an id of its own and knows nobody', () => {
  const exchange = createExchange(incomingOf({ method: 'post', url: '/V1/X/?y=1' }));
  expect(exchange).toMatchObject({
    method: 'POST',
    target: '/V1/X/?y=1',
    path: '/v1/x',
    requestId: exchange.ownRequestId,
    clientId: undefined,
    quoted: {},
    headers: {},
  });
  expect(exchange.ownRequestId).toMatch(UUID);
});

it('never gives two requests one id', () => {
  const ids = Array.from({ length: 50 }, () => createExchange(incomingOf()).ownRequestId);
  expect(new Set(ids).size).toBe(50);
});

it.each(['kr-1-ab', 'x', '!"#~', 'x'.repeat(256)])('puts `%s` into headers as it is', (id) => {
  const exchange = createExchange(incomingOf());
  exchange.requestId = id;
  expect(headerRequestId(exchange)).toBe(id);
});

it.each(['', 'with space', 'a\r\nset-cookie: x', 'ü', 'x'.repeat(257), '\u0000', '\u2028'])(
  'puts its own id into headers in place of %j',
  (id) => {
    const exchange = createExchange(incomingOf());
    exchange.requestId = id;
    expect(headerRequestId(exchange)).toBe(exchange.ownRequestId);
  },
);

it.each(['abc', 'with space', 'caf\u00e9'])('echoes the header X-Request-Id `%s`', (value) => {
  const { headers } = createExchange(incomingOf({ headers: { 'x-request-id': value } }));
  expect(headers).toEqual({ 'x-caller-request-id': value });
});

it.each(['', 'x'.repeat(257), 'a\tb', 'a\u007fb', 'a\u0080b', 'snow\u2603'])(
  'does not echo the header X-Request-Id %j',
  (value) => {
    const { headers } = createExchange(incomingOf({ headers: { 'x-request-id': value } }));
    expect(headers).toEqual({});
  },
);

it('takes a request without a method for a GET', () => {
  const incoming = incomingOf();
  delete incoming.method;
  expect(createExchange(incoming).method).toBe('GET');
});
