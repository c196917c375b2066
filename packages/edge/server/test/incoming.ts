/**
 * Requests as Node hands them over, without a connection.
 *
 * @module
 */

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

export interface Given {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socket?: Socket;
}

/** A request whose body is still to come: `push` it, `null` at the end. */
export function incomingOf({
  method = 'POST',
  url = '/',
  headers = {},
  socket,
}: Given = {}): IncomingMessage {
  const incoming = new IncomingMessage(socket ?? new Socket());
  incoming.method = method;
  incoming.url = url;
  Object.assign(incoming.headers, headers);
  return incoming;
}
