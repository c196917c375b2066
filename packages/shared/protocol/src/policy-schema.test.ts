import { describe, expect, it } from 'vitest';
import { isBoundaryError } from './errors.ts';
import { closestWord, pathText } from './policy-errors.ts';
import { parsePolicyDocument, policyJsonSchema } from './policy-schema.ts';
import {
  POLICY_FIELD_SOURCES,
  POLICY_LIMITS,
  POLICY_METHODS,
  type PolicyProfile,
} from './policy-words.ts';

const CONDITION = { field_source: 'message', field: 'content', operator: 'eq', value: 'hello' };
const RULE = { name: 'a', method: 'personal_sign', action: 'ALLOW', conditions: [CONDITION] };
const POLICY = { version: '1.0', name: 'p', chain_type: 'ethereum', rules: [RULE] };

const withRule = (change: object) => ({ ...POLICY, rules: [{ ...RULE, ...change }] });
const withCondition = (change: object) => withRule({ conditions: [{ ...CONDITION, ...change }] });
const withLimit = (change: object) => ({
  ...POLICY,
  limits: [{ name: 'l', metric: 'calls', per: 'request', max: '1', ...change }],
});

/** What is wrong, a line each; none when the document loads. */
function problems(value: unknown, profile?: PolicyProfile): readonly string[] {
  try {
    parsePolicyDocument(value, profile);
    return [];
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    expect(error.code).toBe('ERR_POLICY_DOCUMENT_INVALID');
    return error.details.problems as readonly string[];
  }
}

describe("what Privy's shipped schema does, as vectors/privy saw it", () => {
  // domain.name is refused by the source of that field, not by the schema: see the policy package.
  it.each([
    ['domain.chainId eq 1337', withCondition({ value: '1337' })],
    ['unknown extra key in condition', withCondition({ note: 'x' })],
    ['rule name of 50 chars', withRule({ name: 'x'.repeat(50) })],
    ['method *', withRule({ method: '*' })],
    ['method personal_sign', withRule({ method: 'personal_sign' })],
    ['chain_type starknet', { ...POLICY, chain_type: 'starknet' }],
  ])('%s: accepted', (_name, value) => {
    expect(problems(value, 'faithful')).toEqual([]);
  });

  it.each([
    ['condition with number value', withCondition({ value: 5 })],
    ['operator neq', withCondition({ operator: 'neq' })],
    ['unknown extra key in rule', withRule({ note: 'x' })],
    ['unknown extra key in policy', { ...POLICY, note: 'x' }],
    ['rule name of 51 chars', withRule({ name: 'x'.repeat(51) })],
    ['method secp256k1_sign', withRule({ method: 'secp256k1_sign' })],
    ['method raw_sign', withRule({ method: 'raw_sign' })],
    ['101 values', withCondition({ operator: 'in', value: Array(101).fill('x') })],
    ['an action of ours', withRule({ action: 'REQUIRE_APPROVAL' })],
    ['no chain_type', { ...POLICY, chain_type: undefined }],
  ])('%s: refused', (_name, value) => {
    expect(problems(value, 'faithful')).toHaveLength(1);
  });
});

describe('a policy as the API returns it', () => {
  it('loads in both profiles', () => {
    const returned = {
      ...POLICY,
      id: 'tb54eps4z44ed0jepousxi4n',
      owner_id: null,
      created_at: 1_741_833_088_894,
      rules: [{ ...RULE, id: 'allow-list' }],
    };
    expect(problems(returned, 'faithful')).toEqual([]);
    expect(problems(returned, 'strict')).toEqual([]);
    expect(problems({ ...POLICY, owner: { public_key: 'x' } })).toEqual([]);
  });

  it.each(POLICY_METHODS)('loads with method %s', (method) => {
    expect(problems(withRule({ method }))).toEqual([]);
  });

  it.each(POLICY_FIELD_SOURCES)('loads with source %s', (field_source) => {
    expect(problems(withCondition({ field_source }))).toEqual([]);
  });
});

describe('the profile', () => {
  it('is strict unless the document says faithful', () => {
    expect(parsePolicyDocument(POLICY).profile).toBe('strict');
    expect(parsePolicyDocument({ ...POLICY, profile: 'faithful' }).profile).toBe('faithful');
  });

  it('can be forced', () => {
    expect(parsePolicyDocument({ ...POLICY, profile: 'faithful' }, 'strict').profile).toBe(
      'strict',
    );
    expect(parsePolicyDocument(POLICY, 'faithful').profile).toBe('faithful');
  });

  it('that is misspelt does not loosen anything', () => {
    expect(problems({ ...POLICY, profile: 'faithfull' })).toEqual([
      'profile: found "faithfull", expected one of strict, faithful; did you mean "faithful"?',
    ]);
  });

  it('strict refuses an unknown key in a condition', () => {
    expect(problems(withCondition({ note: 'x' }))).toHaveLength(1);
  });
});

