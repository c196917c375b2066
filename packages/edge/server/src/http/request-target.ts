/**
 * The request target, out of the framework's sight.
 *
 * The framework answers a missing Host, or a path it cannot make a URL of, by itself: without our
 * headers, and to health checks that speak HTTP/1.0. Neither matters here, so it is shown a plain one.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http';

const targets = new WeakMap<IncomingMessage, string>();

/** Keeps the target of a request and shows everybody else `/` on a host of ours. */
export function setTargetAside(incoming: IncomingMessage): void {
  targets.set(incoming, incoming.url ?? '/');
  incoming.url = '/';
  incoming.headers.host = 'countersign';
}

/** Path and query as they stood on the request line. */
export function targetOf(incoming: IncomingMessage): string {
  return targets.get(incoming) ?? incoming.url ?? '/';
}
