/**
 * Answers for connections that never became a request: broken HTTP, headers too large or too slow,
 * one connection too many.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { BoundaryError, isBoundaryError, type WireProfile } from '@countersign/protocol';
import { SECURITY_HEADERS } from './reply.ts';
import { toWireError } from './wire-errors.ts';

/** Writes one JSON error and closes the connection. */
export function answerBadConnection(error: Error, socket: Duplex, profile: WireProfile): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const known = isBoundaryError(error) ? error : new BoundaryError(codeOf(error));
  const requestId = randomUUID();
  const { status, body, code } = toWireError(known, profile, requestId);
  const text = JSON.stringify(body);
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'x-request-id': requestId,
    'x-countersign-code': code,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}

function codeOf(
  error: Error,
): 'ERR_HEADERS_TOO_LARGE' | 'ERR_REQUEST_TIMEOUT' | 'ERR_HTTP_MALFORMED' {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'HPE_HEADER_OVERFLOW') return 'ERR_HEADERS_TOO_LARGE';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'ERR_REQUEST_TIMEOUT' : 'ERR_HTTP_MALFORMED';
}
