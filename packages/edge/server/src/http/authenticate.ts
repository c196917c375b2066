/**
 * Authentication of a keyring request at the edge.
 *
 * Order: headers there and not oversized → client → certificate → timestamp → request nonce form →
 * signature form → code. The request nonce is used up afterwards, by the caller, so that a forged
 * request can never burn one.
 *
 * @module
 */

import {
  type AuthHeaders,
  assertRequestNonce,
  assertSignatureForm,
  BoundaryError,
  type EdgeSettings,
  parseTimestamp,
  type RawAuthHeaders,
  readAuthHeaders,
  Secret,
  verifyRequestMac,
} from '@countersign/protocol';
import type { Caller } from './caller.ts';
import { createCertificateBinding } from './certificate-binding.ts';

export interface RequestLine {
  readonly method: string;
  /** Path and query as they stood on the request line. */
  readonly target: string;
}

export interface Authenticator {
  /**
   * Verifies a request.
   *
   * @param bodies - Byte strings the code may cover; more than one only where the contract is of two minds.
   * @returns The headers, and the body the code was over.
   * @throws BoundaryError one of ERR_AUTH_*.
   */
  authenticate(
    line: RequestLine,
    raw: RawAuthHeaders,
    bodies: readonly Uint8Array[],
    caller: Caller,
    nowMs: number,
  ): { readonly headers: AuthHeaders; readonly body: Uint8Array };
}

export function createAuthenticator(
  settings: Pick<EdgeSettings, 'clients' | 'profile' | 'maxSkewMs' | 'defaultClientId' | 'tls'>,
): Authenticator {
  const { profile } = settings;
  const secrets = new Map(
    settings.clients.map((client) => [
      client.clientId,
      client.secrets.map((text) => new Secret(text)),
    ]),
  );
  const binding = createCertificateBinding(settings);
  return {
    authenticate(line, raw, bodies, caller, nowMs) {
      const headers = readAuthHeaders(raw, profile, settings.defaultClientId);
      const known = secrets.get(headers.clientId);
      if (known === undefined && profile !== 'strict') {
        throw new BoundaryError('ERR_AUTH_CLIENT_UNKNOWN');
      }
      binding.assert(headers.clientId, caller.certificate);
      assertFresh(headers.timestamp, nowMs, settings.maxSkewMs);
      assertRequestNonce(headers.requestNonce, profile);
      assertSignatureForm(headers.signature);
      const body = matchingBody(known ?? [], headers, line, bodies);
      if (body !== undefined) return { headers, body };
      throw new BoundaryError(
        known === undefined ? 'ERR_AUTH_CLIENT_UNKNOWN' : 'ERR_AUTH_SIGNATURE_INVALID',
      );
    },
  };
}

function assertFresh(timestamp: string, nowMs: number, maxSkewMs: number): void {
  if (Math.abs(nowMs - parseTimestamp(timestamp)) > maxSkewMs) {
    throw new BoundaryError('ERR_AUTH_TIMESTAMP_SKEW', {
      details: { field: 'X-Keyring-Timestamp', expected: `within ${maxSkewMs} ms of the server` },
    });
  }
}

function matchingBody(
  secrets: readonly Secret<string>[],
  headers: AuthHeaders,
  line: RequestLine,
  bodies: readonly Uint8Array[],
): Uint8Array | undefined {
  const { timestamp, requestNonce, signature } = headers;
  return bodies.find((body) =>
    verifyRequestMac(secrets, { timestamp, requestNonce, ...line, body }, signature),
  );
}
