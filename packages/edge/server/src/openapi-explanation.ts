/**
 * Schema of what `POST /v1/explain` answers, for the OpenAPI document.
 *
 * @module
 */

import { ERROR_CODES } from '@countersign/protocol';

type Json = Readonly<Record<string, unknown>>;

const TEXT: Json = { type: 'string' };
const TEXTS: Json = { type: 'array', items: TEXT };
const DIGITS: Json = { type: 'string', pattern: '^([0-9]+|unlimited)$' };

/** An object that has all of these members but those named, and may have more. */
function object(properties: Json, optional: readonly string[] = []): Json {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', required, properties };
}

function list(items: Json): Json {
  return { type: 'array', items };
}

export function explanationSchema(): Json {
  return object(
    {
      outcome: {
        enum: ['allow', 'deny', 'ask'],
        description: 'What would be decided now. Whether charges fit is known only when signing.',
      },
      code: { enum: ERROR_CODES, description: 'Why it would not be signed; absent when allowed.' },
      rule: { type: 'string', description: 'Rule or limit that decides, where one does.' },
      details: { type: 'object', description: 'As in the refusal.' },
      keyId: { type: 'string', description: 'Key that would sign.' },
      fixedRules: list(
        object({ rule: TEXT, result: { enum: ['holds', 'denies', 'not reached'] } }),
      ),
      explanation: writtenSchema(),
      charges: list(chargeSchema()),
      policyHash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    },
    ['code', 'rule', 'details', 'keyId', 'explanation'],
  );
}

function writtenSchema(): Json {
  return {
    description: 'Of the written policy of the key; absent when a fixed rule denies.',
    ...object({
      policy: TEXT,
      profile: { enum: ['strict', 'faithful'] },
      method: TEXT,
      complete: { type: 'boolean', description: 'False when `calls` was left out for its size.' },
      rules: { ...TEXTS, description: 'Rules that allow.' },
      calls: list(object({ what: TEXT, rules: list(ruleSchema()) })),
      limits: list(
        object({
          name: TEXT,
          metric: TEXT,
          per: TEXT,
          group: TEXT,
          amount: DIGITS,
          max: DIGITS,
          result: { enum: ['holds', 'exceeded', 'asks for approval', 'error'] },
        }),
      ),
      approvals: list(
        object({
          rules: TEXTS,
          required: { type: 'integer' },
          approvers: TEXTS,
          expiresInSec: { type: 'integer' },
        }),
      ),
    }),
  };
}

function ruleSchema(): Json {
  const condition = object(
    {
      path: TEXT,
      field: TEXT,
      operator: TEXT,
      value: { anyOf: [TEXT, TEXTS], description: 'Long ones are cut.' },
      seen: TEXT,
      result: { enum: ['holds', 'holds for asking', 'does not hold', 'error'] },
      reason: TEXT,
    },
    ['reason'],
  );
  return object({
    name: TEXT,
    action: { enum: ['ALLOW', 'DENY', 'REQUIRE_APPROVAL'] },
    result: {
      enum: ['matches', 'only asks', 'does not match', 'error'],
      description: '`only asks`: it demands an approval and does not allow.',
    },
    conditions: list(condition),
  });
}

function chargeSchema(): Json {
  return {
    description: 'What would have to fit into the limit, base units or a count.',
    ...object({
      limit: TEXT,
      amount: DIGITS,
      max: DIGITS,
      window: object(
        { type: { enum: ['sliding', 'fixed', 'lifetime'] }, seconds: { type: 'integer' } },
        ['seconds'],
      ),
      exceeded: { enum: ['deny', 'ask'] },
    }),
  };
}
