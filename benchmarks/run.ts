/**
 * `npm run bench -- <name> [--json]`: runs one benchmark and prints its table, or one JSON object.
 *
 * @module
 */

import { type Report, reportTable } from './report.ts';

const BENCHMARKS: Readonly<
  Record<string, () => Promise<(progress: (text: string) => void) => Promise<Report>>>
> = {
  freeze: async () => (await import('./freeze/freeze-benchmark.ts')).runFreezeBenchmark,
  keyring: async () => (await import('./keyring/keyring-benchmark.ts')).runKeyringBenchmark,
  policy: async () => (await import('./policy/policy-benchmark.ts')).runPolicyBenchmark,
};

const EXIT_USAGE = 2;
const [name = '', ...flags] = process.argv.slice(2);
const load = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;

if (load === undefined) {
  process.stderr.write(
    `usage: npm run bench -- <name> [--json]\nnames: ${Object.keys(BENCHMARKS).join(', ')}\nexample: npm run bench -- keyring --json\n`,
  );
  process.exit(name === '--help' ? 0 : EXIT_USAGE);
}

const run = await load();
const report = await run((text) => process.stderr.write(`${text}\n`));
process.stdout.write(
  flags.includes('--json') ? `${JSON.stringify(report)}\n` : `${reportTable(report)}\n`,
);
process.exit(0);
