/** Runs the real `.ci/run` with a planted npm: what it adds up, and what it prints last. */

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../.ci/run');

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'countersign-ci-'));
  mkdirSync(join(root, '.ci'));
  mkdirSync(join(root, 'bin'));
  cpSync(SCRIPT, join(root, '.ci/run'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs it; `npm test` and `npm run check` are these lines of shell. */
function ci(
  tests: string,
  check: string,
  environment: Readonly<Record<string, string>> = {},
): { status: number | null; last: string | undefined; stdout: string } {
  const npm = join(root, 'bin/npm');
  const script = `#!/bin/sh\ncase "$*" in\ntest) ${tests} ;;\n'run check') ${check} ;;\nesac\n`;
  writeFileSync(npm, script);
  chmodSync(npm, 0o755);
  const { CI: _ci, ...own } = process.env;
  const { status, stdout } = spawnSync(join(root, '.ci/run'), {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...own, PATH: `${join(root, 'bin')}:/usr/bin:/bin`, ...environment },
  });
  return { status, last: stdout.trimEnd().split('\n').at(-1), stdout };
}

const counting = (numbers: string, status = 0): string =>
  `echo ${numbers} > "$COUNTERSIGN_TEST_SUMMARY"; exit ${status}`;

describe('.ci/run', () => {
  test.each([
    ['all is well', counting('12 0'), 'exit 0', '13 passed, 0 failed', 0],
    ['tests fail', counting('11 1', 1), 'exit 0', '12 passed, 1 failed', 1],
    ['the checks fail', counting('12 0'), 'exit 1', '12 passed, 1 failed', 1],
    ['both fail', counting('10 2', 1), 'exit 1', '10 passed, 3 failed', 1],
    ['the tests do not get to counting', 'exit 3', 'exit 0', '1 passed, 1 failed', 1],
    ['the tests fail without a count', counting('12 0', 1), 'exit 0', '13 passed, 1 failed', 1],
  ])('%s', (_name, tests, check, last, status) => {
    expect(ci(tests, check)).toMatchObject({ last, status });
  });

  test('runs in the root of the repository, without input', () => {
    const { stdout } = ci(`pwd; cat; ${counting('1 0')}`, 'exit 0');
    expect(stdout).toContain(root);
  });

  test('is CI, unless the caller says otherwise', () => {
    const tests = `echo "CI is $CI"; ${counting('1 0')}`;
    expect(ci(tests, 'exit 0').stdout).toContain('CI is true');
    expect(ci(tests, 'exit 0', { CI: 'false' }).stdout).toContain('CI is false');
  });
});
