/**
 * The four authentication headers of a keyring request, checked for form before anything else.
 *
 * INVARIANT: a request nonce holds no full stop and a timestamp is digits only, in every profile;
 * otherwise the delimiter of the canonical string could be moved and one code would cover two
 * requests. Held by `auth-headers.test.ts`.
 *
 * @module
 */

import { BoundaryError } from './errors.ts';
import { LIMITS } from './limits.ts';

/** How closely a server follows which of the two wire contracts. */
export type WireProfile = 'superset' | 'strict' | 'legacy';

export const WIRE_PROFILES: readonly WireProfile[] = ['superset', 'strict', 'legacy'];

export interface RawAuthHeaders {
  readonly clientId: string | undefined;
  readonly timestamp: string | undefined;
  readonly requestNonce: string | undefined;
  readonly signature: string | undefined;
}

export interface AuthHeaders {
  readonly clientId: string;
  /** As sent; its form is checked by {@link parseTimestamp}. */
  readonly timestamp: string;
  /** As sent; its form is checked by {@link assertRequestNonce}. */
  readonly requestNonce: string;
  /** As sent; its form is checked by {@link assertSignatureForm}. */
  readonly signature: string;
}

/**
 * Checks that the headers are there and not oversized.
 *
 * @param defaultClientId - Client id when the header is absent; `undefined` makes it mandatory.
 * @throws BoundaryError ERR_AUTH_HEADER_MISSING, ERR_AUTH_HEADER_TOO_LARGE, each with the `field`.
 */
export function readAuthHeaders(
  raw: RawAuthHeaders,
  profile: WireProfile,
  defaultClientId: string | undefined,
): AuthHeaders {
  const fallback = profile === 'strict' ? undefined : defaultClientId;
  const headers = {
    clientId: present(raw.clientId ?? fallback, 'X-Keyring-Client-Id'),
    timestamp: present(raw.timestamp, 'X-Keyring-Timestamp'),
    requestNonce: present(raw.requestNonce, 'X-Keyring-Nonce'),
    signature: present(raw.signature, 'X-Keyring-Signature'),
  };
  bounded(headers.clientId, LIMITS.clientIdChars, 'X-Keyring-Client-Id');
  bounded(headers.timestamp, LIMITS.timestampChars, 'X-Keyring-Timestamp');
  if (profile !== 'strict') {
    bounded(headers.requestNonce, LIMITS.requestNonceChars, 'X-Keyring-Nonce');
  }
  bounded(headers.signature, LIMITS.signatureChars, 'X-Keyring-Signature');
  return headers;
}

/**
 * Parses the timestamp header: decimal digits, milliseconds since 1970, a safe integer.
 *
 * @throws BoundaryError ERR_AUTH_TIMESTAMP_MALFORMED.
 */
export function parseTimestamp(text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new BoundaryError('ERR_AUTH_TIMESTAMP_MALFORMED', {
      details: {
        field: 'X-Keyring-Timestamp',
        expected: 'decimal digits, milliseconds since 1970',
      },
    });
  }
  return value;
}

/**
 * Checks the request nonce: never a full stop; in the strict profile 16–256 UTF-8 bytes.
 *
 * @throws BoundaryError ERR_AUTH_NONCE_MALFORMED.
 */
export function assertRequestNonce(requestNonce: string, profile: WireProfile): void {
  const { min, max } = LIMITS.strictRequestNonceBytes;
  const bytes = Buffer.byteLength(requestNonce, 'utf8');
  const fits = profile !== 'strict' || (bytes >= min && bytes <= max);
  if (requestNonce.includes('.') || !fits) {
    const expected = profile === 'strict' ? `${min}-${max} bytes, no full stop` : 'no full stop';
    throw new BoundaryError('ERR_AUTH_NONCE_MALFORMED', {
      details: { field: 'X-Keyring-Nonce', expected },
    });
  }
}

/**
 * Checks that the signature is hex, of any length.
 *
 * @throws BoundaryError ERR_AUTH_SIGNATURE_MALFORMED.
 */
export function assertSignatureForm(signature: string): void {
  if (!/^[0-9a-fA-F]+$/.test(signature)) {
    throw new BoundaryError('ERR_AUTH_SIGNATURE_MALFORMED', {
      details: { field: 'X-Keyring-Signature', expected: 'hex digits' },
    });
  }
}

function present(value: string | undefined, field: string): string {
  if (value === undefined || value.trim() === '') {
    throw new BoundaryError('ERR_AUTH_HEADER_MISSING', { details: { field } });
  }
  return value;
}

function bounded(value: string, limit: number, field: string): void {
  if (value.length > limit) {
    throw new BoundaryError('ERR_AUTH_HEADER_TOO_LARGE', {
      details: { field, expected: `at most ${limit} characters` },
    });
  }
}
