/**
 * Reading a request body within limits.
 *
 * Compressed bodies are inflated while they arrive and stopped at the limit, so a small bomb stays
 * small. Bodies that are not declared as JSON are read too, because their bytes are what the code of
 * the request covers, but they always end in a refusal. What is left of a refused body is read and
 * thrown away, because a sender that finds the connection closed never reads the answer.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { BoundaryError, LIMITS } from '@countersign/protocol';

export interface RequestBody {
  readonly bytes: Uint8Array;
  /** Whether the content type says JSON. */
  readonly json: boolean;
}

/** Most that is thrown away of one body, bytes; a longer one costs its sender the connection. */
const DISCARDED_BYTES = 16 * 1_048_576;

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a body whole.
 *
 * @throws BoundaryError ERR_BODY_TOO_LARGE, ERR_BODY_ENCODING_UNSUPPORTED, ERR_BODY_MALFORMED (the
 *   compressed stream is broken), ERR_REQUEST_TIMEOUT (the sender went away).
 */
export async function readRequestBody(incoming: IncomingMessage): Promise<RequestBody> {
  try {
    const json = isJson(incoming.headers['content-type']);
    const declared = Number(incoming.headers['content-length'] ?? 0);
    const decoder = decoderOf(incoming);
    if (decoder === undefined && declared > LIMITS.bodyBytes) {
      throw new BoundaryError('ERR_BODY_TOO_LARGE');
    }
    return { bytes: await collect(incoming, decoder), json };
  } catch (error) {
    await discard(incoming);
    throw error;
  }
}

/** Whether a content type is JSON in UTF-8; a JSON type with another charset is refused. */
function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim());
  if (type.toLowerCase() !== 'application/json') return false;
  for (const parameter of parameters) {
    const charset = /^charset\s*=\s*"?([^"]*)"?$/i.exec(parameter)?.[1];
    if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
      throw new BoundaryError('ERR_BODY_ENCODING_UNSUPPORTED', {
        details: { field: 'content-type', expected: 'charset=utf-8' },
      });
    }
  }
  return true;
}

/** `undefined` for a body that is sent as it is. */
function decoderOf(incoming: IncomingMessage): Duplex | undefined {
  const encoding = (incoming.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return undefined;
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (decoder !== undefined) return decoder();
  throw new BoundaryError('ERR_BODY_ENCODING_UNSUPPORTED', {
    details: { field: 'content-encoding', expected: 'identity, gzip, deflate or br' },
  });
}

function collect(incoming: IncomingMessage, decoder: Duplex | undefined): Promise<Uint8Array> {
  // Not `pipeline`: it would destroy the request, and the connection with it, when decoding fails.
  const stream: Readable = decoder === undefined ? incoming : incoming.pipe(decoder);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (error: BoundaryError): void => {
      chunks.length = 0;
      incoming.unpipe();
      decoder?.destroy();
      reject(error);
    };
    const lost = (cause?: unknown): void => refuse(notWhole('ERR_REQUEST_TIMEOUT', cause));
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LIMITS.bodyBytes) chunks.push(chunk);
      else refuse(new BoundaryError('ERR_BODY_TOO_LARGE'));
    });
    stream.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    );
    decoder?.on('error', (cause) => refuse(notWhole('ERR_BODY_MALFORMED', cause)));
    incoming.on('error', lost);
    incoming.on('aborted', lost);
  });
}

function notWhole(
  code: 'ERR_REQUEST_TIMEOUT' | 'ERR_BODY_MALFORMED',
  cause: unknown,
): BoundaryError {
  return new BoundaryError(code, { details: { reason: 'the body did not arrive whole' }, cause });
}

/** Reads what is left and forgets it; resolves at the end of the body, or at the most that is read. */
function discard(incoming: IncomingMessage): Promise<void> {
  if (incoming.readableEnded || incoming.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > DISCARDED_BYTES) resolve();
    });
    for (const event of ['end', 'error', 'close'] as const) incoming.on(event, () => resolve());
    incoming.resume();
  });
}
