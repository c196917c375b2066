/**
 * Ways to misuse a connection after a request has arrived.
 *
 * @module
 */

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ConnectionBehaviour } from './behaviour.ts';

const DRIP_MS = 10;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Commits one fault; `text` is the honest body, to make a part of it look promising. */
export function commitFault(
  fault: ConnectionBehaviour,
  response: ServerResponse,
  text: string,
): void {
  if (response.socket !== null) FAULTS[fault](response.socket, text);
}

const FAULTS: Readonly<Record<ConnectionBehaviour, (socket: Socket, text: string) => void>> = {
  // Stays open until the client or the end of the server closes it.
  hang: () => {},
  'slow-headers': (socket) => {
    socket.write(HEAD);
    drip(socket, () => 'x-more: 1\r\n');
  },
  'slow-body': (socket, text) => {
    socket.write(headOf(text.length));
    let sent = 0;
    // The last character never leaves.
    drip(socket, () => (sent < text.length - 1 ? text.charAt(sent++) : ''));
  },
  reset,
  'reset-in-body': (socket, text) => {
    socket.write(headOf(text.length) + text.slice(0, text.length / 2), () => reset(socket));
  },
  'short-body': (socket, text) => socket.end(headOf(text.length + 1) + text),
  'huge-headers': (socket, text) =>
    socket.end(headOf(text.length, `x-more: ${'a'.repeat(20_000)}\r\n`) + text),
  'malformed-http': (socket, text) => socket.end(`HTTP/1.1 two hundred\r\n\r\n${text}`),
  upgrade: (socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
};

function headOf(contentLength: number, more = ''): string {
  return `${HEAD}${more}content-length: ${contentLength}\r\n\r\n`;
}

/** A TLS connection has no reset of its own; it ends without the closing alert instead. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

/** Sends a little at a time, so that no pause is ever long, until the connection is gone. */
function drip(socket: Socket, next: () => string): void {
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(next());
  }, DRIP_MS);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearInterval(timer));
}
