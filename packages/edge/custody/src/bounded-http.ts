/**
 * HTTP exchanges with one URL, within bounds that hold against the other side: total time, size,
 * no redirects, no decompression, no retry, no proxy taken from the environment.
 *
 * A failure is returned, not thrown, and carries a word of ours instead of Node's error: that error
 * may hold bytes the other side sent.
 *
 * @module
 */

import http from 'node:http';
import https from 'node:https';
import { urlToHttpOptions } from 'node:url';

const MAX_HEADER_BYTES = 16_384;

export interface HttpCall {
  readonly method: 'POST' | 'OPTIONS';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Covers name resolution, connection, TLS, headers and body together. */
  readonly timeoutMs: number;
  /** Most bytes of the answer's body; `undefined`: the exchange ends at the headers. */
  readonly maxBodyBytes: number | undefined;
}

export interface HttpAnswer {
  readonly statusCode: number;
  /** As sent: nothing is decompressed. */
  readonly body: Uint8Array;
}

export interface HttpFailure {
  readonly reason: 'timeout' | 'connection failed' | 'answer too large' | 'client closed';
  /** Node's name of the cause, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly systemCode?: string;
}

export type HttpOutcome =
  | { readonly answer: HttpAnswer; readonly failure?: never }
  | { readonly answer?: never; readonly failure: HttpFailure };

export interface BoundedHttp {
  /** Makes one exchange on a connection of its own. Never rejects. */
  exchange(call: HttpCall): Promise<HttpOutcome>;
  /** Ends every exchange under way and refuses further ones. */
  close(): void;
}

/**
 * Creates the client of one URL.
 *
 * Each exchange gets a fresh connection: a kept one may be closed by the other side in the moment of
 * use, and then nobody knows whether the request was carried out.
 *
 * @param url - http: or https:. User name and password in it are not used.
 * @param caPem - Certificates trusted instead of Node's own; https only.
 */
export function createBoundedHttp(url: URL, caPem: string | undefined): BoundedHttp {
  const open = opener(url, caPem);
  const stops = new Set<() => void>();
  let closed = false;

  return {
    async exchange(call) {
      if (closed) return { failure: { reason: 'client closed' } };
      return await new Promise((resolve) => {
        const stop = run(open, call, (outcome) => {
          stops.delete(stop);
          resolve(outcome);
        });
        stops.add(stop);
      });
    },
    close() {
      closed = true;
      for (const stop of stops) stop();
    },
  };
}

type Open = (call: HttpCall) => http.ClientRequest;

function opener(url: URL, caPem: string | undefined): Open {
  const { hostname, port, path } = urlToHttpOptions(url);
  const target = { hostname, port, path, maxHeaderSize: MAX_HEADER_BYTES };
  if (url.protocol !== 'https:') {
    const agent = new http.Agent({ keepAlive: false });
    return ({ method, headers }) => http.request({ ...target, agent, method, headers });
  }
  // Said aloud, so that no environment variable can switch the check off.
  const tls = { minVersion: 'TLSv1.2', rejectUnauthorized: true } as const;
  const agent = new https.Agent({ keepAlive: false });
  const trust = caPem === undefined ? tls : { ...tls, ca: caPem };
  return ({ method, headers }) => https.request({ ...target, ...trust, agent, method, headers });
}

/**
 * Starts one exchange.
 *
 * @param done - Called later, at least once; only the first call counts.
 * @returns What ends the exchange early.
 */
function run(open: Open, call: HttpCall, done: (outcome: HttpOutcome) => void): () => void {
  const request = open(call);
  let answered = false;
  const settle = (outcome: HttpOutcome): void => {
    clearTimeout(timer);
    request.destroy();
    done(outcome);
  };
  const fail = (failure: HttpFailure): void => settle({ failure });
  const timer = setTimeout(() => fail({ reason: 'timeout' }), call.timeoutMs);

  request.on('error', (error) => fail(connectionFailure(error)));
  request.on('close', () => {
    // With an answer this event may come before its last bytes were read.
    if (!answered) fail(connectionFailure(undefined));
  });
  request.on('response', (response) => {
    answered = true;
    if (call.maxBodyBytes === undefined) settle({ answer: toAnswer(response, []) });
    else receive(response, call.maxBodyBytes, settle);
  });
  request.end(call.body);
  return () => fail({ reason: 'client closed' });
}

function receive(
  response: http.IncomingMessage,
  maxBodyBytes: number,
  settle: (outcome: HttpOutcome) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBodyBytes) settle({ failure: { reason: 'answer too large' } });
    else chunks.push(chunk);
  });
  response.on('end', () => settle({ answer: toAnswer(response, chunks) }));
  response.on('error', (error) => settle({ failure: connectionFailure(error) }));
}

function toAnswer(response: http.IncomingMessage, chunks: readonly Buffer[]): HttpAnswer {
  return { statusCode: response.statusCode ?? 0, body: Buffer.concat(chunks) };
}

function connectionFailure(error: unknown): HttpFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = 'connection failed';
  return typeof code === 'string' ? { reason, systemCode: code } : { reason };
}
