import { describe, expect, it } from 'vitest';
import { folderScores, isSurvivor } from './score.ts';

const mutant = (fileName: string, status: string) => ({ fileName, status });

describe('scores', () => {
  it('are told per folder, by name, and of all', () => {
    const mutants = [
      mutant('b/x.ts', 'Killed'),
      mutant('a/x.ts', 'Killed'),
      mutant('a/y.ts', 'Timeout'),
      mutant('a/y.ts', 'Survived'),
    ];
    expect(folderScores(mutants)).toEqual([
      { place: 'a', killed: 2, survived: 1, score: 66.66 },
      { place: 'b', killed: 1, survived: 0, score: 100 },
      { place: 'all', killed: 3, survived: 1, score: 75 },
    ]);
  });

  it('count what no test comes by as living', () => {
    expect(folderScores([mutant('a/x.ts', 'NoCoverage')])[0]).toMatchObject({ score: 0 });
  });

  it('leave out what does not run at all, and what was left out', () => {
    const mutants = ['CompileError', 'RuntimeError', 'Ignored'].map((s) => mutant('a/x.ts', s));
    expect(folderScores(mutants)[0]).toEqual({ place: 'a', killed: 0, survived: 0, score: 100 });
  });

  it('never round up to a whole one', () => {
    const mutants = Array.from({ length: 99_999 }, () => mutant('a/x.ts', 'Killed'));
    expect(folderScores([...mutants, mutant('a/x.ts', 'Survived')])[0]?.score).toBe(99.99);
  });
});

describe('a survivor', () => {
  it.each([
    ['Survived', true],
    ['NoCoverage', true],
    ['Killed', false],
    ['Timeout', false],
    ['Ignored', false],
  ])('%s: %s', (status, expected) => {
    expect(isSurvivor(mutant('a/x.ts', status))).toBe(expected);
  });
});
