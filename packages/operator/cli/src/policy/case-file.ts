/**
 * Cases of a policy: requests and what the policy must make of them, in a file beside it.
 *
 * @module
 */

import {
  BoundaryError,
  ERROR_CODES,
  type ErrorCode,
  POLICY_METHODS,
  type PolicyProblem,
  pathText,
  policyProblem,
  problemsOfIssues,
  problemText,
} from '@countersign/protocol';
import { z } from 'zod';
import { readYamlFile } from '../yaml-file.ts';

/** What a case is about; exactly one of them. */
const CASE_ACTIONS = ['request', 'transaction', 'typedData', 'message'] as const;

/** An object without other keys; the message of a key it does not know lists those it does. */
const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : 'an object',
  });

const NAME_TEXT = '1-200 characters';
const AMOUNT_TEXT = 'a whole number in quotes: 1-78 decimal digits';
const NUMBER_TEXT = 'a number in quotes: decimal digits, or 0x and hex digits';
const TIME_TEXT = 'a time such as 2026-12-01T12:00:00Z';

const name = z.string(NAME_TEXT).min(1, NAME_TEXT).max(200, NAME_TEXT);
const identifier = z.string('text').min(1, 'text');
const number = z.string(NUMBER_TEXT).regex(/^(0x[0-9a-fA-F]{1,64}|[0-9]{1,78})$/, NUMBER_TEXT);
const json = z.json('a JSON value');
const record = z.record(z.string(), json, 'an object');

const transactionSchema = object({
  to: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, '0x and 40 hex digits')
    .optional(),
  value: number.optional(),
  chainId: number,
  data: z
    .string()
    .regex(/^0x([0-9a-fA-F]{2})*$/, '0x and an even number of hex digits')
    .optional(),
});

const typedDataSchema = object({
  types: z.record(
    z.string(),
    z.array(object({ name: z.string(), type: z.string() }), 'a list of {name, type}'),
    'an object of lists of {name, type}',
  ),
  primaryType: z.string('text'),
  domain: record,
  message: record,
});

const caseSchema = object({
  name,
  at: z.iso.datetime({ offset: true, error: TIME_TEXT }).optional(),
  client: identifier.optional(),
  key: identifier.optional(),
  method: z.enum(POLICY_METHODS.filter((method) => method !== '*')).optional(),
  expect: z.enum(['allow', 'deny', 'ask']),
  rule: identifier.optional(),
  code: z.enum(ERROR_CODES as readonly [ErrorCode, ...ErrorCode[]]).optional(),
  spent: z
    .record(z.string(), z.string(AMOUNT_TEXT).regex(/^[0-9]{1,78}$/, AMOUNT_TEXT), 'an object')
    .optional(),
  request: record.optional(),
  transaction: transactionSchema.optional(),
  typedData: typedDataSchema.optional(),
  message: z.string('text').optional(),
});

const MOST_CASES = 10_000;
const fileSchema = object({
  version: z.literal(1),
  cases: z
    .array(caseSchema, 'a list of cases')
    .min(1, 'at least one case')
    .max(MOST_CASES, `at most ${MOST_CASES} cases`),
});

/** A case as it was written. */
export type WrittenCase = z.infer<typeof caseSchema>;

/**
 * Reads a file of cases.
 *
 * @param limits - Names of the limits that have a bucket; `spent` may name these.
 * @throws BoundaryError ERR_CONFIG_INVALID with the file and a line per problem in `details.problems`.
 */
export function readCaseFile(path: string, limits: readonly string[]): readonly WrittenCase[] {
  const value = readYamlFile(path);
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw caseFileError(path, problemsOfIssues(parsed.error.issues, value));
  const { cases } = parsed.data;
  const problems = cases.flatMap((one, i) => [
    ...problemsOfCase(one, `cases[${i}]`, limits),
    ...(cases.findIndex((other) => other.name === one.name) < i
      ? [policyProblem(`cases[${i}].name`, one.name, 'a name no other case has')]
      : []),
  ]);
  if (problems.length > 0) throw caseFileError(path, problems);
  return cases;
}

const MOST_PROBLEMS = 16;

/** The error of a file of cases. @param problems - At least one. */
export function caseFileError(path: string, problems: readonly PolicyProblem[]): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: {
      file: path,
      field: problems[0]?.path ?? 'cases',
      problems: problems.slice(0, MOST_PROBLEMS).map(problemText),
    },
  });
}

function problemsOfCase(
  written: WrittenCase,
  path: string,
  limits: readonly string[],
): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const actions = CASE_ACTIONS.filter((action) => written[action] !== undefined);
  if (actions.length !== 1) {
    const found = actions.length === 0 ? undefined : actions.join(' and ');
    problems.push(policyProblem(path, found, `exactly one of ${CASE_ACTIONS.join(', ')}`));
  }
  if (written.expect === 'allow' && written.code !== undefined) {
    problems.push(
      policyProblem(`${path}.code`, written.code, 'nothing, because allow has no code'),
    );
  }
  for (const limit of Object.keys(written.spent ?? {})) {
    if (limits.includes(limit)) continue;
    const expected = limits.length === 0 ? 'nothing; no limit has a window or lifetime' : '';
    problems.push(policyProblem(pathText([path, 'spent', limit]), limit, expected, limits));
  }
  return problems;
}
