import type { IncomingMessage } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type ErrorCode, isBoundaryError, LIMITS } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { incomingOf } from '../../test/incoming.ts';
import { readRequestBody } from './request-body.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT = '{"a":1}';

/** A request that brings these chunks and then ends. */
function bringing(
  headers: Readonly<Record<string, string>>,
  ...chunks: readonly (string | Uint8Array)[]
): IncomingMessage {
  const incoming = incomingOf({ headers });
  for (const chunk of chunks) incoming.push(chunk);
  incoming.push(null);
  // The parser says so at the end of a message; without it the sender went away.
  incoming.complete = true;
  return incoming;
}

async function codeFor(incoming: IncomingMessage): Promise<ErrorCode | 'read'> {
  try {
    await readRequestBody(incoming);
    return 'read';
  } catch (error) {
    if (isBoundaryError(error)) return error.code;
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('a body', () => {
  it('is read as it is', async () => {
    const { bytes, json } = await readRequestBody(bringing(JSON_TYPE, TEXT));
    expect([textOf(bytes), json]).toEqual([TEXT, true]);
  });

  it('may come in pieces', async () => {
    const { bytes } = await readRequestBody(bringing(JSON_TYPE, '{"a"', ':', '1}'));
    expect(textOf(bytes)).toBe(TEXT);
  });

  it('may be absent', async () => {
    const { bytes, json } = await readRequestBody(bringing({}));
    expect([bytes.length, json]).toEqual([0, false]);
  });

  it('keeps bytes that are no text', async () => {
    const { bytes } = await readRequestBody(bringing(JSON_TYPE, Buffer.from([0xff, 0, 0xfe])));
    expect([...bytes]).toEqual([0xff, 0, 0xfe]);
  });
});

describe('the content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; profile=x',
  ])('`%s` is JSON', async (type) => {
    const { json } = await readRequestBody(bringing({ 'content-type': type }, TEXT));
    expect(json).toBe(true);
  });

  it.each(['text/plain', 'application/jsonp', 'application/problem+json', '', 'json'])(
    '`%s` is not, and the body is read all the same',
    async (type) => {
      const { bytes, json } = await readRequestBody(bringing({ 'content-type': type }, TEXT));
      expect([textOf(bytes), json]).toEqual([TEXT, false]);
    },
  );

  it.each(['application/json; charset=latin1', 'application/json; a=b; charset = utf-16'])(
    '`%s` is refused',
    async (type) => {
      const code = await codeFor(bringing({ 'content-type': type }, TEXT));
      expect(code).toBe('ERR_BODY_ENCODING_UNSUPPORTED');
    },
  );
});

describe('the content encoding', () => {
  const encoded: readonly [string, Uint8Array][] = [
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    [' GZIP ', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['', Buffer.from(TEXT)],
  ];

  it.each(encoded)('`%s` is undone', async (encoding, bytes) => {
    const incoming = bringing({ ...JSON_TYPE, 'content-encoding': encoding }, bytes);
    expect(textOf((await readRequestBody(incoming)).bytes)).toBe(TEXT);
  });

  it.each(['zstd', 'gzip, gzip', 'constructor', '__proto__'])(
    '`%s` is refused',
    async (encoding) => {
      const incoming = bringing({ ...JSON_TYPE, 'content-encoding': encoding }, TEXT);
      expect(await codeFor(incoming)).toBe('ERR_BODY_ENCODING_UNSUPPORTED');
    },
  );

  const broken: readonly [string, Uint8Array][] = [
    ['gzip', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT).subarray(0, 12)],
    ['gzip', gzipSync(TEXT).subarray(0, -1)],
    ['deflate', gzipSync(TEXT)],
    ['br', Buffer.from([0xff, 0xff])],
  ];

  it.each(broken)('that is broken (%s) is malformed', async (encoding, bytes) => {
    const incoming = bringing({ ...JSON_TYPE, 'content-encoding': encoding }, bytes);
    expect(await codeFor(incoming)).toBe('ERR_BODY_MALFORMED');
  });
});

describe('the limit', () => {
  const most = Buffer.alloc(LIMITS.bodyBytes, 0x20);
  const more = Buffer.alloc(LIMITS.bodyBytes + 1, 0x20);

  it('may be reached', async () => {
    const { bytes } = await readRequestBody(bringing(JSON_TYPE, most));
    expect(bytes.length).toBe(LIMITS.bodyBytes);
  });

  it('may not be passed, in one piece or many', async () => {
    expect(await codeFor(bringing(JSON_TYPE, more))).toBe('ERR_BODY_TOO_LARGE');
    expect(await codeFor(bringing(JSON_TYPE, most, 'x'))).toBe('ERR_BODY_TOO_LARGE');
  });

  it('counts what comes out of a compressed body', async () => {
    for (const [encoding, bytes] of [
      ['gzip', gzipSync(more)],
      ['deflate', deflateSync(more)],
      ['br', brotliCompressSync(more)],
    ] as const) {
      expect(bytes.length).toBeLessThan(1_000);
      const incoming = bringing({ ...JSON_TYPE, 'content-encoding': encoding }, bytes);
      expect(await codeFor(incoming)).toBe('ERR_BODY_TOO_LARGE');
    }
  });

  it('is believed of a declared length, before anything is read', async () => {
    const length = String(LIMITS.bodyBytes + 1);
    const headers = { ...JSON_TYPE, 'content-length': length };
    expect(await codeFor(bringing(headers, '{}'))).toBe('ERR_BODY_TOO_LARGE');
  });

  it('is not believed of the length of a compressed body, which says something else', async () => {
    const headers = {
      ...JSON_TYPE,
      'content-encoding': 'gzip',
      'content-length': String(LIMITS.bodyBytes + 1),
    };
    expect(await codeFor(bringing(headers, gzipSync(TEXT)))).toBe('read');
  });

  it('leaves nothing of the body unread, so that the sender reads the answer', async () => {
    const incoming = bringing(JSON_TYPE, more, more);
    await codeFor(incoming);
    expect(incoming.readableEnded).toBe(true);
  });
});

describe('a sender that goes away', () => {
  it('is told, if it were there, that its time is over', async () => {
    const incoming = incomingOf({ headers: JSON_TYPE });
    incoming.push('{"a"');
    const code = codeFor(incoming);
    setImmediate(() => incoming.destroy(new Error('socket hang up')));
    expect(await code).toBe('ERR_REQUEST_TIMEOUT');
  });
});
