/**
 * What is worth mutating: the code whose mistakes sign what nobody allowed.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';

/** A package and the part of it that is mutated. */
interface MutationArea {
  /** Directory of the package, from the root. */
  readonly directory: string;
  /** Globs below it. */
  readonly files: readonly string[];
}

export const MUTATION_AREAS: Readonly<Record<string, MutationArea>> = {
  policy: {
    directory: 'packages/trusted/policy',
    files: ['src/*.ts', 'src/{language,starknet,ethereum}/**/*.ts'],
  },
  ledger: {
    directory: 'packages/trusted/ledger',
    files: [
      'src/{amount-column,bucket-store,charge,check-buckets,check-spending}.ts',
      'src/{check-spending-tables,decider,logged-bucket,logged-spending,spend-book}.ts',
      'src/spending-figures.ts',
    ],
  },
};

const NO_SOURCE = /\.test\.ts$|\/index\.ts$/;

/** Files of an area from the root, by name; without tests, lists of exports, and types alone. */
export function mutatedFiles({ directory, files }: MutationArea, root: string): readonly string[] {
  const globs = files.map((glob) => `${directory}/${glob}`);
  const found = globSync(globs, { cwd: root }).map((file) => file.replaceAll('\\', '/'));
  const sources = found.filter((file) => !NO_SOURCE.test(file));
  return sources
    .filter((file) => isProgram(readFileSync(path.join(root, file), 'utf8')))
    .toSorted();
}

/** Whether anything of a source runs. */
export function isProgram(source: string): boolean {
  const code = stripTypeScriptTypes(source).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return code.trim() !== '';
}
