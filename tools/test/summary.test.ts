import { describe, expect, test } from 'vitest';
import { countTests, summaryLine } from './summary.ts';

const GREEN = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };

describe('countTests', () => {
  test('counts a green run', () => {
    expect(countTests({ report: GREEN, exitCode: 0, missingServices: 0 })).toEqual({
      passed: 3,
      failed: 0,
      skipped: 0,
    });
  });

  test('adds pending and todo tests to the skipped', () => {
    const report = { ...GREEN, numPendingTests: 2, numTodoTests: 1 };
    expect(countTests({ report, exitCode: 0, missingServices: 0 }).skipped).toBe(3);
  });

  test('counts a missing service of a CI run as failed', () => {
    expect(countTests({ report: GREEN, exitCode: 0, missingServices: 1 }).failed).toBe(1);
  });

  test.each([
    ['a run that left no report', { report: undefined, exitCode: 0, missingServices: 0 }],
    ['a report that is not an object', { report: [1], exitCode: 0, missingServices: 0 }],
    [
      'an exit code nothing in the report explains',
      { report: GREEN, exitCode: 1, missingServices: 0 },
    ],
    [
      'a run in which every test was skipped',
      {
        report: { ...GREEN, numPassedTests: 0, numPendingTests: 3 },
        exitCode: 0,
        missingServices: 0,
      },
    ],
    [
      'a file that failed without a failed test',
      {
        report: {
          ...GREEN,
          testResults: [{ status: 'failed', assertionResults: [{ status: 'passed' }] }],
        },
        exitCode: 1,
        missingServices: 0,
      },
    ],
    [
      'a file whose failed test is counted already',
      {
        report: {
          ...GREEN,
          numFailedTests: 1,
          testResults: [{ status: 'failed', assertionResults: [{ status: 'failed' }] }],
        },
        exitCode: 1,
        missingServices: 0,
      },
    ],
  ])('counts one failure for %s', (_name, outcome) => {
    expect(countTests(outcome).failed).toBe(1);
  });
});

describe('summaryLine', () => {
  test('leaves out skipped when there are none', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
  });

  test('names skipped when there are any', () => {
    expect(summaryLine({ passed: 1, failed: 2, skipped: 3 })).toBe('1 passed, 2 failed, 3 skipped');
  });
});
