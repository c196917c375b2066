/**
 * Translation of the error table into the two wire contracts.
 *
 * The table decides what happened; this page only knows how older clients expect to read it: SISNA's
 * exact `error` texts, SPEC v1's closed list of `errorCode`s, and where the statuses differ.
 *
 * A text for status 401 never contains the words "nonce" or "replay" unless a request nonce was
 * really used twice: one client tells the cases apart by those words.
 *
 * @module
 */

import {
  type BoundaryError,
  ERROR_CODES,
  ERROR_TABLE,
  type ErrorCode,
  type ErrorDetails,
  type WireProfile,
} from '@countersign/protocol';

/** SPEC v1's closed list. */
export type WireErrorCode =
  | 'AUTH_INVALID_HMAC'
  | 'AUTH_INVALID_NONCE'
  | 'AUTH_INVALID_SIGNATURE_FORMAT'
  | 'AUTH_INVALID_CLIENT'
  | 'AUTH_TIMESTAMP_SKEW'
  | 'AUTH_MTLS_REQUIRED'
  | 'REPLAY_NONCE_USED'
  | 'POLICY_SELECTOR_DENIED'
  | 'POLICY_CALL_NOT_ALLOWED'
  | 'RATE_LIMITED'
  | 'SIGNER_UNAVAILABLE'
  | 'INTERNAL_ERROR';

/** What the texts quote from the request, as it was sent. */
export interface Quoted {
  readonly clientId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly account?: string | undefined;
  readonly chain?: string | undefined;
  /** Entrypoints by position of the call. */
  readonly entrypoints?: readonly string[] | undefined;
}

export interface WireError {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** The code a stranger may see, in headers too. */
  readonly code: ErrorCode;
}

interface WireRow {
  readonly text: string | ((details: ErrorDetails, quoted: Quoted) => string);
  readonly code: WireErrorCode | ((details: ErrorDetails) => WireErrorCode);
  /** Status where it is not the table's. */
  readonly status?: number;
}

const BY_HEADER: Readonly<Record<string, WireErrorCode>> = {
  'X-Keyring-Client-Id': 'AUTH_INVALID_CLIENT',
  'X-Keyring-Timestamp': 'AUTH_TIMESTAMP_SKEW',
  'X-Keyring-Nonce': 'AUTH_INVALID_NONCE',
  'X-Keyring-Signature': 'AUTH_INVALID_SIGNATURE_FORMAT',
};

const headerCode = (details: ErrorDetails): WireErrorCode =>
  BY_HEADER[String(details.field)] ?? 'AUTH_INVALID_CLIENT';

const entrypointOf = (details: ErrorDetails, quoted: Quoted): string => {
  const call = details.call;
  return (typeof call === 'number' ? quoted.entrypoints?.[call] : undefined) ?? '';
};

/** A policy denial without a code of its own in SPEC v1. */
const denial = (text: WireRow['text']): WireRow => ({
  text,
  code: 'POLICY_CALL_NOT_ALLOWED',
  status: 422,
});

const malformed = (text: string): WireRow => ({ text, code: 'POLICY_CALL_NOT_ALLOWED' });
const unavailable = (text: string): WireRow => ({ text, code: 'SIGNER_UNAVAILABLE' });
const fault = (text: string): WireRow => ({ text, code: 'INTERNAL_ERROR' });

const INTERNAL = fault('internal error');

