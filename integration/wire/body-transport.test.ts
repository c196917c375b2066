/**
 * How bodies travel: lengths, chunks, encodings, charsets, types and limits.
 *
 * @module
 */

import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectGenuine } from './client/genuine.ts';
import {
  type ProfileKeyrings,
  startOneClientPerProfile,
  stopAll,
} from './client/profile-keyrings.ts';
import { expectRefusal, PROFILES, type Profile, type Refusal } from './client/refusals.ts';
import { SESSION_KEY } from './client/settings.ts';
import { transferRequest } from './client/sign-request.ts';
import { START_TIMEOUT_MS, type TestKeyring } from './client/test-keyring.ts';
import type { Answer, Call } from './client/wire-client.ts';

const LIMIT = 262_144;
const NAMED = { 'x-keyring-client-id': 'default' };
const CODE = 'POLICY_CALL_NOT_ALLOWED';
const TOO_LARGE: Refusal = { status: 413, error: 'request body too large', errorCode: CODE };
const UNSUPPORTED: Refusal = { status: 415, error: 'unsupported body encoding', errorCode: CODE };
const MALFORMED: Refusal = { status: 400, error: 'malformed request body', errorCode: CODE };
const INVALID: Refusal = { status: 400, error: 'invalid payload', errorCode: CODE };

let keyrings: ProfileKeyrings<TestKeyring>;
beforeAll(async () => {
  keyrings = await startOneClientPerProfile();
}, START_TIMEOUT_MS);
afterAll(() => stopAll(keyrings));

const send = (profile: Profile, body: unknown, call: Call = {}): Promise<Answer> =>
  keyrings[profile].client.sign(body, { ...call, headers: { ...NAMED, ...call.headers } });

/** A valid request padded by blanks in front to a length in bytes. */
function padded(length: number): string {
  return JSON.stringify(transferRequest()).padStart(length, ' ');
}

/** A request whose reason makes it as long as the contract's own test of the limit. */
function oversized(): string {
  return JSON.stringify(transferRequest({ context: { reason: 'a'.repeat(300_000) } }));
}

/** A gzip body whose last eight bytes, checksum and length, are zero. */
function withoutChecksum(text: string): Buffer {
  const bytes = gzipSync(text);
  return bytes.fill(0, bytes.length - 8);
}

const ENCODERS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: (bytes: string | Uint8Array): Buffer =>
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
} as const;
const ENCODINGS = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];

