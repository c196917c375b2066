import { expect, it } from 'vitest';
import { approvalWarnings } from './approval-warnings.ts';

const approval = (required: number, ...approvers: readonly string[]) => ({
  required,
  approvers,
  expires_in_seconds: 60,
});

const DOCUMENT = {
  version: '1.0',
  name: 'p',
  rules: [
    { name: 'met', approval: approval(1, 'alice', 'nobody') },
    { name: 'unmet', approval: approval(2, 'alice', 'nobody') },
    { name: 'plain', limits: [{ name: 'inner', approval: approval(1, 'nobody') }] },
  ],
  limits: [{ name: 'outer', approval: approval(2, 'alice', 'bob') }, { name: 'hard' }],
};

const namesIn = (warnings: readonly string[]): readonly (string | undefined)[] =>
  warnings.map((text) => /"(.*)"/.exec(text)?.[1]);

it('are given for every rule and limit nobody could approve', () => {
  const documents = [{ policyId: 'rent', document: DOCUMENT }] as never;
  expect(namesIn(approvalWarnings(['alice', 'bob'], documents))).toEqual(['unmet', 'inner']);
  expect(namesIn(approvalWarnings([], documents))).toEqual(['met', 'unmet', 'inner', 'outer']);
  expect(approvalWarnings(['alice', 'bob', 'nobody'], documents)).toEqual([]);
});
