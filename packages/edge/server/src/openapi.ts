/**
 * The OpenAPI 3.1 document, made from the schemas the server itself parses with.
 *
 * @module
 */

import { ERROR_CODES, ERROR_TABLE, sessionRequestSchema } from '@countersign/protocol';
import { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

const FELT: Json = { type: 'string', pattern: '^0x[0-9a-f]{1,64}$' };
const TEXT: Json = { type: 'string' };

const AUTH_HEADERS: readonly (readonly [string, string])[] = [
  ['X-Keyring-Client-Id', 'Who asks. May be absent outside the strict profile.'],
  ['X-Keyring-Timestamp', 'Milliseconds since 1970, decimal digits.'],
  ['X-Keyring-Nonce', 'Used once per client; 32 random hex digits recommended; never a full stop.'],
  [
    'X-Keyring-Signature',
    'Lower-hex HMAC-SHA256 over timestamp.nonce.METHOD.path?query.sha256hex(body).',
  ],
];

let cached: Json | undefined;

/** The document; the same object on every call. */
export function openApiDocument(): Json {
  cached ??= {
    openapi: '3.1.0',
    info: {
      title: 'Countersign keyring',
      version: '1.0.0',
      description:
        'Signs session transactions that a written policy allows, and proves what it did.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: paths(),
    components: { schemas: schemas() },
  };
  return cached;
}

function paths(): Json {
  return {
    '/v1/sign/session-transaction': { post: signOperation() },
    '/v1/receipts/{id}': { get: receiptOperation() },
    '/health': { get: open('Whether the server answers at all.', { ok: { const: true } }) },
    '/health/ready': {
      get: open('Whether a request would be signed now.', { ready: { const: true } }),
    },
    '/health/dfns-preflight': {
      get: open('Whether the custody bridge answers.', {
        ok: { type: 'boolean' },
        reachable: { type: 'boolean' },
        endpointUrl: TEXT,
        statusCode: { type: 'integer' },
        error: TEXT,
      }),
    },
    '/metrics': {
      get: { summary: 'Prometheus metrics.', responses: { 200: { description: 'Text format.' } } },
    },
    '/openapi.json': {
      get: { summary: 'This document.', responses: { 200: { description: 'OpenAPI 3.1.' } } },
    },
  };
}

function signOperation(): Json {
  return {
    summary: 'Judge one session transaction and, when the policy allows it, sign it.',
    parameters: authParameters(),
    requestBody: { required: true, content: json('SessionTransactionRequest') },
    responses: {
      200: {
        description: 'Allowed, written to the log, signed.',
        headers: {
          'x-countersign-receipt': { description: 'Id of the log entry.', schema: TEXT },
          'x-countersign-message-kind': { description: 'What was signed.', schema: TEXT },
          'x-request-id': {
            description: 'Same as requestId where it fits a header.',
            schema: TEXT,
          },
        },
        content: json('SessionTransactionSignature'),
      },
      ...refusals([400, 401, 403, 408, 409, 413, 415, 422, 429, 500, 503]),
    },
  };
}

function receiptOperation(): Json {
  return {
    summary: 'Fetch the receipt of a decision: its log entry and the proof that the log holds it.',
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        schema: { type: 'string', pattern: '^[0-9]{1,16}(-[0-9a-f]{16})?$' },
      },
      ...authParameters(),
    ],
    responses: {
      200: {
        description: 'The receipt; the bare C2SP tlog-proof when text/plain is asked for.',
        content: { ...json('Receipt'), 'text/plain': { schema: TEXT } },
      },
      ...refusals([401, 404, 429, 503]),
    },
  };
}

function schemas(): Json {
  return {
    ...requestSchemas(),
    SessionTransactionSignature: object({
      requestId: TEXT,
      signatureMode: { enum: ['v1', 'v2_snip12'] },
      signatureKind: { enum: ['Session', 'Snip12'] },
      domainHash: FELT,
      messageHash: FELT,
      signerProvider: { enum: ['local', 'dfns'] },
      sessionPublicKey: FELT,
      signature: {
        type: 'array',
        items: FELT,
        minItems: 4,
        maxItems: 4,
        description: 'Public key, r, s, validUntil.',
      },
      audit: object({
        policyDecision: { const: 'allow' },
        decidedAt: { type: 'string', format: 'date-time' },
        keyId: TEXT,
        traceId: TEXT,
      }),
    }),
    Receipt: object({ format: { const: 'countersign-receipt/v1' }, entry: TEXT, proof: TEXT }),
    Refusal: refusalSchema(),
  };
}

/** The request schema as JSON Schema, its named parts beside it. */
function requestSchemas(): Json {
  const registry = z.registry<{ id?: string }>();
  registry.add(sessionRequestSchema, { id: 'SessionTransactionRequest' });
  const {
    $schema: _dialect,
    $defs: defs,
    ...request
  } = z.toJSONSchema(sessionRequestSchema, {
    io: 'input',
    unrepresentable: 'any',
  }) as Record<string, unknown>;
  const text = JSON.stringify({ ...(defs as object), SessionTransactionRequest: request });
  return JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/')) as Json;
}

function refusalSchema(): Json {
  return {
    type: 'object',
    required: ['error', 'errorCode', 'requestId', 'retryable'],
    properties: {
      error: { type: 'string', description: 'What happened, in the words older clients expect.' },
      errorCode: { type: 'string', description: "A code of SPEC v1's closed list." },
      requestId: TEXT,
      retryable: { type: 'boolean' },
      code: {
        enum: ERROR_CODES,
        description: 'The code of the error table; also in x-countersign-code. Absent in strict.',
      },
      rule: { type: 'string', description: 'The policy rule that refused.' },
      next: { type: 'string', description: 'What to do about it.' },
      details: { type: 'object' },
      patterns: { type: 'array', items: TEXT },
      retryAfterMs: { type: 'integer' },
    },
  };
}

function refusals(statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = ERROR_CODES.filter((code) => wireStatus(code) === status);
      return [status, { description: codes.join(', ') || 'Refused.', content: json('Refusal') }];
    }),
  );
}

function wireStatus(code: (typeof ERROR_CODES)[number]): number {
  const { kind, status } = ERROR_TABLE[code];
  return kind === 'denied' && code !== 'ERR_ORIGIN_DENIED' ? 422 : status;
}

function authParameters(): readonly Json[] {
  return AUTH_HEADERS.map(([name, description]) => ({
    name,
    in: 'header',
    required: name !== 'X-Keyring-Client-Id',
    description,
    schema: TEXT,
  }));
}

function open(summary: string, properties: Json): Json {
  const schema = { type: 'object', properties };
  return {
    summary,
    responses: {
      200: { description: 'Yes.', content: { 'application/json': { schema } } },
      ...refusals([503]),
    },
  };
}

function object(properties: Json): Json {
  return { type: 'object', required: Object.keys(properties), properties };
}

function json(schema: string): Json {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
}
