/**
 * What is worth mutating: the code whose mistakes sign what nobody allowed.
 *
 * @module
 */

/** A package and the part of it that is mutated. */
export interface MutationArea {
  /** Directory of the package, from the root. */
  readonly directory: string;
  /** Globs below it, `!` in front of what is left out. */
  readonly files: readonly string[];
}

export const MUTATION_AREAS: Readonly<Record<string, MutationArea>> = {
  policy: {
    directory: 'packages/trusted/policy',
    files: ['src/**/*.ts', '!src/index.ts'],
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

/** Globs of an area, from the root. */
export function mutatedFiles({ directory, files }: MutationArea): readonly string[] {
  return files.map((glob) =>
    glob.startsWith('!') ? `!${directory}/${glob.slice(1)}` : `${directory}/${glob}`,
  );
}
