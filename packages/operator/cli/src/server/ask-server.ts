/**
 * One question of a command to a running boundary.
 *
 * @module
 */

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  BoundaryError,
  type DetailValue,
  type ErrorDetails,
  isErrorCode,
  type JsonValue,
  parseStrictJson,
} from '@countersign/protocol';
import type { ServerPlace } from './server-place.ts';

export interface ServerQuestion {
  readonly method: 'GET' | 'POST';
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; empty for none. */
  readonly body: string;
}

export type JsonObject = { readonly [name: string]: JsonValue };

/** Nobody answered at the address; another way may be open. */
export class NoServerError extends Error {
  override readonly name = 'NoServerError';
}

const TIMEOUT_MS = 40_000;
const MOST_ANSWER_BYTES = 16 * 1_048_576;

/**
 * Asks and reads the JSON object of a good answer.
 *
 * @throws BoundaryError with the code of a refusal, ERR_SIGNER_UNAVAILABLE for an answer that cannot be
 *   read; NoServerError when no connection could be made.
 */
export async function askServer(place: ServerPlace, question: ServerQuestion): Promise<JsonObject> {
  const { status, text } = await exchange(place, question);
  const body = readObject(text);
  if (status >= 200 && status < 300 && body !== undefined) return body;
  throw refusalIn(status, body);
}

/**
 * The same where nothing can be done without a server.
 *
 * @throws BoundaryError as {@link askServer}; ERR_SIGNER_UNAVAILABLE when no connection could be made.
 */
export async function askRunningServer(
  place: ServerPlace,
  question: ServerQuestion,
): Promise<JsonObject> {
  try {
    return await askServer(place, question);
  } catch (error) {
    if (!(error instanceof NoServerError)) throw error;
    throw unavailable(`nobody answers at ${place.url} (${error.message})`);
  }
}

function exchange(
  place: ServerPlace,
  { method, target, headers, body }: ServerQuestion,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: {
        ...headers,
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
        'content-length': String(Buffer.byteLength(body)),
      },
      agent: false as const,
      timeout: TIMEOUT_MS,
    };
    const url = new URL(target, place.url);
    const isTls = url.protocol === 'https:';
    const answered = (response: IncomingMessage): void => {
      collect(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, text }),
        (error: Error) => reject(unavailable(error.message)),
      );
    };
    const sent = isTls
      ? httpsRequest(url, { ...options, ...tlsOptions(place) }, answered)
      : httpRequest(url, options, answered);
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error: NodeJS.ErrnoException) => reject(faultOf(error)));
    sent.end(body);
  });
}

function tlsOptions({ ca, isPinned, cert, key }: ServerPlace): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    // The certificate of the configuration is the only one accepted, whoever issued it.
    ...(isPinned && ca !== undefined
      ? { allowPartialTrustChain: true, checkServerIdentity: () => undefined }
      : {}),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function faultOf(error: NodeJS.ErrnoException): Error {
  const isAbsent = ['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'].includes(error.code ?? '');
  return isAbsent ? new NoServerError(error.code) : unavailable(error.code ?? error.message);
}

function unavailable(reason: string): BoundaryError {
  return new BoundaryError('ERR_SIGNER_UNAVAILABLE', { details: { reason } });
}

/** The refusal as the server named it. */
function refusalIn(status: number, body: JsonObject | undefined): BoundaryError {
  const code = body?.code;
  if (typeof code === 'string' && isErrorCode(code)) {
    return new BoundaryError(code, { details: detailsIn(body) });
  }
  const text = typeof body?.error === 'string' ? body.error : 'an answer that is no JSON object';
  return unavailable(`status ${status}: ${text}`);
}

function detailsIn(body: JsonObject | undefined): ErrorDetails {
  const details = body?.details;
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return {};
  return Object.fromEntries(
    Object.entries(details).map(([name, value]): [string, DetailValue] => {
      const isPlain = typeof value === 'string' || typeof value === 'boolean';
      return [name, isPlain ? value : JSON.stringify(value)];
    }),
  );
}

function readObject(text: string): JsonObject | undefined {
  try {
    const value = parseStrictJson(Buffer.from(text, 'utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
