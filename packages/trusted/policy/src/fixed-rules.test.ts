import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Denied } from './decide.ts';
import { type ExplainedFixedRule, explainFixedRules } from './fixed-rules.ts';

const ALLOWED = { outcome: 'allow', keyId: 'k', messageKind: 'invoke-v2' } as const;

const denial = (rule: string): Denied => ({
  outcome: 'deny',
  code: 'ERR_POLICY_NO_RULE',
  rule,
  details: {},
});

function rulesWith(
  result: ExplainedFixedRule['result'],
  explained: readonly ExplainedFixedRule[],
): readonly string[] {
  return explained.filter((one) => one.result === result).map(({ rule }) => rule);
}

describe('the fixed rules', () => {
  const all = explainFixedRules(ALLOWED).map(({ rule }) => rule);

  it('all hold for what is allowed', () => {
    expect(rulesWith('holds', explainFixedRules(ALLOWED))).toEqual(all);
  });

  it('are those that decide.ts names, each once', () => {
    const source = readFileSync(join(import.meta.dirname, 'decide.ts'), 'utf8');
    const names = source.matchAll(/'((?:validity|chain|call|client|key)\.[a-z.-]+)'/g);
    expect(new Set(all)).toEqual(new Set([...names].map(([, name]) => name)));
    expect(new Set(all).size).toBe(all.length);
  });

  it.each([
    ['validity.expired', 0],
    ['client.key', 6],
    ['key.targets', 10],
  ])('up to %s hold, the later ones are not reached', (rule, held) => {
    const explained = explainFixedRules(denial(rule));
    expect(rulesWith('denies', explained)).toEqual([rule]);
    expect(rulesWith('holds', explained)).toEqual(all.slice(0, held));
    expect(rulesWith('not reached', explained)).toEqual(all.slice(held + 1));
  });

  it.each([
    ['call.denied-selector', 'call.self'],
    ['call.self', 'call.denied-selector'],
    ['key.caps.per-request', 'key.caps.per-call'],
  ])('that are applied call by call claim nothing beside %s', (rule, beside) => {
    expect(rulesWith('not reached', explainFixedRules(denial(rule)))).toContain(beside);
  });

  it('hold nothing when the refusal is none of them', () => {
    expect(rulesWith('holds', explainFixedRules(denial('unknown')))).toEqual([]);
  });
});
