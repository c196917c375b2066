import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { BoundaryError, WIRE_PROFILES, type WireProfile } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { answerBadConnection } from './bad-connection.ts';
import { SECURITY_HEADERS } from './reply.ts';

interface Answered {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function answerTo(error: Error, profile: WireProfile = 'superset'): Promise<Answered> {
  const [socket, peer] = duplexPair();
  answerBadConnection(error, socket, profile);
  const [head = '', body = ''] = (await text(peer)).split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  return { line, headers: Object.fromEntries(lines.map((one) => one.split(': '))), body };
}

function faultOf(code: string): Error {
  return Object.assign(new Error('text of the parser'), { code });
}

describe('the answer', () => {
  const cases: readonly [string, Error, string, string][] = [
    ['broken HTTP', faultOf('HPE_INVALID_METHOD'), '400 Bad Request', 'malformed request'],
    ['no code at all', new Error('x'), '400 Bad Request', 'malformed request'],
    [
      'headers too large',
      faultOf('HPE_HEADER_OVERFLOW'),
      '431 Request Header Fields Too Large',
      'request headers too large',
    ],
    ['no end', faultOf('ERR_HTTP_REQUEST_TIMEOUT'), '408 Request Timeout', 'request timeout'],
    [
      'one connection too many',
      new BoundaryError('ERR_CONNECTION_LIMIT'),
      '429 Too Many Requests',
      'too many connections',
    ],
  ];

  it.each(cases)('to %s', async (_, error, status, message) => {
    const { line, headers, body } = await answerTo(error);
    expect(line).toBe(`HTTP/1.1 ${status}`);
    expect(JSON.parse(body)).toMatchObject({
      error: message,
      requestId: headers['x-request-id'],
    });
    expect(body).not.toContain('parser');
  });

  it.each(WIRE_PROFILES)('has all headers and ends the connection in %s', async (profile) => {
    const { headers, body } = await answerTo(new Error('x'), profile);
    expect(headers).toMatchObject({
      ...SECURITY_HEADERS,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
      'x-countersign-code': 'ERR_HTTP_MALFORMED',
    });
    expect(Object.keys(JSON.parse(body))).toContain('error');
  });
});

it('writes nothing into a connection that is gone', () => {
  const [socket, peer] = duplexPair();
  let heard = false;
  peer.on('data', () => {
    heard = true;
  });
  socket.destroy();
  answerBadConnection(new Error('x'), socket, 'superset');
  expect(heard).toBe(false);
});

it('cuts a connection that takes no more', async () => {
  const [socket, peer] = duplexPair();
  peer.resume();
  socket.end();
  const closed = once(socket, 'close');
  answerBadConnection(new Error('x'), socket, 'superset');
  await closed;
  expect(socket.destroyed).toBe(true);
});
