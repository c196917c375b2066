/**
 * `npm run check`: every rule of the tree that a program can hold.
 *
 * @module
 */

import { join } from 'node:path';
import { resultLines, totalLine } from './report.ts';
import { runStep, type StepResult } from './step.ts';
import { CHECK_STEPS } from './steps.ts';

const OPTIONS = new Set(['--json', '--help', '-h']);
const STEP_NAMES = new Set(CHECK_STEPS.map(({ name }) => name));

const HELP = `usage: npm run check -- [--json] [step …]

Runs every step, or only those named.

${CHECK_STEPS.map(({ name, title }) => `  ${name.padEnd(20)}  ${title}`).join('\n')}

  --json  print the results as one JSON object; npm itself keeps quiet with npm run -s

example: npm run check -- import-graph secrets
`;

const ROOT = join(import.meta.dirname, '../..');

process.exitCode = await main(process.argv.slice(2));

/** @returns Exit code: 0 every step passed or did not apply, 1 a step failed, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  const { options, names } = readArguments(argv);
  const unknown = [
    ...options.filter((option) => !OPTIONS.has(option)).map((option) => `option \`${option}\``),
    ...names.filter((name) => !STEP_NAMES.has(name)).map((name) => `step \`${name}\``),
  ];
  for (const what of unknown) process.stderr.write(`there is no ${what}\n`);
  if (unknown.length > 0 || options.includes('--help') || options.includes('-h')) {
    process.stdout.write(HELP);
    return unknown.length > 0 ? 2 : 0;
  }
  return runSteps(names, options.includes('--json'));
}

function readArguments(argv: readonly string[]): {
  options: readonly string[];
  names: readonly string[];
} {
  const isOption = (argument: string): boolean => argument.startsWith('-');
  return { options: argv.filter(isOption), names: argv.filter((each) => !isOption(each)) };
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
