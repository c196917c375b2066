/**
 * Authentication of operators: the headers of a client with another name in front, and secrets of their
 * own. No client's secret works here, and no operator's anywhere else.
 *
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http';
import {
  type AuthHeaders,
  BoundaryError,
  type EdgeSettings,
  isBoundaryError,
  OPERATOR_HEADER,
} from '@countersign/protocol';
import { createAuthenticator, type RequestLine } from './authenticate.ts';
import type { Caller } from './caller.ts';

/** Headers of an operator; `operatorId` takes the place of the client id. */
export interface OperatorHeaders extends Omit<AuthHeaders, 'clientId'> {
  readonly operatorId: string;
}

export interface OperatorAuthenticator {
  /**
   * Verifies a request over exactly these bytes.
   *
   * @throws BoundaryError one of ERR_AUTH_*, an unknown operator like a wrong signature;
   *   ERR_REQUEST_INVALID when a client is named too.
   */
  authenticate(
    line: RequestLine,
    headers: IncomingHttpHeaders,
    body: Uint8Array,
    caller: Caller,
    nowMs: number,
  ): OperatorHeaders;
}

export function createOperatorAuthenticator(
  settings: Pick<EdgeSettings, 'operators' | 'profile' | 'maxSkewMs' | 'tls'>,
): OperatorAuthenticator {
  const { operators = [], ...rest } = settings;
  const clients = operators.map(({ operatorId, secrets }) => ({
    clientId: operatorId,
    secrets,
    certificates: [],
  }));
  const authenticator = createAuthenticator({ ...rest, clients });
  return {
    authenticate(line, headers, body, caller, nowMs) {
      const raw = {
        clientId: operatorIn(headers),
        timestamp: single(headers['x-keyring-timestamp']),
        requestNonce: single(headers['x-keyring-nonce']),
        signature: single(headers['x-keyring-signature']),
      };
      try {
        const accepted = authenticator.authenticate(line, raw, [body], caller, nowMs);
        const { clientId: operatorId, ...checked } = accepted.headers;
        return { operatorId, ...checked };
      } catch (error) {
        // Who operators are is nobody's business.
        const isUnknown = isBoundaryError(error) && error.code === 'ERR_AUTH_CLIENT_UNKNOWN';
        throw isUnknown ? new BoundaryError('ERR_AUTH_SIGNATURE_INVALID') : error;
      }
    },
  };
}

function operatorIn(headers: IncomingHttpHeaders): string {
  const name = single(headers[OPERATOR_HEADER.toLowerCase()]);
  if (name === undefined || name.trim() === '') {
    throw new BoundaryError('ERR_AUTH_HEADER_MISSING', { details: { field: OPERATOR_HEADER } });
  }
  if (headers['x-keyring-client-id'] === undefined) return name;
  throw new BoundaryError('ERR_REQUEST_INVALID', {
    details: { field: 'X-Keyring-Client-Id', expected: `nothing beside ${OPERATOR_HEADER}` },
  });
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
