/**
 * Operations of the people beside the agents, for the OpenAPI document: operators, approvers, and clients
 * that wait for them.
 *
 * @module
 */

import {
  APPROVER_HEADER,
  APPROVER_SIGNATURE_HEADER,
  APPROVER_TIME_HEADER,
  freezeRequestSchema,
  INTENT_ID,
  intentAnswerSchema,
  OPERATOR_HEADER,
  unfreezeRequestSchema,
} from '@countersign/protocol';
import { z } from 'zod';
import {
  authParameters,
  FELT,
  headers,
  type Json,
  json,
  object,
  ref,
  refusals,
  TEXT,
} from './openapi-parts.ts';

const TIME: Json = { type: 'string', format: 'date-time' };
const STATUSES = [400, 401, 403, 408, 409, 413, 415, 429, 431, 500, 503];

/** Paths of freezes and intents. */
export function guardPaths(): Json {
  return {
    '/v1/freeze': { post: freezeOperation() },
    '/v1/freezes': { get: freezesOperation() },
    '/v1/unfreeze': { post: unfreezeOperation() },
    '/v1/intents': { get: listOperation() },
    '/v1/intents/{id}': { get: showOperation() },
    '/v1/intents/{id}/answers': { post: answerOperation() },
    '/v1/intents/{id}/execute': { post: executeOperation() },
  };
}

/** Their schemas, by name. */
export function guardSchemas(): Json {
  return { Freeze: freezeSchema(), Intent: intentSchema() };
}

function freezeOperation(): Json {
  return {
    operationId: 'freeze',
    summary:
      'Stop signing for a scope. Answered when it is on disk and all earlier answers are out.',
    parameters: operatorParameters(),
    requestBody: { required: true, content: json(z.toJSONSchema(freezeRequestSchema) as Json) },
    responses: {
      200: {
        description: 'Frozen; also when it was before, then without a receipt.',
        headers: headers(['x-request-id', 'x-countersign-receipt']),
        content: ref('Freeze'),
      },
      ...refusals(STATUSES),
    },
  };
}

function freezesOperation(): Json {
  return {
    operationId: 'listFreezes',
    summary: 'What is frozen, and since when.',
    parameters: operatorParameters(),
    responses: {
      200: {
        description: 'In order of scope.',
        content: json(
          object({ freezes: { type: 'array', items: { $ref: '#/components/schemas/Freeze' } } }),
        ),
      },
      ...refusals(STATUSES),
    },
  };
}

function unfreezeOperation(): Json {
  return {
    operationId: 'unfreeze',
    summary: 'Ask to end a freeze. It ends with the last approval it needs.',
    parameters: operatorParameters(),
    requestBody: { required: true, content: json(z.toJSONSchema(unfreezeRequestSchema) as Json) },
    responses: { 202: asked(), ...refusals([...STATUSES, 404]) },
  };
}

function listOperation(): Json {
  const intents = { type: 'array', items: { $ref: '#/components/schemas/Intent' } };
  return {
    operationId: 'listIntents',
    summary: 'What waits for an approver.',
    parameters: [
      { name: 'status', in: 'query', schema: { const: 'pending' } },
      ...approverParameters(),
    ],
    responses: {
      200: { description: 'At most 100, latest end first.', content: json(object({ intents })) },
      ...refusals(STATUSES),
    },
  };
}

function showOperation(): Json {
  const prefer = 'wait=<seconds>: wait so long, at most 30, for something to change.';
  return {
    operationId: 'getIntent',
    summary: 'One intent, for the client that asked for it, or for an approver it needs.',
    description: `Authenticated as a client, or, with ${APPROVER_HEADER}, as an approver.`,
    parameters: [
      intentId(),
      { name: 'Prefer', in: 'header', description: prefer, schema: TEXT },
      ...optional([...authParameters(), ...approverParameters()]),
    ],
    responses: {
      200: { description: 'The intent.', content: ref('Intent') },
      ...refusals([...STATUSES, 404]),
    },
  };
}

