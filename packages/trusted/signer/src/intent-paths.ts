/**
 * Intents as paths name them. The request code covers the path, so the id cannot be exchanged.
 *
 * @module
 */

import { BoundaryError, INTENT_ID } from '@countersign/protocol';

interface Line {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
}

/**
 * Id in `POST /v1/intents/{id}/execute`.
 *
 * @throws BoundaryError ERR_AUTH_SIGNATURE_INVALID for another line; ERR_REQUEST_INVALID for a body: an
 *   execution is by id only.
 */
export function executedIntentIn(line: Line, body: Uint8Array): string {
  const id = idIn(line, 'POST', /^\/v1\/intents\/([^/?]+)\/execute$/i);
  if (body.length === 0) return id;
  throw new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: 'body', expected: 'nothing: what is executed is what was approved' },
  });
}

/** Id in `GET /v1/intents/{id}`. @throws BoundaryError ERR_AUTH_SIGNATURE_INVALID for another line. */
export function shownIntentIn(line: Line): string {
  return idIn(line, 'GET', /^\/v1\/intents\/([^/?]+)$/i);
}

/** Id in `GET /v1/intents/{id}`; `undefined` for `GET /v1/intents` with any query. Throws likewise. */
export function listedIntentIn(line: Line): string | undefined {
  const [path = ''] = line.target.split('?', 1);
  return line.method === 'GET' && path === '/v1/intents' ? undefined : shownIntentIn(line);
}

function idIn({ method, target }: Line, expected: string, pattern: RegExp): string {
  const id = pattern.exec(target)?.[1];
  if (method !== expected || id === undefined) {
    throw new BoundaryError('ERR_AUTH_SIGNATURE_INVALID');
  }
  // Another form was never given to anybody.
  if (!INTENT_ID.test(id)) throw new BoundaryError('ERR_INTENT_NOT_FOUND');
  return id;
}