const WIRE_ROWS: Readonly<Partial<Record<ErrorCode, WireRow>>> = {
  ERR_HTTP_MALFORMED: malformed('malformed request'),
  ERR_BODY_MALFORMED: malformed('malformed request body'),
  ERR_BODY_TOO_LARGE: malformed('request body too large'),
  ERR_BODY_ENCODING_UNSUPPORTED: malformed('unsupported body encoding'),
  ERR_CONTENT_TYPE_UNSUPPORTED: malformed('invalid payload'),
  ERR_HEADERS_TOO_LARGE: malformed('request headers too large'),
  ERR_REQUEST_TIMEOUT: malformed('request timeout'),
  ERR_REQUEST_INVALID: malformed('invalid payload'),
  ERR_FELT_MALFORMED: malformed('invalid payload'),
  ERR_FELT_OUT_OF_RANGE: malformed('invalid payload'),
  ERR_NOT_FOUND: malformed('not found'),
  ERR_ORIGIN_DENIED: malformed('browser origins are not allowed'),
  ERR_AUTH_HEADER_MISSING: { text: 'missing authentication headers', code: headerCode },
  ERR_AUTH_HEADER_TOO_LARGE: { text: 'authentication header too large', code: headerCode },
  ERR_AUTH_CLIENT_UNKNOWN: { text: 'unknown client id', code: 'AUTH_INVALID_CLIENT' },
  ERR_AUTH_TIMESTAMP_MALFORMED: { text: 'invalid timestamp', code: 'AUTH_TIMESTAMP_SKEW' },
  ERR_AUTH_TIMESTAMP_SKEW: {
    text: 'timestamp outside accepted window',
    code: 'AUTH_TIMESTAMP_SKEW',
  },
  ERR_AUTH_NONCE_MALFORMED: { text: 'malformed authentication header', code: 'AUTH_INVALID_NONCE' },
  ERR_AUTH_SIGNATURE_MALFORMED: {
    text: 'invalid signature',
    code: 'AUTH_INVALID_SIGNATURE_FORMAT',
  },
  ERR_AUTH_SIGNATURE_INVALID: { text: 'invalid signature', code: 'AUTH_INVALID_HMAC' },
  ERR_AUTH_CERTIFICATE_REQUIRED: {
    text: 'client certificate required',
    code: 'AUTH_MTLS_REQUIRED',
  },
  ERR_AUTH_CERTIFICATE_MISMATCH: {
    text: 'client certificate does not belong to this client id',
    code: 'AUTH_MTLS_REQUIRED',
  },
  ERR_REQUEST_NONCE_USED: { text: 'replayed nonce', code: 'REPLAY_NONCE_USED' },
  ERR_POLICY_VALIDITY_EXPIRED: denial('validUntil is already expired'),
  ERR_POLICY_VALIDITY_TOO_LONG: denial('validUntil exceeds maximum allowed future window'),
  ERR_POLICY_CHAIN_DENIED: denial((_, { chain }) => `chainId ${chain} is not allowed`),
  ERR_POLICY_SELF_CALL: denial('self-call is denied for session signing'),
  ERR_POLICY_SELECTOR_DENIED: {
    text: (details, quoted) => `denied selector: ${entrypointOf(details, quoted)}`,
    code: 'POLICY_SELECTOR_DENIED',
    status: 422,
  },
  ERR_POLICY_TARGET_DENIED: denial('call target is not allowed for this key'),
  ERR_POLICY_RECIPIENT_DENIED: denial('recipient is not allowed for this key'),
  ERR_POLICY_LIMIT_EXCEEDED: denial('amount exceeds the limit of this key'),
  ERR_POLICY_CHARGES_TOO_MANY: denial('request counts towards too many limits'),
  ERR_FROZEN: denial('signing is frozen'),
  ERR_POLICY_CALL_UNDECODABLE: denial('call to a limited token is not allowed: not decodable'),
  ERR_POLICY_KEY_DENIED: denial(
    (_, { clientId, keyId }) => `client ${clientId} is not allowed to use keyId ${keyId}`,
  ),
  ERR_POLICY_KEY_UNKNOWN: denial((_, { keyId }) => `Unknown keyId: ${keyId}`),
  ERR_POLICY_ACCOUNT_DENIED: denial(
    (_, { clientId, account }) =>
      `client ${clientId} is not allowed to sign for account ${account}`,
  ),
  ERR_POLICY_MESSAGE_KIND_DENIED: denial('message kind is not allowed for this key'),
  ERR_POLICY_CUSTODIAN_DENIED: denial(({ text }) => String(text ?? 'denied by the custodian')),
  ERR_POLICY_RULE_DENIED: denial('denied by a rule of the policy'),
  ERR_POLICY_NO_RULE: denial('not allowed by any rule of the policy'),
  ERR_POLICY_EVALUATION_FAILED: denial(
    'not allowed: a condition of the policy cannot be evaluated',
  ),
  ERR_POLICY_APPROVAL_REQUIRED: denial('approval required'),
  ERR_INTENT_NOT_FOUND: malformed('intent not found'),
  ERR_INTENT_PENDING: malformed('intent not approved yet'),
  ERR_INTENT_DENIED: malformed('intent denied by an approver'),
  ERR_INTENT_EXPIRED: malformed('intent expired'),
  ERR_INTENT_USED: malformed('intent used before'),
  ERR_INTENT_STALE: malformed('intent no longer matches the policy'),
  ERR_INTENT_LIMIT: { text: 'too many intents waiting for approval', code: 'RATE_LIMITED' },
  ERR_APPROVAL_INVALID: { text: 'invalid approval', code: 'AUTH_INVALID_SIGNATURE_FORMAT' },
  ERR_LEAK_INBOUND: denial('secret leak pattern detected in request payload'),
  ERR_RATE_LIMITED: { text: 'rate limit exceeded', code: 'RATE_LIMITED' },
  ERR_ADDRESS_RATE_LIMITED: { text: 'rate limit exceeded for this address', code: 'RATE_LIMITED' },
  ERR_CONNECTION_LIMIT: { text: 'too many connections', code: 'RATE_LIMITED' },
  ERR_OVERLOADED: unavailable('too many requests in flight'),
  ERR_SIGNER_UNAVAILABLE: unavailable('signer unavailable'),
  ERR_NONCE_STORE_UNAVAILABLE: fault('replay protection unavailable'),
  ERR_RATE_STORE_UNAVAILABLE: fault('rate limit unavailable'),
  ERR_STORE_UNAVAILABLE: unavailable('signer unavailable: the decision could not be stored'),
  ERR_CLOCK_BEHIND: unavailable('signer unavailable: the clock is behind the log'),
  ERR_CUSTODIAN_UNAVAILABLE: unavailable('signer unavailable'),
  ERR_CUSTODIAN_MISMATCH: unavailable('signer unavailable'),
  ERR_STOPPING: unavailable('server is stopping'),
  ERR_STORE_CORRUPT: fault('internal error'),
  ERR_INTERNAL: fault('internal error'),
  ERR_SIGNATURE_CHECK_FAILED: fault('internal error'),
  ERR_LEAK_OUTBOUND: fault('outbound leak scanner blocked response'),
  ERR_FRAME_MALFORMED: fault('internal error'),
};

