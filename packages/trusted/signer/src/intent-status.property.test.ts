import type { IntentDemand } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IntentFacts, statusOf, type WeighedAnswer } from './intent-status.ts';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'eve'] as const;

const demand: fc.Arbitrary<IntentDemand> = fc
  .uniqueArray(fc.constantFrom(...PEOPLE), { minLength: 1 })
  .chain((approvers) =>
    fc.record({
      rules: fc.constant(['rule']),
      required: fc.integer({ min: 1, max: approvers.length }),
      approvers: fc.constant(approvers),
    }),
  );

const answer: fc.Arbitrary<WeighedAnswer> = fc.record({
  approver: fc.constantFrom(...PEOPLE, 'mallory'),
  answer: fc.constantFrom('approve', 'approve', 'approve', 'deny'),
  isGenuine: fc.boolean(),
});

const facts: fc.Arbitrary<IntentFacts> = fc.record({
  required: fc.array(demand, { minLength: 1, maxLength: 3 }),
  answers: fc.array(answer, { maxLength: 12 }),
  isExecuted: fc.boolean(),
  expiresAtMs: fc.integer({ min: 0, max: 100 }),
});

const now = fc.integer({ min: 0, max: 100 });

/** The meaning, written down a second time: counting people one by one. */
function isReallyApproved(
  { required, answers, isExecuted, expiresAtMs }: IntentFacts,
  nowMs: number,
): boolean {
  const saidYes = (who: string): boolean =>
    answers.some((one) => one.approver === who && one.answer === 'approve' && one.isGenuine);
  const listed = (who: string): boolean =>
    required.some(({ approvers }) => approvers.includes(who));
  if (answers.some((one) => one.answer === 'deny' && listed(one.approver))) return false;
  return (
    !isExecuted &&
    nowMs < expiresAtMs &&
    required.every((one) => one.approvers.filter(saidYes).length >= one.required)
  );
}

describe('an intent', () => {
  it('is approved exactly when every demand has enough different people with genuine evidence', () => {
    fc.assert(
      fc.property(facts, now, (given, nowMs) => {
        expect(statusOf(given, nowMs) === 'approved').toBe(isReallyApproved(given, nowMs));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is not brought nearer by saying the same again, by strangers, or by another order', () => {
    fc.assert(
      fc.property(facts, now, fc.func(fc.nat()), (given, nowMs, order) => {
        const stranger: WeighedAnswer = { approver: 'mallory', answer: 'approve', isGenuine: true };
        const answers = [...given.answers, ...given.answers, stranger].sort(
          (a, b) => order(a) - order(b),
        );
        expect(statusOf({ ...given, answers }, nowMs)).toBe(statusOf(given, nowMs));
      }),
    );
  });

  it('stays over, denied or executed, whatever else is said', () => {
    fc.assert(
      fc.property(facts, fc.array(answer), now, (given, more, nowMs) => {
        const before = statusOf(given, nowMs);
        if (before === 'pending' || before === 'approved') return;
        const after = statusOf({ ...given, answers: [...given.answers, ...more] }, nowMs);
        expect(['approved', 'pending']).not.toContain(after);
      }),
    );
  });

  it('that nobody demands anything of is never approved', () => {
    fc.assert(
      fc.property(fc.array(answer), now, (answers, nowMs) => {
        const given = { required: [], answers, isExecuted: false, expiresAtMs: 1_000 };
        expect(statusOf(given, nowMs)).not.toBe('approved');
      }),
    );
  });
});
