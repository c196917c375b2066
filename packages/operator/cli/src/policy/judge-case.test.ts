import { compilePolicy, type PolicyIntent } from '@countersign/policy';
import { describe, expect, it } from 'vitest';
import type { WrittenCase } from './case-file.ts';
import { isAsExpected, limitsWithBucket, type Observed, observe } from './judge-case.ts';
import { POLICY_PRIMITIVES } from './policy-primitives.ts';

const APPROVAL = { required: 1, approvers: ['alice'], expires_in_seconds: 60 };
const LIMIT = {
  metric: 'requests',
  per: 'window',
  window: { type: 'sliding', seconds: 60 },
};
const RULE = { name: 'hello', method: 'personal_sign', action: 'ALLOW', conditions: [] };
const POLICY = {
  version: '1.0',
  name: 'p',
  rules: [RULE],
  limits: [
    { ...LIMIT, name: 'asks', max: '5', exceeded: 'REQUIRE_APPROVAL', approval: APPROVAL },
    { ...LIMIT, name: 'denies', max: '10' },
    { name: 'ever', metric: 'requests', per: 'lifetime', max: '100' },
  ],
};

const compile = (document: object) => compilePolicy(document, POLICY_PRIMITIVES);
const INTENT: PolicyIntent = {
  method: 'personal_sign',
  clientId: 'c',
  keyId: 'k',
  nowMs: 0,
  action: { kind: 'message', content: new Uint8Array(0) },
};

describe('a case is', () => {
  it.each<readonly [string, Record<string, string>, Observed]>([
    [
      'allowed while everything fits',
      { asks: '4', denies: '9' },
      { outcome: 'allow', rules: ['hello'] },
    ],
    [
      'asked about when a limit asks',
      { asks: '5' },
      { outcome: 'ask', code: 'ERR_POLICY_APPROVAL_REQUIRED', rules: ['asks'] },
    ],
    [
      'denied when a limit denies, whoever could be asked',
      { asks: '5', denies: '10' },
      { outcome: 'deny', code: 'ERR_POLICY_LIMIT_EXCEEDED', rules: ['denies'] },
    ],
    [
      'denied by a lifetime',
      { ever: '100' },
      { outcome: 'deny', code: 'ERR_POLICY_LIMIT_EXCEEDED', rules: ['ever'] },
    ],
  ])('%s', (_, spent, observed) => {
    expect(observe(compile(POLICY), INTENT, spent)).toEqual(observed);
  });

  it('asked about by rule and limit, each named once', () => {
    const rules = [{ ...RULE, action: 'REQUIRE_APPROVAL', approval: APPROVAL }];
    const observed = observe(compile({ ...POLICY, rules }), INTENT, { asks: '5' });
    expect(observed).toMatchObject({ outcome: 'ask', rules: ['hello', 'asks'] });
  });

  it('denied without a rule', () => {
    expect(observe(compile({ ...POLICY, rules: [] }), INTENT)).toEqual({
      outcome: 'deny',
      code: 'ERR_POLICY_NO_RULE',
      rules: ['policy.no-rule'],
    });
  });
});

it('limits with a bucket are those over time, of rules too', () => {
  const limits = [{ ...LIMIT, name: 'of the rule', max: '1' }];
  const policy = compile({ ...POLICY, rules: [{ ...RULE, limits }] });
  expect(limitsWithBucket(policy)).toEqual(['asks', 'denies', 'ever', 'of the rule']);
});

describe('what was expected', () => {
  const observed: Observed = { outcome: 'deny', code: 'ERR_POLICY_NO_RULE', rules: ['a', 'b'] };
  const written = (changes: object): WrittenCase => ({ name: 'n', expect: 'deny', ...changes });

  it.each<readonly [object, boolean]>([
    [{}, true],
    [{ rule: 'b', code: 'ERR_POLICY_NO_RULE' }, true],
    [{ expect: 'ask' }, false],
    [{ rule: 'c' }, false],
    [{ code: 'ERR_POLICY_RULE_DENIED' }, false],
  ])('%j: %s', (changes, expected) => {
    expect(isAsExpected(written(changes), observed)).toBe(expected);
  });
});
