/**
 * `npm test`: the services, the whole suite, and one last line to read.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thisMachine } from './apt.ts';
import { OPTIONAL_SERVICES, resolveServices, serviceVariables, skipLines } from './services.ts';
import { countTests, summaryLine } from './summary.ts';
import { runVitest } from './vitest.ts';

const ROOT = join(import.meta.dirname, '../..');
/** A file to which the numbers are written as well, for a caller that adds its own. */
const SUMMARY_FILE = process.env.COUNTERSIGN_TEST_SUMMARY;

const services = await resolveServices(OPTIONAL_SERVICES, thisMachine());
const skips = skipLines(services);

const plain = process.stdout.isTTY || process.env.FORCE_COLOR ? {} : { NO_COLOR: '1' };
const environment = { ...process.env, ...plain, ...serviceVariables(services) };
const { exitCode, report } = await runVitest({
  root: ROOT,
  args: process.argv.slice(2),
  environment,
  output: 'inherit',
});
const missingServices = isCi(process.env.CI) ? skips.length : 0;
const counts = countTests({ report, exitCode, missingServices });

for (const line of skips) {
  console.log(missingServices > 0 ? `${line}; this is CI, so it counts as failed` : line);
}
if (SUMMARY_FILE !== undefined) writeFileSync(SUMMARY_FILE, `${counts.passed} ${counts.failed}\n`);
console.log(summaryLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

/** Whether the variable `CI` says yes. */
function isCi(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}
