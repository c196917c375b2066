import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProgram, MUTATION_AREAS, mutatedFiles } from './areas.ts';

const ROOT = path.join(import.meta.dirname, '../..');

describe.each(Object.entries(MUTATION_AREAS))('%s', (_name, area) => {
  const files = mutatedFiles(area, ROOT);

  it('has files that are there, each once, and no tests', () => {
    expect(files.length).toBeGreaterThan(5);
    expect(new Set(files).size).toBe(files.length);
    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
    expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
  });

  it('has every glob find something', () => {
    for (const glob of area.files) {
      expect([glob, mutatedFiles({ ...area, files: [glob] }, ROOT).length]).not.toEqual([glob, 0]);
    }
  });
});

describe('a program', () => {
  it.each([
    ['const a = 1;', true],
    ["export { a } from './a.ts';", true],
    ["import type { A } from './a.ts';\nexport interface B extends A {}", false],
    ['/** Words. */\nexport type A = string; // more', false],
    ['// only words', false],
    ['', false],
  ])('%j', (source, expected) => {
    expect(isProgram(source)).toBe(expected);
  });
});
