import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { isBoundaryError } from '@countersign/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { makeTlsPair } from '../../test/tls-files.ts';
import { askRunningServer, askServer, NoServerError, type ServerQuestion } from './ask-server.ts';
import type { ServerPlace } from './server-place.ts';

const QUESTION: ServerQuestion = { method: 'POST', target: '/v1/x?y=1', headers: {}, body: '{}' };
const PLAIN = { ca: undefined, isPinned: false, cert: undefined, key: undefined };

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const answering =
  (status: number, body: string): RequestListener =>
  (_incoming, outgoing) =>
    outgoing.writeHead(status).end(body);

async function plainPlace(listener: RequestListener): Promise<ServerPlace> {
  const port = await portOf(createHttpServer(listener));
  return { ...PLAIN, url: `http://127.0.0.1:${port}` };
}

async function codeOf(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    return isBoundaryError(error) ? error.code : error;
  }
}

it('gives the object of a good answer', async () => {
  const place = await plainPlace(answering(202, '{"status":"pending"}'));
  expect(await askServer(place, QUESTION)).toEqual({ status: 'pending' });
});

it('sends line, headers and body as they are', async () => {
  const seen: unknown[] = [];
  const place = await plainPlace((incoming, outgoing) => {
    seen.push(
      incoming.method,
      incoming.url,
      incoming.headers['x-a'],
      incoming.headers['content-type'],
    );
    incoming.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
    incoming.on('end', () => outgoing.end('{}'));
  });
  await askServer(place, { ...QUESTION, headers: { 'x-a': 'b' } });
  expect(seen).toEqual(['POST', '/v1/x?y=1', 'b', 'application/json', '{}']);
});

it.each([
  ['a refusal, by its code', 403, '{"code":"ERR_FROZEN","details":{"rule":"r"}}', 'ERR_FROZEN'],
  ['a refusal in other words', 403, '{"error":"no"}', 'ERR_SIGNER_UNAVAILABLE'],
  ['a code nobody knows', 403, '{"code":"ERR_OTHER"}', 'ERR_SIGNER_UNAVAILABLE'],
  ['something else than JSON', 200, '<html>', 'ERR_SIGNER_UNAVAILABLE'],
  ['a list', 200, '[]', 'ERR_SIGNER_UNAVAILABLE'],
  ['a redirect', 302, '{}', 'ERR_SIGNER_UNAVAILABLE'],
])('refuses %s', async (_name, status, body, code) => {
  expect(await codeOf(askServer(await plainPlace(answering(status, body)), QUESTION))).toBe(code);
});

it('tells nobody there from somebody who does not answer', async () => {
  const place = { ...PLAIN, url: 'http://127.0.0.1:1' };
  await expect(askServer(place, QUESTION)).rejects.toThrow(NoServerError);
  expect(await codeOf(askRunningServer(place, QUESTION))).toBe('ERR_SIGNER_UNAVAILABLE');
  const silent = await plainPlace((incoming) => incoming.destroy());
  expect(await codeOf(askServer(silent, QUESTION))).toBe('ERR_SIGNER_UNAVAILABLE');
});

it('takes the configured certificate, whatever its name, and no other', async () => {
  const [own, other] = [makeTlsPair(), makeTlsPair()];
  const server = createHttpsServer(
    { cert: own.certPem, key: own.keyPem },
    answering(200, '{"a":1}'),
  );
  const url = `https://127.0.0.1:${await portOf(server)}`;
  const pinned = (ca: string): ServerPlace => ({ ...PLAIN, url, ca, isPinned: true });
  expect(await askServer(pinned(own.certPem), QUESTION)).toEqual({ a: 1 });
  expect(await codeOf(askServer(pinned(other.certPem), QUESTION))).toBe('ERR_SIGNER_UNAVAILABLE');
  expect(await codeOf(askServer({ ...PLAIN, url }, QUESTION))).toBe('ERR_SIGNER_UNAVAILABLE');
});
