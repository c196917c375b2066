/**
 * Paths whose request bodies name what could be signed, and how a path is read from a request line.
 *
 * The request code covers the request line, so it says what the client wanted. Edge and signer read
 * it alike: what was sent to be explained must never be taken for something to sign.
 *
 * @module
 */

export const SIGN_PATH = '/v1/sign/session-transaction';
export const EXPLAIN_PATH = '/v1/explain';

/** Path for routing: case, one trailing slash, the query and an address in front do not matter. */
export function routePath(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').split('?', 1)[0] ?? '/';
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return trimmed.toLowerCase();
}
