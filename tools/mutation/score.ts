/**
 * Scores of a mutation run, per folder.
 *
 * @module
 */

import path from 'node:path';

/** A mutant and what became of it, as far as the score needs it. */
export interface JudgedMutant {
  /** From the root, with `/`. */
  readonly fileName: string;
  readonly status: string;
}

export interface Score {
  /** Folder, file, or `all`. */
  readonly place: string;
  /** Found by a test, a type or a time limit. */
  readonly killed: number;
  /** Not found, also where no test comes by. */
  readonly survived: number;
  /** Per cent of both, two digits; 100 where there is nothing to find. */
  readonly score: number;
}

const KILLED: readonly string[] = ['Killed', 'Timeout'];
const SURVIVED: readonly string[] = ['Survived', 'NoCoverage'];

/** Answers whether a mutant was not found. */
export function isSurvivor({ status }: Pick<JudgedMutant, 'status'>): boolean {
  return SURVIVED.includes(status);
}

/** One score per folder, in order of its name, then the one of all. */
export function folderScores(mutants: readonly JudgedMutant[]): readonly Score[] {
  const byFolder = Map.groupBy(mutants, ({ fileName }) => path.posix.dirname(fileName));
  const folders = [...byFolder].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [...folders.map(([folder, ofIt]) => scoreOf(folder, ofIt)), scoreOf('all', mutants)];
}

/** The score of some mutants. @param place - What they have in common. */
export function scoreOf(place: string, mutants: readonly Pick<JudgedMutant, 'status'>[]): Score {
  const killed = mutants.filter(({ status }) => KILLED.includes(status)).length;
  const survived = mutants.filter(isSurvivor).length;
  const found = killed + survived;
  // Rounded down: 99.999 is not 100.
  const score = found === 0 ? 100 : Math.floor((killed / found) * 10_000) / 100;
  return { place, killed, survived, score };
}