describe.each(PROFILES)('in profile %s', (profile) => {
  it('accepts a chunked body', async () => {
    const request = transferRequest();
    const answer = await send(profile, request, { chunked: true });
    expectGenuine(answer, request, { privateKey: SESSION_KEY });
  });

  it.each(ENCODINGS)('accepts a body in %s, over whose content the code is', async (encoding) => {
    const request = transferRequest();
    const sentBody = ENCODERS[encoding](JSON.stringify(request));
    const headers = { 'content-encoding': encoding };
    expectGenuine(await send(profile, request, { sentBody, headers }), request, {
      privateKey: SESSION_KEY,
    });
    const chunked = await send(profile, request, { sentBody, headers, chunked: true });
    expect(chunked.status).toBe(200);
  });

  it('does not accept a code over the bytes of a compressed body', async () => {
    const body = gzipSync(JSON.stringify(transferRequest()));
    const answer = await send(profile, body, { headers: { 'content-encoding': 'gzip' } });
    expectRefusal(profile, answer, {
      status: 401,
      error: 'invalid signature',
      errorCode: 'AUTH_INVALID_HMAC',
    });
  });

  it.each(['GZIP', ' gzip ', 'identity', 'Identity'])('reads the encoding `%s`', async (name) => {
    const request = transferRequest();
    const plain = Buffer.from(JSON.stringify(request));
    const sentBody = name.toLowerCase().includes('gzip') ? gzipSync(plain) : plain;
    const answer = await send(profile, request, {
      sentBody,
      headers: { 'content-encoding': name },
    });
    expect(answer.status).toBe(200);
  });

  it.each(['zstd', 'compress', 'gzip, gzip', 'gzip;q=1', 'constructor', '*', 'utf-8'])(
    'refuses the encoding `%s`',
    async (encoding) => {
      const sentBody = zstdCompressSync(JSON.stringify(transferRequest()));
      const headers = { 'content-encoding': encoding };
      const answer = await send(profile, transferRequest(), { sentBody, headers });
      expectRefusal(profile, answer, UNSUPPORTED);
    },
  );

  it.each([
    ['no gzip at all', 'gzip', (): Buffer => Buffer.from(JSON.stringify(transferRequest()))],
    ['gzip cut off', 'gzip', (): Buffer => gzipSync(padded(2_000)).subarray(0, -9)],
    ['gzip with a wrong checksum', 'gzip', (): Buffer => withoutChecksum(padded(500))],
    ['deflate without its frame', 'deflate', (): Buffer => deflateRawSync(padded(500))],
    ['two megabytes that are no gzip', 'gzip', (): Buffer => Buffer.from(padded(2_000_000))],
    ['brotli cut off', 'br', (): Buffer => brotliCompressSync(padded(2_000)).subarray(0, -4)],
  ] as const)('refuses %s', async (_name, encoding, make) => {
    const headers = { 'content-encoding': encoding };
    const answer = await send(profile, transferRequest(), { sentBody: make(), headers });
    expectRefusal(profile, answer, MALFORMED);
  });

  it('accepts a body of exactly the limit', async () => {
    expect((await send(profile, padded(LIMIT))).status).toBe(200);
    expect((await send(profile, padded(LIMIT), { chunked: true })).status).toBe(200);
  });

  it.each([
    ['one byte above the limit', (): string => padded(LIMIT + 1)],
    ['300 kB', oversized],
    ['4 MB', (): string => padded(4_000_000)],
  ])('refuses a body of %s, declared or in chunks', async (_name, make) => {
    for (const chunked of [false, true]) {
      // Whoever is still sending must be able to read the answer, every time.
      for (let round = 0; round < 3; round += 1) {
        const connection = round === 0 ? 'close' : 'keep-alive';
        const answer = await send(profile, make(), { chunked, headers: { connection } });
        expectRefusal(profile, answer, TOO_LARGE);
      }
    }
  });

  it('refuses 300 kB from a stranger alike', async () => {
    const answer = await send(profile, oversized(), { signature: 'none' });
    expectRefusal(profile, answer, TOO_LARGE);
  });

  it.each(ENCODINGS)('counts a body in %s by its content', async (encoding) => {
    const headers = { 'content-encoding': encoding };
    const encode = ENCODERS[encoding];
    const longest = padded(LIMIT);
    const within = await send(profile, longest, { sentBody: encode(longest), headers });
    expect(within.status).toBe(200);
    const bomb = Buffer.alloc(32 * 1_048_576, ' ');
    for (const sentBody of [encode(padded(LIMIT + 1)), encode(bomb)]) {
      expectRefusal(profile, await send(profile, '', { sentBody, headers }), TOO_LARGE);
    }
  });

  it.each([
    'application/json',
    'Application/JSON; Charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json; profile=x; charset=utf-8',
  ])('accepts the content type `%s`', async (type) => {
    const answer = await send(profile, transferRequest(), { headers: { 'content-type': type } });
    expect(answer.status).toBe(200);
  });

  it.each(['utf-16', 'latin1', 'utf8x', 'us-ascii', ''])(
    'refuses JSON in the charset `%s`',
    async (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      expectRefusal(profile, await send(profile, transferRequest(), { headers }), UNSUPPORTED);
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-seq',
    'text/json',
    'application/vnd.api+json',
    undefined,
  ])('refuses a body of the content type `%s`', async (type) => {
    const headers = { 'content-type': type };
    // The older contract leaves such a body unread: its callers sign nothing.
    const sentBody = Buffer.from(JSON.stringify(transferRequest()));
    expectRefusal(profile, await send(profile, '', { headers, sentBody }), INVALID);
    expectRefusal(profile, await send(profile, transferRequest(), { headers }), INVALID);
    const neither = await send(profile, 'another body', { headers, sentBody });
    expect(neither.status).toBe(401);
  });

  it('refuses an empty body by its schema', async () => {
    const answer = await send(profile, '');
    expectRefusal(profile, answer, INVALID);
    const { details } = answer.json;
    if (profile === 'strict') return;
    expect(details).toMatchObject({ fieldErrors: { accountAddress: [expect.any(String)] } });
  });

  it('goes on serving a connection after a refused body', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-16' };
    for (let round = 0; round < 5; round += 1) {
      expect((await send(profile, padded(LIMIT), { headers })).status).toBe(415);
      expect((await send(profile, transferRequest())).status).toBe(200);
      expect((await send(profile, oversized())).status).toBe(413);
      expect((await send(profile, transferRequest())).status).toBe(200);
    }
  });
});
