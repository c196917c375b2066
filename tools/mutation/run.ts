/**
 * `npm run mutation -- <area> [--file path …] [--json]`: changes the source in small ways, one at a time,
 * and says which changes no test finds.
 *
 * Slow, and a measurement rather than a check: it exits 0 however many live. File by file, so that only
 * tests that reach a file are run, and a run that is cut short has said something. What lives is judged
 * by hand, see docs/mutation.md.
 *
 * @module
 */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { MUTATION_AREAS, mutatedFiles } from './areas.ts';
import { folderScores, isSurvivor, type Score, scoreOf } from './score.ts';

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];
type Options = ConstructorParameters<typeof Stryker>[0];

const ROOT = path.join(import.meta.dirname, '../..');
const EXIT_USAGE = 2;
const HELP = `usage: npm run mutation -- <area> [--file path …] [--json]
areas: ${Object.keys(MUTATION_AREAS).join(', ')}; a path may end in lines: src/decide.ts:20-30
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
const mutants: MutantResult[] = [];
for (const file of values.file ?? mutatedFiles(area, ROOT)) {
  const ofFile = await new Stryker(optionsFor(area.directory, file)).runMutationTest();
  mutants.push(...ofFile.map(fromRoot));
  process.stderr.write(`${scoreLine(scoreOf(file, ofFile))}\n`);
}
tell(mutants);

function optionsFor(directory: string, file: string): Options {
  return {
    mutate: [file],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'tools/mutation/vitest.config.ts', dir: directory },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: 10_000,
    // Its own words would go to standard output, which is for ours.
    reporters: [],
    logLevel: 'off' as NonNullable<Options['logLevel']>,
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
  for (const score of scores) console.log(scoreLine(score));
}

function scoreLine({ place, killed, survived, score }: Score): string {
  return `${score.toFixed(2).padStart(6)} %  ${killed} of ${killed + survived}  ${place}`;
}

function survivorOf({ fileName, location, mutatorName, status, replacement }: MutantResult) {
  const { line, column } = location.start;
  const shown = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 120);
  return { file: fileName, line, column, mutator: mutatorName, status, replacement: shown };
}
