/**
 * The OpenAPI 3.1 document, made from the schemas the server itself parses with and the error table.
 *
 * @module
 */

import { ERROR_CODES, sessionRequestSchema } from '@countersign/protocol';
import { z } from 'zod';
import { explanationSchema } from './openapi-explanation.ts';
import { asked, guardPaths, guardSchemas } from './openapi-guards.ts';
import {
  authParameters,
  FELT,
  type HeaderName,
  headers,
  type Json,
  json,
  object,
  ref,
  refusals,
  responseHeaders,
  TEXT,
} from './openapi-parts.ts';

const DESCRIPTION = `Signs session transactions that a written policy allows, and proves what it did.
Answers are those of the profiles superset and strict. In legacy they follow the older contract:
without audit in a signature, and without errorCode, requestId and retryable in a refusal.`;

const SIGNATURE_HEADERS: readonly HeaderName[] = [
  'x-request-id',
  'x-countersign-receipt',
  'x-countersign-message-kind',
  'x-countersign-ignored',
  'x-ratelimit-remaining',
  'x-ratelimit-reset-ms',
];
let cached: Json | undefined;

/** The document; the same object on every call. */
export function openApiDocument(): Json {
  cached ??= {
    openapi: '3.1.0',
    info: {
      title: 'Countersign keyring',
      version: '1.0.0',
      description: DESCRIPTION.replaceAll('\n', ' '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: paths(),
    components: { schemas: schemas(), headers: responseHeaders() },
  };
  return cached;
}

function paths(): Json {
  return {
    '/v1/sign/session-transaction': { post: signOperation() },
    '/v1/explain': { post: explainOperation() },
    '/v1/receipts/{id}': { get: receiptOperation() },
    ...guardPaths(),
    '/health': {
      get: open('getHealth', 'Whether the server answers at all.', object({ ok: { const: true } })),
    },
    '/health/ready': {
      get: open('getReadiness', 'Whether a request would be signed now.', readySchema()),
    },
    '/health/dfns-preflight': { get: preflightOperation() },
    '/metrics': { get: metricsOperation() },
    '/openapi.json': { get: open('getOpenApi', 'This document.', { type: 'object' }) },
  };
}

function signOperation(): Json {
  return {
    operationId: 'signSessionTransaction',
    summary: 'Judge one session transaction and, when the policy allows it, sign it.',
    parameters: authParameters(),
    requestBody: { required: true, content: ref('SessionTransactionRequest') },
    responses: {
      200: {
        description: 'Allowed, written to the log, signed.',
        headers: headers(SIGNATURE_HEADERS),
        content: ref('SessionTransactionSignature'),
      },
      202: asked(),
      ...refusals([400, 401, 403, 408, 409, 413, 415, 422, 429, 431, 500, 503]),
    },
  };
}

function explainOperation(): Json {
  return {
    operationId: 'explainSessionTransaction',
    summary: 'Say what would be decided about a request and why. Signs, reserves and logs nothing.',
    parameters: authParameters(),
    requestBody: { required: true, content: ref('SessionTransactionRequest') },
    responses: {
      200: {
        description: 'What would be decided now.',
        headers: headers(['x-request-id', 'x-ratelimit-remaining', 'x-ratelimit-reset-ms']),
        content: ref('Explanation'),
      },
      ...refusals([400, 401, 403, 408, 409, 413, 415, 422, 429, 431, 500, 503]),
    },
  };
}

function receiptOperation(): Json {
  const id = { type: 'string', pattern: '^[0-9]{1,16}(-[0-9a-f]{16})?$' };
  return {
    operationId: 'getReceipt',
    summary: 'Fetch the receipt of a decision: its log entry and the proof that the log holds it.',
    parameters: [{ name: 'id', in: 'path', required: true, schema: id }, ...authParameters()],
    responses: {
      200: {
        description: 'The receipt; the bare C2SP tlog-proof when text/plain is asked for.',
        content: { ...ref('Receipt'), 'text/plain': { schema: TEXT } },
      },
      ...refusals([400, 401, 403, 404, 408, 409, 413, 415, 429, 431, 500, 503]),
    },
  };
}

function preflightOperation(): Json {
  const always = { ok: { type: 'boolean' }, reachable: { type: 'boolean' }, endpointUrl: TEXT };
  const properties = { ...always, statusCode: { type: 'integer' }, error: TEXT };
  const content = json({ type: 'object', required: Object.keys(always), properties });
  return {
    operationId: 'getBridgePreflight',
    summary: 'Whether the custody bridge answers; any HTTP answer counts.',
    responses: {
      200: { description: 'It does.', content },
      404: { description: 'There is no bridge.', content: json(object({ error: TEXT })) },
      503: { description: 'It does not.', content },
    },
  };
}

function metricsOperation(): Json {
  return {
    operationId: 'getMetrics',
    summary: 'Prometheus metrics.',
    responses: {
      200: { description: 'Text format.', content: { 'text/plain': { schema: TEXT } } },
    },
  };
}

function open(operationId: string, summary: string, schema: Json): Json {
  const found = { description: 'Yes.', content: json(schema) };
  return { operationId, summary, responses: { 200: found, ...refusals([403, 503]) } };
}

function schemas(): Json {
  return {
    ...requestSchemas(),
    SessionTransactionSignature: signatureSchema(),
    ...guardSchemas(),
    Explanation: explanationSchema(),
    Receipt: object({ format: { const: 'countersign-receipt/v1' }, entry: TEXT, proof: TEXT }),
    Refusal: refusalSchema(),
  };
}

/** The request schema as JSON Schema with its named parts, all under their names. */
function requestSchemas(): Json {
  const { $defs } = z.toJSONSchema(sessionRequestSchema, { io: 'input', unrepresentable: 'any' });
  const text = JSON.stringify($defs).replaceAll('#/$defs/', '#/components/schemas/');
  return JSON.parse(text) as Json;
}

function signatureSchema(): Json {
  return object({
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
  });
}

function readySchema(): Json {
  return object({
    ready: { const: true },
    policyHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    hashBackend: TEXT,
    logSize: { type: 'integer', minimum: 0, description: 'Entries of the log.' },
    keys: { type: 'integer', minimum: 1, description: 'Keys that sign.' },
  });
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
