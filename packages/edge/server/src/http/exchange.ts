/**
 * One request on its way through the edge: what is known about it so far.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { routePath } from '@countersign/protocol';
import type { Caller } from './caller.ts';
import { callerOf } from './caller.ts';
import { targetOf } from './request-target.ts';
import type { Quoted } from './wire-errors.ts';

/** Header values that may be echoed: visible ASCII, bounded. */
const ECHOABLE = /^[\x21-\x7e]{1,256}$/;

export interface Exchange {
  readonly incoming: IncomingMessage;
  /** Where the answer goes; absent where a test has no connection. */
  readonly outgoing: ServerResponse | undefined;
  readonly caller: Caller;
  readonly method: string;
  /** Path and query as they stood on the request line. */
  readonly target: string;
  /** Lower-case path without one trailing slash. */
  readonly path: string;
  /** Our own id; stands in headers and log when the caller's cannot. */
  readonly ownRequestId: string;
  /** The id answers carry: the caller's `context.requestId` once it is known, else our own. */
  requestId: string;
  clientId: string | undefined;
  quoted: Quoted;
  /** Headers collected on the way: rate limit, receipt. */
  readonly headers: Record<string, string>;
}

export function createExchange(incoming: IncomingMessage, outgoing?: ServerResponse): Exchange {
  const target = targetOf(incoming);
  const ownRequestId = randomUUID();
  return {
    incoming,
    outgoing,
    caller: callerOf(incoming),
    method: (incoming.method ?? 'GET').toUpperCase(),
    target,
    path: routePath(target),
    ownRequestId,
    requestId: ownRequestId,
    clientId: undefined,
    quoted: {},
    headers: callerRequestId(incoming),
  };
}

/** The id as a header and in the log: the caller's only when it is harmless there. */
export function headerRequestId(exchange: Exchange): string {
  return ECHOABLE.test(exchange.requestId) ? exchange.requestId : exchange.ownRequestId;
}

function callerRequestId(incoming: IncomingMessage): Record<string, string> {
  const value = incoming.headers['x-request-id'];
  const echo = typeof value === 'string' && value.length <= 256 && isHeaderValue(value);
  return echo ? { 'x-caller-request-id': value } : {};
}

/** Printable Latin-1, as Node hands header values over. */
function isHeaderValue(value: string): boolean {
  return /^[\x20-\x7e\xa0-\xff]+$/.test(value);
}
