/**
 * Turns the JSON report of vitest into the three numbers of the last line.
 *
 * What a per-test count would hide counts as failed: files that do not load, hooks that throw,
 * errors outside any test, a run that left no report, a run without a single test.
 *
 * @module
 */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What can be said about a run, beyond the counts themselves. */
export interface RunOutcome {
  /** Parsed content of the JSON report; undefined when there is none. */
  readonly report: unknown;
  /** Exit code of vitest. */
  readonly exitCode: number;
  /** Services that are missing where they must not be. */
  readonly missingServices: number;
}

/**
 * Counts.
 *
 * @returns `failed` is 0 only when vitest was content too, at least one test passed or failed, and
 *   no required service is missing.
 */
export function countTests(outcome: RunOutcome): TestCounts {
  const report = isRecord(outcome.report) ? outcome.report : {};
  const passed = count(report.numPassedTests);
  const skipped = count(report.numPendingTests) + count(report.numTodoTests);
  const inTests = count(report.numFailedTests);
  const inFiles = brokenFiles(report.testResults);
  const known = inTests + inFiles;
  const unexplained = known === 0 && (outcome.exitCode !== 0 || passed === 0) ? 1 : 0;
  return { passed, failed: known + unexplained + outcome.missingServices, skipped };
}

/** `N passed, N failed`, and `, N skipped` when there are any. */
export function summaryLine({ passed, failed, skipped }: TestCounts): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** Files that failed although none of their tests did: they did not load, or a hook threw. */
function brokenFiles(results: unknown): number {
  if (!Array.isArray(results)) return 0;
  return results.filter((file) => isRecord(file) && file.status === 'failed' && !hasFailed(file))
    .length;
}

function hasFailed(file: Record<string, unknown>): boolean {
  const tests = file.assertionResults;
  return Array.isArray(tests) && tests.some((test) => isRecord(test) && test.status === 'failed');
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