function answerOperation(): Json {
  return {
    operationId: 'answerIntent',
    summary: 'Approve or deny. The signature in the body is all the authentication there is.',
    description: [
      'Ed25519 and P-256 approvers sign four lines, each ended by a line feed:',
      'countersign-approval/v1, the id, the digest, and approve or deny.',
      'A passkey signs SHA-256 of them as its challenge.',
    ].join(' '),
    parameters: [intentId()],
    requestBody: { required: true, content: json(z.toJSONSchema(intentAnswerSchema) as Json) },
    responses: {
      200: { description: 'The intent afterwards.', content: ref('Intent') },
      ...refusals([...STATUSES, 404]),
    },
  };
}

function executeOperation(): Json {
  return {
    operationId: 'executeIntent',
    summary: 'Sign an approved intent, once. Without a body: what is signed is what was approved.',
    parameters: [intentId(), ...authParameters()],
    responses: {
      200: {
        description: 'Signed.',
        headers: headers(['x-request-id', 'x-countersign-receipt', 'x-countersign-message-kind']),
        content: ref('SessionTransactionSignature'),
      },
      ...refusals([...STATUSES, 404, 422]),
    },
  };
}

/** What is answered when people have to agree first. */
export function asked(): Json {
  return {
    description: 'Written to the log and not signed: somebody has to approve it.',
    headers: headers(['x-request-id', 'x-countersign-receipt']),
    content: ref('Intent'),
  };
}

function intentId(): Json {
  return {
    name: 'id',
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: INTENT_ID.source },
  };
}

/** The headers of a client, with another name in front. */
function operatorParameters(): readonly Json[] {
  const [, ...others] = authParameters();
  const description = 'Which operator asks. X-Keyring-Client-Id must be absent.';
  return [
    { name: OPERATOR_HEADER, in: 'header', required: true, description, schema: TEXT },
    ...others,
  ];
}

function approverParameters(): readonly Json[] {
  const rows = [
    [APPROVER_HEADER, 'Which approver looks.'],
    [APPROVER_TIME_HEADER, 'Milliseconds since 1970, decimal digits.'],
    [
      APPROVER_SIGNATURE_HEADER,
      'Base64url of 64 bytes over countersign-approver-request/v1, method, path?query and timestamp, a line each.',
    ],
  ] as const;
  return rows.map(([name, description]) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: TEXT,
  }));
}

function optional(parameters: readonly Json[]): readonly Json[] {
  return parameters.map((parameter) => ({ ...parameter, required: false }));
}

function freezeSchema(): Json {
  const scope = { type: 'string', description: 'all, client:<id>, key:<id> or account:<0x…>.' };
  const { properties, ...rest } = object({ scope, since: TIME });
  return { ...rest, properties: { ...(properties as Json), receipt: TEXT } };
}

function intentSchema(): Json {
  const demand = object({
    rules: { type: 'array', items: TEXT },
    required: { type: 'integer', minimum: 1 },
    approvers: { type: 'array', items: TEXT },
  });
  const call = object({ to: FELT, selector: FELT, calldata: { type: 'array', items: FELT } });
  const always = object({
    intentId: TEXT,
    digest: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the document.' },
    type: { enum: ['sign', 'unfreeze'] },
    status: { enum: ['pending', 'approved', 'denied', 'expired', 'executed'] },
    expiresAt: TIME,
    required: { type: 'array', items: demand },
    answers: {
      type: 'array',
      items: object({ approver: TEXT, answer: { enum: ['approve', 'deny'] } }),
    },
    document: { type: 'object', description: 'Canonical (RFC 8785): what the digest is of.' },
    receipt: TEXT,
  });
  const facts = {
    account: FELT,
    chain: FELT,
    accountNonce: FELT,
    validUntil: TEXT,
    messageKind: { enum: ['invoke-v1', 'invoke-v2', 'outside-v2'] },
    keyId: TEXT,
    calls: { type: 'array', items: call },
    policyHash: TEXT,
    scope: TEXT,
    since: TIME,
  };
  return { ...always, properties: { ...(always.properties as Json), ...facts } };
}
