/**
 * The signer's own door: the edge's yes does not count, so the request is authenticated again from
 * its bytes before anything in it is believed.
 *
 * @module
 */

import {
  assertRequestNonce,
  BoundaryError,
  parseTimestamp,
  routePath,
  Secret,
  type SignerQuestion,
  type SignerSettings,
  verifyRequestMac,
} from '@countersign/protocol';

/** Request line and authentication headers as the edge forwards them. */
export type ForwardedRequest = Extract<SignerQuestion, { op: 'sign' }>['request'];

export interface RequestCheck {
  /**
   * Verifies code and time of a request.
   *
   * @returns When its request nonce may be forgotten, milliseconds since 1970.
   * @throws BoundaryError ERR_AUTH_SIGNATURE_INVALID, ERR_AUTH_TIMESTAMP_SKEW,
   *   ERR_AUTH_TIMESTAMP_MALFORMED, ERR_AUTH_NONCE_MALFORMED.
   */
  check(request: ForwardedRequest, body: Uint8Array, nowMs: number): number;
}

/**
 * Demands that a request was made for this path. Its code covers the path, so a request that was sent
 * to be explained cannot be handed in as one to sign.
 *
 * @throws BoundaryError ERR_AUTH_SIGNATURE_INVALID.
 */
export function requirePath({ method, target }: ForwardedRequest, path: string): void {
  if (method === 'POST' && routePath(target) === path) return;
  throw new BoundaryError('ERR_AUTH_SIGNATURE_INVALID');
}

/** @param settings - Clients with all their secrets, and the accepted skew. */
export function createRequestCheck(
  settings: Pick<SignerSettings, 'clients' | 'maxSkewMs' | 'nonceTtlMs'>,
): RequestCheck {
  const secrets = new Map(
    settings.clients.map((client) => [
      client.clientId,
      client.secrets.map((text) => new Secret(text)),
    ]),
  );
  const { maxSkewMs } = settings;
  // A nonce is kept at least as long as its timestamp could still be accepted.
  const keepMs = Math.max(settings.nonceTtlMs, 2 * maxSkewMs);
  return {
    check(request, body, nowMs) {
      const timestampMs = parseTimestamp(request.timestamp);
      assertRequestNonce(request.requestNonce, 'superset');
      const known = secrets.get(request.clientId) ?? [];
      if (!verifyRequestMac(known, { ...request, body }, request.signature)) {
        throw new BoundaryError('ERR_AUTH_SIGNATURE_INVALID');
      }
      if (Math.abs(nowMs - timestampMs) > maxSkewMs) {
        throw new BoundaryError('ERR_AUTH_TIMESTAMP_SKEW');
      }
      return Math.max(nowMs, timestampMs) + keepMs;
    },
  };
}
