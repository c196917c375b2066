import { expect, it } from 'vitest';
import { jsonReply, SECURITY_HEADERS, toResponse } from './reply.ts';

it('is JSON with every security header', async () => {
  const response = toResponse(jsonReply(418, { a: [1, 'ü'] }), {});
  expect(response.status).toBe(418);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(Object.fromEntries(response.headers)).toMatchObject(SECURITY_HEADERS);
  expect(await response.text()).toBe('{"a":[1,"ü"]}');
});

it('has exactly the headers it is given besides', () => {
  const response = toResponse(jsonReply(200, {}, { 'x-own': 'own' }), { 'x-request-id': 'r' });
  const names = new Set(response.headers.keys());
  const security = Object.keys(SECURITY_HEADERS);
  expect(names).toEqual(new Set([...security, 'content-type', 'x-own', 'x-request-id']));
});

it('lets the route have the last word', () => {
  const response = toResponse(jsonReply(200, {}, { 'x-a': 'route' }), { 'x-a': 'exchange' });
  expect(response.headers.get('x-a')).toBe('route');
});

it('may be another text', () => {
  const reply = { status: 200, body: 'x 1\n', contentType: 'text/plain; version=0.0.4' };
  expect(toResponse(reply, {}).headers.get('content-type')).toBe('text/plain; version=0.0.4');
});
