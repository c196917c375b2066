/**
 * `countersign policy test`: the cases beside a policy, each expected and observed.
 *
 * @module
 */

import path from 'node:path';
import type { PolicyIntent } from '@countersign/policy';
import type { PolicyProblem } from '@countersign/protocol';
import { EXIT_OK, EXIT_REFUSED } from '../exit-status.ts';
import { paint, say } from '../terminal/paint.ts';
import { visible } from '../terminal/table.ts';
import { caseFileError, readCaseFile, type WrittenCase } from './case-file.ts';
import { intentOfCase } from './case-intent.ts';
import { readCompiledPolicy } from './compiled-file.ts';
import { isAsExpected, limitsWithBucket, type Observed, observe } from './judge-case.ts';

export interface TestFlags {
  readonly cases?: string;
  readonly json?: boolean;
}

interface Result {
  readonly written: WrittenCase;
  readonly observed: Observed;
  readonly ok: boolean;
}

/**
 * Runs every case.
 *
 * @returns Status 3 when one of them differs.
 * @throws BoundaryError as `readCompiledPolicy` and `readCaseFile`.
 */
export function testPolicy(file: string, flags: TestFlags): number {
  const { compiled } = readCompiledPolicy(file);
  const casesFile = flags.cases ?? casesBeside(file);
  const cases = readCaseFile(casesFile, limitsWithBucket(compiled));
  const intents = intentsOf(cases, casesFile);
  const results = cases.map((written, i): Result => {
    const observed = observe(compiled, intents[i] as PolicyIntent, written.spent);
    return { written, observed, ok: isAsExpected(written, observed) };
  });
  const failed = results.filter(({ ok }) => !ok).length;
  if (flags.json === true) {
    const json = { ok: failed === 0, file, casesFile, failed, cases: results.map(jsonOf) };
    process.stdout.write(`${JSON.stringify(json)}\n`);
  }
  for (const result of results) tell(result);
  say(summary(results.length, failed));
  return failed === 0 ? EXIT_OK : EXIT_REFUSED;
}

/** `rent.yaml` → `rent.cases.yaml` in the same directory. */
function casesBeside(file: string): string {
  const { dir, name } = path.parse(file);
  return path.join(dir, `${name}.cases.yaml`);
}

/** @throws BoundaryError ERR_CONFIG_INVALID with every case that asks for nothing that can be read. */
function intentsOf(cases: readonly WrittenCase[], file: string): readonly PolicyIntent[] {
  const nowMs = Date.now();
  const read = cases.map((written, i) => intentOfCase(written, `cases[${i}]`, nowMs));
  const problems = read.filter((one): one is PolicyProblem => 'expected' in one);
  if (problems.length > 0) throw caseFileError(file, problems);
  return read.filter((one): one is PolicyIntent => !('expected' in one));
}

function tell({ written, observed, ok }: Result): void {
  const seen = words(observed.outcome, observed.code, observed.rules);
  const title = visible(written.name);
  if (ok) {
    say(`${paint('green', 'ok')} ${title}: ${seen}`);
    return;
  }
  const { expect, code, rule } = written;
  const expected = words(expect, code, rule === undefined ? [] : [rule]);
  say(`${paint('red', 'x')}  ${title}: expected ${expected}, found ${seen}`);
}

function words(outcome: string, code: string | undefined, rules: readonly string[]): string {
  const by =
    rules.length === 0 ? '' : ` by ${rules.map((rule) => `"${visible(rule)}"`).join(', ')}`;
  return `${outcome}${by}${code === undefined ? '' : ` (${code})`}`;
}

function summary(count: number, failed: number): string {
  const cases = `${count} case${count === 1 ? '' : 's'}`;
  if (failed === 0) return `${cases}, all as expected`;
  return `${cases}, ${failed} not as expected`;
}

function jsonOf({ written, observed, ok }: Result): object {
  const { name, expect: outcome, code, rule } = written;
  return { name, ok, expected: { outcome, code, rule }, observed };
}
