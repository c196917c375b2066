/**
 * Reading a request body within limits.
 *
 * Compressed bodies are inflated while they arrive and stopped at the limit, so a small bomb stays
 * small. Bodies that are not declared as JSON are read too, because their bytes are what the code of
 * the request covers, but they always end in a refusal.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { BoundaryError, LIMITS } from '@countersign/protocol';

export interface RequestBody {
  readonly bytes: Uint8Array;
  /** Whether the content type says JSON. */
  readonly json: boolean;
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
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
  const json = isJson(incoming.headers['content-type']);
  const declared = Number(incoming.headers['content-length'] ?? 0);
  const stream = decoded(incoming);
  if (stream === incoming && declared > LIMITS.bodyBytes)
    throw new BoundaryError('ERR_BODY_TOO_LARGE');
  return { bytes: await collect(stream, incoming), json };
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

function decoded(incoming: IncomingMessage): Readable {
  const encoding = (incoming.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return incoming;
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (decoder === undefined) {
    throw new BoundaryError('ERR_BODY_ENCODING_UNSUPPORTED', {
      details: { field: 'content-encoding', expected: 'identity, gzip, deflate or br' },
    });
  }
  return pipeline(incoming, decoder(), () => undefined) as unknown as Readable;
}

function collect(stream: Readable, incoming: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= LIMITS.bodyBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      stream.pause();
      reject(new BoundaryError('ERR_BODY_TOO_LARGE'));
    });
    stream.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    );
    stream.on('error', (cause) =>
      reject(
        new BoundaryError(stream === incoming ? 'ERR_REQUEST_TIMEOUT' : 'ERR_BODY_MALFORMED', {
          details: { reason: 'the body did not arrive whole' },
          cause,
        }),
      ),
    );
    incoming.on('aborted', () => reject(new BoundaryError('ERR_REQUEST_TIMEOUT')));
  });
}
