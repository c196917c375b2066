/**
 * `npm run fuzz -- [--executions n] [--target name] [--seed n] [--json]`: coverage-guided fuzzing of
 * every parser. Exits 1 at the first input that breaks a promise, and prints it.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { TARGETS } from './targets.ts';

interface Outcome {
  readonly target: string;
  readonly executions: number;
  readonly seconds: number;
  readonly corpus: number;
  readonly branchesReached: number;
  readonly branches: number;
  readonly finding?: { readonly inputBase64: string; readonly reason: string };
}

const EXIT_USAGE = 2;
const HELP = `usage: npm run fuzz -- [--executions n] [--target name] [--seed n] [--json]
targets: ${Object.keys(TARGETS).join(', ')}
example: npm run fuzz -- --executions 1000000 --target strict-json
`;

const { values } = parseArgs({
  options: {
    executions: { type: 'string', default: '100000' },
    target: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const chosen = values.target === undefined ? Object.keys(TARGETS) : [values.target];

if (
  values.help ||
  !chosen.every((name) => Object.hasOwn(TARGETS, name)) ||
  !/^[1-9][0-9]{0,8}$/.test(values.executions)
) {
  process.stderr.write(HELP);
  process.exit(values.help ? 0 : EXIT_USAGE);
}

const outcomes: Outcome[] = [];
for (const name of chosen) {
  const outcome = await fuzzOne(name);
  outcomes.push(outcome);
  process.stderr.write(`\r${line(outcome)}\n`);
}
if (values.json)
  process.stdout.write(`${JSON.stringify({ ok: !outcomes.some(broken), outcomes })}\n`);
process.exit(outcomes.some(broken) ? 1 : 0);

async function fuzzOne(name: string): Promise<Outcome> {
  const place = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    place('./instrument.ts'),
    place('./worker.ts'),
    name,
    values.executions,
    values.seed,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as Outcome;
}

function broken(outcome: Outcome): boolean {
  return outcome.finding !== undefined;
}

function line({
  target,
  executions,
  seconds,
  corpus,
  branchesReached,
  branches,
  finding,
}: Outcome): string {
  const figures = `${executions} executions in ${seconds.toFixed(0)} s, ${corpus} inputs kept, ${branchesReached} of ${branches} branches`;
  if (finding === undefined) return `  ok   ${target.padEnd(18)} ${figures}`;
  return `  FAIL ${target.padEnd(18)} ${finding.reason}\n       input (base64): ${finding.inputBase64}`;
}
