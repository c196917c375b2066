/**
 * Connections no HTTP library would make: smuggling, pipelining, floods, slow and broken senders.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine } from './client/genuine.ts';
import {
  exchangeRaw,
  openRaw,
  type RawConnection,
  type RawResponse,
} from './client/raw-connection.ts';
import { SECRET, SESSION_KEY } from './client/settings.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, startOneClient, type TestKeyring } from './client/test-keyring.ts';
import { authHeaders, bodyBytes, SIGN_PATH } from './client/wire-client.ts';

let keyring: TestKeyring;
let slow: SlowConnections;
beforeAll(async () => {
  keyring = await startOneClient();
  slow = await openSlowly(keyring.process.url);
}, START_TIMEOUT_MS);
afterAll(() => keyring.stop());

const HOST = 'host: 127.0.0.1';
const HEALTH = `GET /health HTTP/1.1\r\n${HOST}\r\n`;

/** Head and body of a signed request, with lines in place of its length. */
function signed(lines: readonly string[] = [], request: unknown = transferRequest()): string {
  const body = Buffer.from(bodyBytes(request)).toString();
  const length = lines.length === 0 ? [`content-length: ${Buffer.byteLength(body)}`] : lines;
  return `${head([...length])}${body}`;

  function head(more: readonly string[]): string {
    const call = { method: 'POST', path: SIGN_PATH, body: request };
    const auth = Object.entries(authHeaders(call, { secret: SECRET }));
    const all = [
      `POST ${SIGN_PATH} HTTP/1.1`,
      HOST,
      'content-type: application/json',
      ...auth.map(([name, value]) => `${name}: ${value}`),
      ...more,
    ];
    return `${all.join('\r\n')}\r\n\r\n`;
  }
}

const statuses = (responses: readonly RawResponse[]): readonly number[] =>
  responses.map(({ status }) => status);

