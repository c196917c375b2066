/**
 * Pieces the OpenAPI document is made of.
 *
 * @module
 */

import { BoundaryError, type ErrorCode, type WireProfile } from '@countersign/protocol';
import { toWireError, WIRE_CODES } from './http/wire-errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Profiles the document describes; `legacy` is the older contract's own matter. */
const PROFILES: readonly WireProfile[] = ['superset', 'strict'];

export const FELT: Json = { type: 'string', pattern: '^0x[0-9a-f]{1,64}$' };
export const TEXT: Json = { type: 'string' };

const AUTH_HEADERS: readonly (readonly [string, string])[] = [
  ['X-Keyring-Client-Id', 'Who asks. May be absent outside the strict profile.'],
  ['X-Keyring-Timestamp', 'Milliseconds since 1970, decimal digits.'],
  ['X-Keyring-Nonce', 'Used once per client; 32 random hex digits recommended; never a full stop.'],
  [
    'X-Keyring-Signature',
    'Lower-hex HMAC-SHA256 over timestamp.nonce.METHOD.path?query.sha256hex(body).',
  ],
];

/** Headers of answers that carry facts. */
const RESPONSE_HEADERS = {
  'x-request-id': 'Same as requestId where it fits a header.',
  'x-countersign-receipt': 'Id of the log entry; absent where nothing was logged.',
  'x-countersign-code': 'The code of the error table.',
  'x-countersign-message-kind': 'What was signed.',
  'x-countersign-ignored': 'Fields that mean nothing for this kind of message.',
  'x-ratelimit-remaining': 'Requests left in this window, where there is a limit.',
  'x-ratelimit-reset-ms': 'End of this window, milliseconds since 1970.',
} as const;

export type HeaderName = keyof typeof RESPONSE_HEADERS;

const REFUSAL_HEADERS: readonly HeaderName[] = [
  'x-request-id',
  'x-countersign-receipt',
  'x-countersign-code',
];

/** Refusals by status, each with the codes it can have. */
/** Content that is JSON of a named schema. */
export function refusals(statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = WIRE_CODES.filter((code) => wireStatuses(code).includes(status));
      const description = codes.join(', ');
      return [status, { description, headers: headers(REFUSAL_HEADERS), content: ref('Refusal') }];
    }),
  );
}

/** Statuses of a code, one per profile. */
function wireStatuses(code: ErrorCode): readonly number[] {
  return PROFILES.map((profile) => toWireError(new BoundaryError(code), profile, '').status);
}

/** The headers of a client. */
export function authParameters(): readonly Json[] {
  return AUTH_HEADERS.map(([name, description]) => ({
    name,
    in: 'header',
    required: name !== 'X-Keyring-Client-Id',
    description,
    schema: TEXT,
  }));
}

/** Components: headers of answers. */
export function responseHeaders(): Json {
  const rows = Object.entries(RESPONSE_HEADERS);
  return Object.fromEntries(
    rows.map(([name, text]) => [name, { description: text, schema: TEXT }]),
  );
}

/** References to headers of answers. */
export function headers(names: readonly HeaderName[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** An object that has all of these members, and may have more. */
export function object(properties: Json): Json {
  return { type: 'object', required: Object.keys(properties), properties };
}

/** Content that is JSON of a schema. */
export function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

export function ref(schema: string): Json {
  return json({ $ref: `#/components/schemas/${schema}` });
}
