/** Runs the real vitest on planted suites: what it reports is what the last line must count. */

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { countTests } from './summary.ts';
import { runVitest } from './vitest.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');
const IMPORT = "import { beforeAll, test } from 'vitest';\n";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-suite-'));
  symlinkSync(MODULES, join(root, 'node_modules'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Counts a run over one file with this text. */
async function countsOf(text: string): Promise<{ passed: number; failed: number }> {
  writeFileSync(join(root, 'planted.test.ts'), IMPORT + text);
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const run = await runVitest({
    root,
    args: [],
    environment: Object.fromEntries(own),
    output: 'ignore',
  });
  const { passed, failed } = countTests({ ...run, missingServices: 0 });
  return { passed, failed };
}

describe('a planted suite', () => {
  test.each([
    ['that passes', "test('a', () => {});", { passed: 1, failed: 0 }],
    [
      'with one failing test',
      "test('a', () => {}); test('b', () => { throw new Error('planted'); });",
      { passed: 1, failed: 1 },
    ],
    ['that does not load', "throw new Error('planted');", { passed: 0, failed: 1 }],
    [
      'whose hook throws',
      "beforeAll(() => { throw new Error('planted'); }); test('a', () => {});",
      { passed: 0, failed: 1 },
    ],
    [
      'with an error outside any test',
      "test('a', () => { Promise.reject(new Error('planted')); });",
      { passed: 1, failed: 1 },
    ],
    ['without a test', '', { passed: 0, failed: 1 }],
  ])('%s is counted', async (_name, text, counts) => {
    expect(await countsOf(text)).toEqual(counts);
  });

  test('that is not there counts as one failure', async () => {
    const run = await runVitest({
      root,
      args: ['no-such-file'],
      environment: { PATH: process.env.PATH },
      output: 'ignore',
    });
    expect(countTests({ ...run, missingServices: 0 })).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });
});
