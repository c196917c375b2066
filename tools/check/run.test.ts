import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'run.ts');

function check(...args: readonly string[]): {
  status: number | null;
  stdout: string;
  stderr: string;
} {
  return spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
}

describe('npm run check', () => {
  test('runs the steps that are named, in the order of the list', () => {
    const { status, stdout } = check('trusted-dependencies', 'install-scripts');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^✓ install-scripts: .* \(\d+\.\d s\)$/),
      expect.stringMatching(/^✓ trusted-dependencies: /),
      'check: 2 steps passed, 0 failed',
    ]);
  });

  test('prints one JSON object', () => {
    const { status, stdout } = check('--json', 'install-scripts');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      steps: [{ name: 'install-scripts', status: 'passed', problems: [] }],
    });
  });

  test('refuses a step it does not know', () => {
    const { status, stdout, stderr } = check('no-such-step');
    expect(status).toBe(2);
    expect(stderr).toBe('there is no step `no-such-step`\n');
    expect(stdout).toContain('usage:');
  });

  test('refuses an option it does not know', () => {
    const { status, stderr } = check('--no-such-option');
    expect(status).toBe(2);
    expect(stderr).toBe('there is no option `--no-such-option`\n');
  });

  test('has a help with every step and an example', () => {
    const { status, stdout } = check('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('import-graph');
    expect(stdout).toContain('example: npm run check -- import-graph secrets');
  });
});
