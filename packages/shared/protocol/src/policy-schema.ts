/**
 * The policy document: Privy's policy JSON, unchanged, with what a signing boundary needs beside it.
 *
 * The schema says what a document looks like; what its words mean together, the compiler in
 * `@countersign/policy` checks. `docs/policy.schema.json` is made from the strict schema.
 *
 * @module
 */

import { z } from 'zod';
import { policyDocumentError, problemsOfIssues } from './policy-errors.ts';
import {
  LIMIT_GROUPS,
  LIMIT_METRICS,
  LIMIT_PERIODS,
  POLICY_ACTIONS,
  POLICY_CHAIN_TYPES,
  POLICY_FIELD_SOURCES,
  POLICY_LIMITS,
  POLICY_METHODS,
  POLICY_OPERATORS,
  POLICY_PROFILES,
  type PolicyProfile,
} from './policy-words.ts';

/** An object without other keys; the message of a key it does not know lists those it does. */
const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'an object',
  });

const list = <T extends z.ZodType>(item: T, most: number) => {
  const text = `a list of at most ${most}`;
  return z.array(item, text).max(most, text);
};

const text = (most: number) => {
  const expected = `1-${most} characters`;
  return z.string(expected).min(1, expected).max(most, expected);
};

const whole = (least: number, most: number) => {
  const expected = `a whole number from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected);
};

const ADDRESS_TEXT = 'an address in quotes: 0x and 1-64 hex digits';
const AMOUNT_TEXT = 'a whole number in quotes: 1-78 decimal digits';
const address = z.string(ADDRESS_TEXT).regex(/^0x[0-9a-fA-F]{1,64}$/, ADDRESS_TEXT);
const amount = z.string(AMOUNT_TEXT).regex(/^[0-9]{1,78}$/, AMOUNT_TEXT);
const name = text(POLICY_LIMITS.nameChars);
const seconds = whole(1, POLICY_LIMITS.windowSeconds);

const json = z.json('a JSON value');

const typedDataSchema = object({
  types: z.record(
    z.string(),
    z.array(object({ name: z.string(), type: z.string() }), 'a list of {name, type}'),
    'an object of lists of {name, type}',
  ),
  primary_type: text(POLICY_LIMITS.fieldChars),
});

const VALUE_TEXT = 'a string, or a list of strings; numbers stand in quotes';

const valueSchema = (most: number) => {
  const one = z.string().max(POLICY_LIMITS.valueChars);
  return z
    .union(
      [one, z.array(one).max(most)],
      `${VALUE_TEXT}, at most ${POLICY_LIMITS.valueChars} characters each and ${most} of them`,
    )
    .meta({ description: 'What the field is compared with; always text, numbers too.' });
};

const conditionShape = (profile: PolicyProfile) => ({
  field_source: z.enum(POLICY_FIELD_SOURCES).meta({ description: 'Where the field is read.' }),
  field: text(POLICY_LIMITS.fieldChars).meta({
    description: 'Name of the field, or a path: `target`, `transfer.amount`.',
  }),
  operator: z.enum(POLICY_OPERATORS),
  value: valueSchema(POLICY_LIMITS.inValues[profile]),
  abi: z
    .array(json, 'a list of ABI items')
    .optional()
    .meta({ description: 'ABI items, for conditions about Ethereum calldata.' }),
  typed_data: typedDataSchema
    .optional()
    .meta({ description: 'Types a message must have exactly, for conditions about typed data.' }),
});

const conditionSchema = object(conditionShape('strict')).meta({ id: 'PolicyCondition' });

const approvalSchema = object({
  required: whole(1, POLICY_LIMITS.approvers).meta({ description: 'How many have to say yes.' }),
  approvers: list(name, POLICY_LIMITS.approvers).min(1, 'at least one approver'),
  expires_in_seconds: whole(1, POLICY_LIMITS.approvalSeconds).meta({
    description: 'After that a missing answer is a no.',
  }),
}).meta({ id: 'PolicyApproval' });

const limitShape = {
  name: name.meta({ description: 'Unique in the policy, among its rules too.' }),
  metric: z.enum(LIMIT_METRICS).meta({
    description:
      'amount: base units of a token given away; calls: how many calls; requests: how many requests.',
  }),
  token: z
    .union([z.literal('any'), address], 'the word any, or an address in quotes')
    .optional()
    .meta({ description: 'For metric amount: the token, or `any`, each token for itself.' }),
  per: z.enum(LIMIT_PERIODS),
  window: object({ type: z.enum(['sliding', 'fixed']), seconds })
    .optional()
    .meta({ description: 'For per window: how it moves, and its length.' }),
  max: amount.meta({ description: 'The most that fits.' }),
  group_by: list(z.enum(LIMIT_GROUPS), LIMIT_GROUPS.length)
    .optional()
    .meta({ description: 'A count of its own for each of these.' }),
  exceeded: z
    .enum(['DENY', 'REQUIRE_APPROVAL'])
    .optional()
    .meta({ description: 'What happens to more; absent means DENY.' }),
  approval: approvalSchema.optional(),
};

const ruleLimitSchema = object(limitShape).meta({ id: 'PolicyRuleLimit' });

const policyLimitSchema = object({
  ...limitShape,
  conditions: list(conditionSchema, POLICY_LIMITS.conditionsPerRule)
    .optional()
    .meta({ description: 'Which calls it counts; absent means all.' }),
}).meta({ id: 'PolicyLimit' });

const ruleShape = {
  id: z.string().optional(),
  name: name.meta({ description: 'Unique in the policy; a denial says it.' }),
  method: z.enum(POLICY_METHODS),
  conditions: list(conditionSchema, POLICY_LIMITS.conditionsPerRule).meta({
    description: 'All must hold; none means always.',
  }),
  limits: list(ruleLimitSchema, POLICY_LIMITS.limitsPerRule)
    .optional()
    .meta({ description: 'For what this rule matches.' }),
};

const ruleSchema = object({
  ...ruleShape,
  action: z.enum(POLICY_ACTIONS),
  approval: approvalSchema.optional(),
}).meta({ id: 'PolicyRule' });

const conditionSetSchema = object({
  id: name,
  cooling_seconds: seconds
    .optional()
    .meta({ description: 'How long a new item does not count yet in a rule that allows.' }),
  items: list(
    z.union(
      [
        text(POLICY_LIMITS.valueChars),
        object({
          value: text(POLICY_LIMITS.valueChars),
          // Milliseconds here would lie in the far future, and the item would never count.
          added_at: whole(0, 99_999_999_999).optional().meta({ description: 'Unix seconds.' }),
        }),
      ],
      'text, or {value, added_at} with added_at in Unix seconds',
    ),
    POLICY_LIMITS.itemsPerConditionSet,
  ),
}).meta({ id: 'PolicyConditionSet' });

const abiSchema = object({
  targets: list(address, POLICY_LIMITS.targetsPerAbi).min(1, 'at least one address'),
  abi: z.array(json, 'a list of ABI items, as the Cairo compiler writes them'),
}).meta({ id: 'PolicyAbi' });

const tokenSchema = object({
  address,
  symbol: text(POLICY_LIMITS.nameChars),
  decimals: whole(0, 255),
}).meta({ id: 'PolicyToken', description: 'How amounts are shown; decides nothing.' });

const ownerSchema = z.union(
  [z.null(), object({ public_key: z.string() }), object({ user_id: z.string() })],
  'null, {public_key} or {user_id}',
);

const documentShape = {
  $schema: z.string().optional().meta({ description: 'Address of this schema, for editors.' }),
  id: z.string().optional(),
  version: z.literal('1.0'),
  name,
  owner: ownerSchema.optional().meta({ description: "Privy's; kept out of the decision." }),
  owner_id: z.string().nullable().optional(),
  created_at: z.int().optional(),
  profile: z.enum(POLICY_PROFILES).optional().meta({
    description: 'strict: an error denies. faithful: an error is false, as with Privy.',
  }),
  condition_sets: list(conditionSetSchema, POLICY_LIMITS.conditionSets).optional(),
  abis: list(abiSchema, POLICY_LIMITS.abis)
    .optional()
    .meta({ description: 'ABIs of Starknet contracts, each for the addresses it describes.' }),
  tokens: list(tokenSchema, POLICY_LIMITS.tokens).optional(),
  limits: list(policyLimitSchema, POLICY_LIMITS.limitsOfPolicy)
    .optional()
    .meta({ description: 'For everything the policy allows.' }),
};

/** The document of the strict profile; its inferred type is {@link PolicyDocument}. */
export const policyDocumentSchema = object({
  ...documentShape,
  chain_type: z.enum(POLICY_CHAIN_TYPES).optional(),
  rules: list(ruleSchema, POLICY_LIMITS.rules),
}).meta({ id: 'Policy' });

/** The strict schema as JSON Schema (draft 2020-12), for editors. */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(policyDocumentSchema, { io: 'input' });
}

/** As Privy's service reads it: other keys in a condition are dropped, elsewhere refused. */
const faithfulDocumentSchema = object({
  ...documentShape,
  chain_type: z.enum(POLICY_CHAIN_TYPES),
  rules: list(
    object({
      ...ruleShape,
      action: z.enum(['ALLOW', 'DENY']),
      conditions: list(z.object(conditionShape('faithful')), POLICY_LIMITS.conditionsPerRule),
    }),
    POLICY_LIMITS.rules,
  ),
});

export type PolicyDocument = z.infer<typeof policyDocumentSchema>;
export type PolicyRule = PolicyDocument['rules'][number];
export type PolicyCondition = PolicyRule['conditions'][number];
export type PolicyLimit = NonNullable<PolicyDocument['limits']>[number];
export type PolicyApproval = NonNullable<PolicyRule['approval']>;
export type PolicyConditionSet = NonNullable<PolicyDocument['condition_sets']>[number];

/**
 * Reads a JSON value as a policy document.
 *
 * @param forced - The profile to read it in, whatever the document says.
 * @returns The document with `profile` set. Nothing is known yet about what its words mean together.
 * @throws BoundaryError ERR_POLICY_DOCUMENT_INVALID with a line per problem in `details.problems`.
 */
export function parsePolicyDocument(value: unknown, forced?: PolicyProfile): PolicyDocument {
  const profile = forced ?? profileOf(value);
  const schema = profile === 'faithful' ? faithfulDocumentSchema : policyDocumentSchema;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw policyDocumentError(problemsOfIssues(parsed.error.issues, value));
  return { ...parsed.data, profile };
}

/** Only the exact word loosens anything. */
function profileOf(value: unknown): PolicyProfile {
  const isFaithful =
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, 'profile') &&
    (value as Readonly<Record<string, unknown>>).profile === 'faithful';
  return isFaithful ? 'faithful' : 'strict';
}
