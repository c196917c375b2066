import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PlantedWorkspace, plantWorkspace } from './test/planted-workspace.ts';

const CI_CALL = 'ci --include=dev --include=optional --no-audit --no-fund';
const REFUSED = 'npm error Missing: @other/platform@ from lock file';

let planted: PlantedWorkspace;

beforeEach(() => {
  planted = plantWorkspace();
});

afterEach(() => planted.removeAll());

describe('dependencies', () => {
  test('are installed when they are missing', () => {
    const { status, stderr } = planted.run();
    expect(stderr).toMatch(/^… installing dependencies with npm ci\n✓ installing/);
    expect(status).toBe(0);
    expect(planted.npmCalls()).toEqual([CI_CALL]);
  });

  test('are not touched by the second run', () => {
    planted.run();
    expect(planted.run()).toMatchObject({ status: 0, stderr: '' });
    expect(planted.npmCalls()).toHaveLength(1);
  });

  test('are installed again when the installed tree lost a package', () => {
    planted.run();
    planted.remove('node_modules/.countersign-stamp');
    planted.remove('node_modules/one');
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls()).toHaveLength(2);
  });

  test('that do not know a new workspace folder are refused, in spite of the stamp', () => {
    planted.run();
    planted.write('packages/b/package.json', { name: 'b' });
    expect(planted.run()).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('does not match `packages/b/package.json`'),
    });
  });

  test('are installed again when the lockfile changed', () => {
    planted.run();
    planted.lock('sha512-b');
    planted.plan({ integrity: 'sha512-b' });
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls()).toHaveLength(2);
  });

  test('that someone installed by hand are taken as they are', () => {
    planted.run();
    planted.remove('node_modules/.countersign-stamp');
    expect(planted.run()).toMatchObject({ status: 0, stderr: '' });
    expect(planted.npmCalls()).toHaveLength(1);
  });

  test('are installed by an npm that does not run on what it deletes', () => {
    const others = `${join(planted.root, 'planted')}:/usr/bin:/bin`;
    planted.run(['check'], { path: `${join(planted.root, 'node_modules/.bin')}:${others}` });
    expect(readFileSync(join(planted.root, 'planted/npm.path'), 'utf8')).toBe(others);
  });

  test('need no folder for every package of the workspace that is locked', () => {
    const { packages } = JSON.parse(readFileSync(join(planted.root, 'package-lock.json'), 'utf8'));
    const gone = {
      'packages/gone': {},
      'node_modules/gone': { link: true, resolved: 'packages/gone' },
    };
    planted.write('package-lock.json', { packages: { ...packages, ...gone } });
    expect(planted.run().status).toBe(0);
  });

  test('a failing npm is shown with its words, exit code 3, and nothing runs', () => {
    planted.plan({ ci: { says: 'npm warn noise\nnpm error planted failure', exits: 1 } });
    const { status, stdout, stderr } = planted.run();
    expect(status).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toContain('npm error planted failure\n`npm ci');
    expect(stderr).toContain('\nnext: ');
    expect(stderr).not.toContain('noise');
    expect(planted.exists('node_modules/.countersign-stamp')).toBe(false);
  });

  test('a lockfile without packages of other platforms is installed another way', () => {
    planted.plan({ ci: { says: REFUSED, exits: 1 } });
    expect(planted.run().status).toBe(0);
    expect(planted.npmCalls()).toEqual([CI_CALL, CI_CALL.replace('ci', 'install --no-save')]);
  });

  test('what was not locked is refused, however it was installed', () => {
    planted.plan({ ci: { says: REFUSED, exits: 1 }, integrity: 'sha512-other' });
    const { status, stderr } = planted.run();
    expect(status).toBe(3);
    expect(stderr).toContain('npm did not install `node_modules/one` as it is locked');
  });

  test('a lockfile that does not match a manifest is refused before npm runs', () => {
    planted.write('packages/a/package.json', { name: 'a', dependencies: { two: '1.0.0' } });
    const { status, stderr } = planted.run();
    expect(status).toBe(3);
    expect(stderr).toContain('`package-lock.json` does not match `packages/a/package.json`');
    expect(planted.npmCalls()).toEqual([]);
  });

  test('a missing lockfile is refused', () => {
    planted.remove('package-lock.json');
    expect(planted.run()).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('is missing'),
    });
  });

  test('npm that cannot be started is named', () => {
    planted.remove('planted/npm');
    const { status, stderr } = planted.run(['check'], { path: planted.root });
    expect(status).toBe(3);
    expect(stderr).toContain('npm cannot be started');
  });
});