/** Codes an HTTP request can be refused with, in table order; the others belong to commands. */
export const WIRE_CODES: readonly ErrorCode[] = ERROR_CODES.filter((code) =>
  Object.hasOwn(WIRE_ROWS, code),
);

// Members that SISNA's own error bodies carry beside `error`.
const LEGACY_EXTRAS = ['details', 'patterns', 'retryAfterMs'] as const;

/**
 * Writes an error for the wire.
 *
 * @param requestId - Set in every profile that has the member.
 * @returns Status, JSON body, in `strict` exactly SPEC v1's four members, and the code that may be shown.
 */
export function toWireError(
  error: BoundaryError,
  profile: WireProfile,
  requestId: string,
  quoted: Quoted = {},
): WireError {
  const shown = maskedCode(error.code, profile);
  const row = WIRE_ROWS[shown] ?? INTERNAL;
  const text = legacyFelt(error, profile) ?? textOf(row, error.details, quoted);
  const errorCode = typeof row.code === 'function' ? row.code(error.details) : row.code;
  const status = statusOf(error, shown, errorCode, profile);
  const { retryable, next } = ERROR_TABLE[shown];
  // Details of a code that is not told would tell it.
  const extras = shown === error.code ? extrasOf(error) : {};
  if (profile === 'legacy') {
    return { status, body: { error: text, ...pick(extras) }, code: shown };
  }
  const body = { error: text, errorCode, requestId, retryable };
  if (profile === 'strict') return { status, body, code: shown };
  return { status, body: { ...body, ...extras, code: shown, next }, code: shown };
}

/**
 * In the strict profile a stranger does not learn which client ids exist. A code that only commands
 * know must not get here; when it does, that is a fault of ours.
 */
function maskedCode(code: ErrorCode, profile: WireProfile): ErrorCode {
  if (profile === 'strict' && code === 'ERR_AUTH_CLIENT_UNKNOWN') {
    return 'ERR_AUTH_SIGNATURE_INVALID';
  }
  return Object.hasOwn(WIRE_ROWS, code) ? code : 'ERR_INTERNAL';
}

function statusOf(
  error: BoundaryError,
  shown: ErrorCode,
  errorCode: WireErrorCode,
  profile: WireProfile,
): number {
  if (shown === 'ERR_REQUEST_NONCE_USED') return profile === 'strict' ? 409 : 401;
  // SPEC v1 knows one status for it, whatever failed.
  if (profile === 'strict' && errorCode === 'INTERNAL_ERROR') return 500;
  if (legacyFelt(error, profile) !== undefined) return 422;
  return WIRE_ROWS[shown]?.status ?? ERROR_TABLE[shown].status;
}

/** SISNA answers an address at or above the field prime as a policy denial. */
function legacyFelt({ code, details }: BoundaryError, profile: WireProfile): string | undefined {
  const address = /^(accountAddress|calls\[\d+\]\.contractAddress)$/.test(String(details.field));
  if (profile !== 'legacy' || code !== 'ERR_FELT_OUT_OF_RANGE' || !address) return undefined;
  return `invalid felt value: ${details.value}`;
}

function textOf(row: WireRow, details: ErrorDetails, quoted: Quoted): string {
  return typeof row.text === 'function' ? row.text(details, quoted) : row.text;
}

/** Facts beside the text: field errors as the contract shapes them, everything else by name. */
function extrasOf(error: BoundaryError): Readonly<Record<string, unknown>> {
  const { rule, patterns, retryAfterMs, text: _text, ...details } = error.details;
  return {
    ...(Object.keys(details).length === 0 ? {} : { details: shapedDetails(error, details) }),
    ...(rule === undefined ? {} : { rule }),
    ...(patterns === undefined ? {} : { patterns }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A wrong field, whoever found it, in the shape the contract gives to wrong fields. */
function shapedDetails({ code }: BoundaryError, details: ErrorDetails): ErrorDetails {
  const { field, expected } = details;
  const aboutField = code === 'ERR_REQUEST_INVALID' || code.startsWith('ERR_FELT_');
  if (!aboutField || typeof field !== 'string') return details;
  const top = field.replace(/[[.].*$/, '');
  return { formErrors: [], fieldErrors: { [top]: [`${field}: expected ${expected}`] } };
}

function pick(extras: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    LEGACY_EXTRAS.flatMap((key) => (key in extras ? [[key, extras[key]]] : [])),
  );
}
