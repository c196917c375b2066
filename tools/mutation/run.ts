/**
 * `npm run mutation -- <area> [--file glob …] [--json]`: changes the source in small ways, one at a
 * time, and says which changes no test finds.
 *
 * Slow, and a measurement rather than a check: it exits 0 however many live. What lives is judged by
 * hand, see docs/mutation.md.
 *
 * @module
 */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { MUTATION_AREAS, type MutationArea, mutatedFiles } from './areas.ts';
import { folderScores, isSurvivor } from './score.ts';

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];
type Options = ConstructorParameters<typeof Stryker>[0];

/** Beside every glob: tests are not what is tested. */
const NEVER = ['!**/*.test.ts', '!**/fixtures/**'];
const ROOT = path.join(import.meta.dirname, '../..');
const EXIT_USAGE = 2;
const HELP = `usage: npm run mutation -- <area> [--file glob …] [--json]
areas: ${Object.keys(MUTATION_AREAS).join(', ')}
example: npm run mutation -- policy --file packages/trusted/policy/src/decide.ts
`;

const { values, positionals } = parseArgs({
  options: {
    file: { type: 'string', multiple: true },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const [name = ''] = positionals;
const area = Object.hasOwn(MUTATION_AREAS, name) ? MUTATION_AREAS[name] : undefined;

if (values.help || area === undefined || positionals.length > 1) {
  process.stderr.write(HELP);
  process.exit(values.help ? 0 : EXIT_USAGE);
}

process.chdir(ROOT);
const mutants = await new Stryker(optionsFor(area, values.file)).runMutationTest();
tell(mutants.map(fromRoot));

function optionsFor(of: MutationArea, files: readonly string[] = mutatedFiles(of)): Options {
  return {
    mutate: [...files, ...NEVER],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'tools/mutation/vitest.config.ts', dir: of.directory },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: 10_000,
    // Standard output is Stryker's for both.
    reporters: values.json ? [] : ['progress-append-only'],
    logLevel: (values.json ? 'off' : 'info') as NonNullable<Options['logLevel']>,
    allowConsoleColors: false,
    tempDirName: 'tmp/mutation',
    // Nothing here needs rewriting for a copy; Stryker would use a TypeScript API that is no more.
    tsconfigFile: 'none',
    disableTypeChecks: false,
    ignorePatterns: ['benchmarks', 'contracts', 'docs', 'examples'],
  };
}

function fromRoot(mutant: MutantResult): MutantResult {
  return { ...mutant, fileName: path.relative(ROOT, mutant.fileName).replaceAll(path.sep, '/') };
}

function tell(mutants: readonly MutantResult[]): void {
  const scores = folderScores(mutants);
  const survivors = mutants.filter(isSurvivor).map(survivorOf);
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ok: true, scores, survivors })}\n`);
    return;
  }
  for (const { file, line, column, mutator, status, replacement } of survivors) {
    console.log(`${file}:${line}:${column} ${mutator} ${status}: ${replacement}`);
  }
  for (const { folder, killed, survived, score } of scores) {
    console.log(`${score.toFixed(2).padStart(6)} %  ${killed} of ${killed + survived}  ${folder}`);
  }
}

function survivorOf({ fileName, location, mutatorName, status, replacement }: MutantResult) {
  const { line, column } = location.start;
  const shown = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 120);
  return { file: fileName, line, column, mutator: mutatorName, status, replacement: shown };
}