describe('a request of which two readers could see two', () => {
  it.each([
    ['a length and chunks', ['content-length: 5', 'transfer-encoding: chunked']],
    ['chunks and a length', ['transfer-encoding: chunked', 'content-length: 5']],
    ['two lengths', ['content-length: 5', 'content-length: 6']],
    ['a list of lengths', ['content-length: 5, 6']],
    ['a negative length', ['content-length: -5']],
    ['a length with a plus sign', ['content-length: +5']],
    ['a length in hex', ['content-length: 0x5']],
    ['a length with a blank inside', ['content-length: 5 5']],
    ['chunks that are not the last coding', ['transfer-encoding: chunked, identity']],
    ['chunks twice', ['transfer-encoding: chunked', 'transfer-encoding: identity']],
    ['a blank before the colon', ['content-length : 5']],
    ['a folded header', ['content-length: 5', ' x: y']],
    ['a bare line feed', ['content-length: 5\nx: y']],
    ['a zero byte in a header', ['content-length: 5', 'x: a\0b']],
    ['a header without a name', ['content-length: 5', ': y']],
  ])('is refused: %s', async (_name, lines) => {
    const responses = await exchangeRaw(keyring.process.url, signed(lines));
    expect(statuses(responses)).toEqual([400]);
    expectError(responses[0]);
  });

  it.each([
    ['a chunk size that is no number', 'zz\r\n{}\r\n0\r\n\r\n'],
    ['a negative chunk size', '-1\r\n{}\r\n0\r\n\r\n'],
    ['a chunk size beyond counting', 'fffffffffffffffff\r\n{}\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '2\r\n{}{}\r\n0\r\n\r\n'],
  ])('is refused: %s', async (_name, chunks) => {
    const text = signed(['transfer-encoding: chunked'], '') + chunks;
    const responses = await exchangeRaw(keyring.process.url, text);
    expect(statuses(responses)).toEqual([400]);
  });

  it('is refused: a second request hidden in a body', async () => {
    const hidden = `${HEALTH}\r\n`;
    const text = signed(['content-length: 4', 'transfer-encoding: chunked'], `0\r\n\r\n${hidden}`);
    expect(statuses(await exchangeRaw(keyring.process.url, text))).toEqual([400]);
  });

  it('treats what follows a body as the next request, and authenticates it', async () => {
    const request = JSON.stringify(transferRequest());
    const short = signed([`content-length: ${request.length}`], request);
    const next = `POST ${SIGN_PATH} HTTP/1.1\r\n${HOST}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
    const responses = await exchangeRaw(keyring.process.url, short + next);
    expect(statuses(responses)).toEqual([200, 401]);
  });

  it('does not read trailers as headers', async () => {
    const body = JSON.stringify(transferRequest());
    const size = Buffer.byteLength(body).toString(16);
    const text = signed(['transfer-encoding: chunked', 'connection: close', 'trailer: origin'], '');
    const chunks = `${size}\r\n${body}\r\n0\r\norigin: https://app.example\r\n\r\n`;
    // The code covers the empty body of the head that was signed.
    const [response] = await exchangeRaw(keyring.process.url, text + chunks);
    expect(response?.status).toBe(401);
  });
});

describe('a start line', () => {
  it.each([
    ['of another protocol', 'GET /health SPDY/3\r\n\r\n'],
    ['of TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
    ['of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['without a path', 'GET HTTP/1.1\r\n\r\n'],
    ['with an unknown method', `MAKE /health HTTP/1.1\r\n${HOST}\r\n\r\n`],
    ['with a blank in the path', `GET /health /x HTTP/1.1\r\n${HOST}\r\n\r\n`],
    ['without a host', 'GET /health HTTP/1.1\r\n\r\n'],
  ])('%s is refused', async (_name, text) => {
    const responses = await exchangeRaw(keyring.process.url, text);
    expect(statuses(responses)).toEqual([400]);
  });

  it.each([
    ['of HTTP/0.9', 'GET /health\r\n\r\n'],
    ['of HTTP/1.0', 'GET /health HTTP/1.0\r\n\r\n'],
    [
      'with a host that is none',
      'GET /health HTTP/1.1\r\nhost: a b"c\r\nconnection: close\r\n\r\n',
    ],
    ['with an empty host', 'GET /health HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n'],
    [
      'with a long query',
      `GET /health?${'q'.repeat(8_000)} HTTP/1.1\r\n${HOST}\r\nconnection: close\r\n\r\n`,
    ],
    [
      'that asks for an upgrade',
      `${HEALTH}connection: upgrade, close\r\nupgrade: websocket\r\n\r\n`,
    ],
    ['that asks for HTTP/2', `${HEALTH}connection: upgrade, close\r\nupgrade: h2c\r\n\r\n`],
  ])('%s is answered', async (_name, text) => {
    const responses = await exchangeRaw(keyring.process.url, text);
    expect(statuses(responses)).toEqual([200]);
    expect(responses[0]?.json).toEqual({ ok: true });
  });

  it.each([
    ['with a whole address of nothing', 'GET http://127.0.0.1/nowhere HTTP/1.1'],
    ['with a backslash', 'GET /health\\ HTTP/1.1'],
    ['with dots', 'GET /../health HTTP/1.1'],
    ['with an empty path', 'GET http:// HTTP/1.1'],
    ['with an asterisk', 'OPTIONS * HTTP/1.1'],
    ['with an address that is none', 'GET http://[::bad HTTP/1.1'],
  ])('%s leads nowhere', async (_name, line) => {
    const text = `${line}\r\n${HOST}\r\nconnection: close\r\n\r\n`;
    const [response] = await exchangeRaw(keyring.process.url, text);
    expect([400, 401]).toContain(response?.status);
    expectError(response);
  });

  it('that asks for a tunnel gets none', async () => {
    const text = `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n\r\n`;
    expect(statuses(await exchangeRaw(keyring.process.url, text))).not.toContain(200);
  });
});

describe('headers', () => {
  it.each([
    ['one long one', `x: ${'y'.repeat(20_000)}\r\n`],
    ['many', Array.from({ length: 2_000 }, (_, i) => `x-${i}: yyyyyy\r\n`).join('')],
    ['endless', 'x: y\r\n'.repeat(100_000)],
  ])('beyond 16 KiB are refused: %s', async (_name, lines) => {
    const responses = await exchangeRaw(keyring.process.url, `${HEALTH}${lines}\r\n`);
    expect(statuses(responses)).toEqual([431]);
    expectError(responses[0]);
  });

  it('of a browser are seen behind many others', async () => {
    const flood = 'a:\r\n'.repeat(500);
    const text = `${HEALTH}${flood}origin: https://app.example\r\nconnection: close\r\n\r\n`;
    expect(statuses(await exchangeRaw(keyring.process.url, text))).toEqual([403]);
  });
});

describe('pipelining', () => {
  it('answers every request in its turn', async () => {
    const connection = await openRaw(keyring.process.url);
    const requests = [1, 2, 3, 4, 5].map((nonce) => transferRequest({ nonce: String(nonce) }));
    connection.write(requests.map((request) => signed([], request)).join(`${HEALTH}\r\n`));
    const responses = await connection.responses(9);
    expect(statuses(responses)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200]);
    for (const [i, request] of requests.entries()) {
      expectGenuine(asAnswer(responses[2 * i]), request, { privateKey: SESSION_KEY });
    }
    connection.destroy();
  });

  it('signs a request once that is sent twice in one breath', async () => {
    const connection = await openRaw(keyring.process.url);
    const text = signed();
    connection.write(text + text + text);
    expect(statuses(await connection.responses(3))).toEqual([200, 401, 401]);
    connection.destroy();
  });

  it('gives no answer to the wrong request when garbage follows', async () => {
    const responses = await exchangeRaw(keyring.process.url, `${signed()}garbage\r\n\r\n`);
    const [first] = responses;
    // Whatever is answered first belongs to the request that came first.
    if (first?.status === 200) expect(first.json.signature).toHaveLength(4);
    else expectError(first);
    expect(responses.length).toBeLessThanOrEqual(2);
  });
});

describe('broken senders', () => {
  it.each([
    ['in the start line', 10],
    ['in the headers', 200],
    ['before the body', signedHeadLength()],
    ['in the body', signedHeadLength() + 40],
  ])('that stop %s change nothing', async (_name, length) => {
    const before = await logSize();
    for (let round = 0; round < 20; round += 1) {
      const connection = await openRaw(keyring.process.url);
      connection.write(signed().slice(0, length));
      connection.finish();
      const responses = await connection.untilClosed();
      expect(statuses(responses).filter((status) => status < 400)).toEqual([]);
    }
    expect(await logSize()).toBe(before);
    expect((await keyring.client.sign(transferRequest())).status).toBe(200);
  });

  it('that reset the connection change nothing', async () => {
    for (let round = 0; round < 50; round += 1) {
      const connection = await openRaw(keyring.process.url);
      connection.write(signed().slice(0, 50 + round * 10));
      connection.destroy();
    }
    expect((await keyring.client.sign(transferRequest())).status).toBe(200);
  });

  it('that send one byte at a time are understood', async () => {
    const connection = await openRaw(keyring.process.url);
    for (const byte of signed()) connection.write(byte);
    expect(statuses(await connection.responses(1))).toEqual([200]);
    connection.destroy();
  });
});

describe('slow senders', () => {
  it('do not keep others from being served', async () => {
    expect(slow.connections.filter((connection) => !connection.isClosed()).length).toBeGreaterThan(
      0,
    );
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        keyring.client.sign(transferRequest({ nonce: String(i) })),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it('are told to go when their headers take too long', async () => {
    for (const connection of slow.headers) {
      const responses = await connection.untilClosed();
      expect(statuses(responses)).toEqual([408]);
      expectError(responses[0]);
    }
  });

  it('are told to go when their body takes too long', async () => {
    for (const connection of slow.bodies) {
      const responses = await connection.untilClosed();
      expect(statuses(responses)).toEqual([408]);
      expectError(responses[0]);
    }
    slow.stop();
  }, 60_000);
});

/** Connections that drip, opened early so that the tests above pass the time. */
interface SlowConnections {
  readonly headers: readonly RawConnection[];
  readonly bodies: readonly RawConnection[];
  readonly connections: readonly RawConnection[];
  stop(): void;
}

async function openSlowly(url: string): Promise<SlowConnections> {
  const open = (count: number): Promise<readonly RawConnection[]> =>
    Promise.all(Array.from({ length: count }, () => openRaw(url)));
  const [headers, bodies] = await Promise.all([open(100), open(20)]);
  for (const connection of headers) connection.write(HEALTH);
  for (const connection of bodies) connection.write(signed(['content-length: 100000'], '{'));
  const drip = setInterval(() => {
    for (const [i, connection] of headers.entries()) connection.write(`x-${i}: y\r\n`);
    for (const connection of bodies) connection.write(' ');
  }, 1_000);
  return { headers, bodies, connections: [...headers, ...bodies], stop: () => clearInterval(drip) };
}

/** Entries of the log of decisions: nothing was asked of the signer while it stays the same. */
async function logSize(): Promise<unknown> {
  return (await keyring.client.call({ path: '/health/ready' })).json.logSize;
}

function signedHeadLength(): number {
  const text = signed();
  return text.indexOf('\r\n\r\n') + 4;
}

function asAnswer(response: RawResponse | undefined): Parameters<typeof expectGenuine>[0] {
  const { status = 0, headers = {}, json = {} } = response ?? {};
  return { status, headers, json, text: JSON.stringify(json) };
}

/** Our own refusal: JSON, with a request id, and a connection that ends. */
function expectError(response: RawResponse | undefined): void {
  expect(response?.json).toMatchObject({
    error: expect.any(String),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    retryable: expect.any(Boolean),
  });
  expect(response?.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
}
