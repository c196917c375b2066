/**
 * Prints results of steps for people.
 *
 * @module
 */

import type { StepResult } from './step.ts';

const TICKS = { passed: '✓', failed: '✗', skipped: '-' } as const;
/** More would push the summary off the screen. */
const MOST_PROBLEMS = 50;

/** A result: one line, and when it failed what is wrong and what to do. */
export function resultLines(result: StepResult): readonly string[] {
  const { name, title, status, durationMs, problems, fix, skipped } = result;
  const seconds = (durationMs / 1000).toFixed(1);
  const remark = skipped === undefined ? `${seconds} s` : `skipped: ${skipped}`;
  const head = `${TICKS[status]} ${name}: ${title} (${remark})`;
  if (fix === undefined) return [head];
  const shown = problems.slice(0, MOST_PROBLEMS).flatMap((problem) => problem.split('\n'));
  const hidden = problems.length - MOST_PROBLEMS;
  const more = hidden > 0 ? [`    … and ${hidden} more`] : [];
  return [head, ...shown.map((line) => `    ${line}`.trimEnd()), ...more, `  to do: ${fix}`];
}

/** The last line: how many steps passed, failed and were skipped. */
export function totalLine(results: readonly StepResult[]): string {
  const count = (status: StepResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const skipped = count('skipped');
  const line = `check: ${count('passed')} steps passed, ${count('failed')} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}
