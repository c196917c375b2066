/**
 * `npm run check`: every rule of the tree that a program can hold.
 *
 * @module
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resultLines, totalLine } from './report.ts';
import { runStep, type StepResult } from './step.ts';
import { CHECK_STEPS } from './steps.ts';

const HELP = `usage: npm run check -- [--json] [step …]

Runs every step, or only those named.

${CHECK_STEPS.map(({ name, title }) => `  ${name.padEnd(20)}  ${title}`).join('\n')}

  --json  print the results as one JSON object

example: npm run check -- import-graph secrets
`;

const ROOT = join(import.meta.dirname, '../..');

process.exitCode = await main(process.argv.slice(2));

/** @returns Exit code: 0 every step passed or did not apply, 1 a step failed, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !CHECK_STEPS.some((step) => step.name === name));
  if (values.help === true || unknown.length > 0) {
    for (const name of unknown) process.stderr.write(`there is no step \`${name}\`\n`);
    process.stdout.write(HELP);
    return unknown.length > 0 ? 2 : 0;
  }
  return runSteps(positionals, values.json === true);
}

async function runSteps(names: readonly string[], asJson: boolean): Promise<number> {
  const steps = CHECK_STEPS.filter(({ name }) => names.length === 0 || names.includes(name));
  const results: StepResult[] = [];
  for (const step of steps) {
    const result = await runStep(step, ROOT);
    results.push(result);
    if (!asJson) console.log(resultLines(result).join('\n'));
  }
  const ok = results.every(({ status }) => status !== 'failed');
  console.log(asJson ? JSON.stringify({ ok, steps: results }, null, 2) : totalLine(results));
  return ok ? 0 : 1;
}