describe('error texts', () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ['a number', 5, 'policy: found the number 5, expected an object'],
    ['nothing', undefined, 'policy: found nothing, expected an object'],
    ['a list', [], 'policy: found a list of 0, expected an object'],
    [
      'a misspelt operator',
      withCondition({ operator: 'lt_e' }),
      'rules[0].conditions[0].operator: found "lt_e", expected one of eq, gt, gte, lt, lte, in, in_condition_set, contains, starts_with, ends_with; did you mean "lte"?',
    ],
    [
      'a misspelt action',
      withRule({ action: 'Denny' }),
      'rules[0].action: found "Denny", expected one of ALLOW, DENY, REQUIRE_APPROVAL; did you mean "DENY"?',
    ],
    [
      'a misspelt key',
      withRule({ condition: [] }),
      'rules[0].condition: found "condition", expected no such key, but one of id, name, method, conditions, limits, action, approval; did you mean "conditions"?',
    ],
    [
      'a number without quotes',
      withCondition({ value: 1337 }),
      'rules[0].conditions[0].value: found the number 1337, expected a string, or a list of strings; numbers stand in quotes, at most 4096 characters each and 256 of them',
    ],
    [
      'an amount without quotes',
      withLimit({ max: 100 }),
      'limits[0].max: found the number 100, expected a whole number in quotes: 1-78 decimal digits',
    ],
    [
      'a negative amount',
      withLimit({ max: '-1' }),
      'limits[0].max: found "-1", expected a whole number in quotes: 1-78 decimal digits',
    ],
    [
      'milliseconds',
      { ...POLICY, condition_sets: [{ id: 's', items: [{ value: 'x', added_at: 1.7e12 }] }] },
      'condition_sets[0].items[0].added_at: found the number 1700000000000, expected a whole number from 0 to 99999999999',
    ],
    ['another version', { ...POLICY, version: '2.0' }, 'version: found "2.0", expected 1.0'],
    [
      'a value that steers a terminal',
      withRule({ action: '\u001b[2J\u202e' }),
      'rules[0].action: found "?[2J?", expected one of ALLOW, DENY, REQUIRE_APPROVAL',
    ],
  ];

  it.each(cases)('%s', (_name, value, text) => {
    expect(problems(value)).toEqual([text]);
  });

  it('name every problem, and the first as the field', () => {
    const value = { ...withRule({ action: 'X', method: 'Y' }), name: '' };
    expect(problems(value)).toHaveLength(3);
    expect(() => parsePolicyDocument(value)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: 'name' }) }),
    );
  });

  it('stop at sixteen', () => {
    const rules = Array.from({ length: 40 }, () => ({ ...RULE, action: 'X' }));
    expect(problems({ ...POLICY, rules })).toHaveLength(16);
  });
});

describe('sizes', () => {
  it.each([
    ['rules', { ...POLICY, rules: Array(POLICY_LIMITS.rules + 1).fill(RULE) }],
    ['conditions', withRule({ conditions: Array(65).fill(CONDITION) })],
    ['values', withCondition({ operator: 'in', value: Array(257).fill('x') })],
    ['a value', withCondition({ value: 'x'.repeat(POLICY_LIMITS.valueChars + 1) })],
    ['a window', withLimit({ window: { type: 'fixed', seconds: 31_536_001 } })],
  ])('too large: %s', (_name, value) => {
    expect(problems(value)).toHaveLength(1);
  });
});

describe('closestWord', () => {
  it.each([
    ['stric', 'strict'],
    ['STRICT', 'strict'],
    ['tsrict', 'strict'],
    ['faithfull', 'faithful'],
    ['xyz', undefined],
    ['', undefined],
    ['strict', undefined],
  ])('%s', (text, word) => {
    expect(closestWord(text, ['strict', 'faithful'])).toBe(word);
  });
});

describe('pathText', () => {
  it('writes keys and places', () => {
    expect(pathText(['rules', 2, 'conditions', 0, 'value'])).toBe('rules[2].conditions[0].value');
    expect(pathText([])).toBe('');
  });
});

describe('the JSON Schema', () => {
  it('is closed where the schema is', () => {
    const { $defs } = policyJsonSchema() as { $defs: Record<string, Record<string, unknown>> };
    for (const id of ['Policy', 'PolicyRule', 'PolicyCondition', 'PolicyLimit']) {
      expect($defs[id]?.additionalProperties).toBe(false);
    }
  });
});
