import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programStep } from './program-step.ts';
import { resultLines, totalLine } from './report.ts';
import { type CheckStep, runStep, type StepFinding } from './step.ts';
import { CHECK_STEPS } from './steps.ts';
import { type PlantedTree, plantTree } from './test/planted-tree.ts';

const step = (run: CheckStep['run']): CheckStep => ({
  name: 'planted',
  title: 'a planted rule holds',
  fix: 'take it out',
  run,
});

const finding = (value: StepFinding): CheckStep => step(() => Promise.resolve(value));

describe('runStep', () => {
  test.each([
    ['no problems', finding({ problems: [] }), 'passed'],
    ['a problem', finding({ problems: ['a'] }), 'failed'],
    ['nothing to check', finding({ problems: [], skipped: 'no file' }), 'skipped'],
    [
      'a problem, although it skipped the rest',
      finding({ problems: ['a'], skipped: 'b' }),
      'failed',
    ],
    ['an error', step(() => Promise.reject(new Error('planted'))), 'failed'],
    [
      'an error thrown at once',
      step(() => {
        throw new Error('planted');
      }),
      'failed',
    ],
  ])('%s', async (_name, planted, status) => {
    expect((await runStep(planted, '/')).status).toBe(status);
  });

  test('says what to do only when it failed', async () => {
    expect(await runStep(finding({ problems: [] }), '/')).not.toHaveProperty('fix');
    expect(await runStep(finding({ problems: ['a'] }), '/')).toHaveProperty('fix', 'take it out');
  });
});

describe('programStep', () => {
  let tree: PlantedTree;

  beforeEach(() => {
    tree = plantTree({
      'good.mjs': "console.log('fine');",
      'bad.mjs': "console.log('\\u001b[31mout\\u001b[0m'); console.error('err'); process.exit(3);",
      'mute.mjs': 'process.exit(4);',
      'args.mjs': 'console.log(process.cwd(), ...process.argv.slice(2)); process.exit(1);',
    });
  });

  afterEach(() => tree.remove());

  const findings = (script: string, isOptional = false): Promise<StepFinding> =>
    programStep({ name: 'p', title: 't', fix: 'f', script, args: ['--check'], isOptional }).run(
      tree.root,
    );

  test('passes with exit code 0', async () => {
    expect(await findings('good.mjs')).toEqual({ problems: [] });
  });

  test('fails with the output of both streams, without colours', async () => {
    expect(await findings('bad.mjs')).toEqual({ problems: ['out\nerr'] });
  });

  test('fails with the exit code when there is no output', async () => {
    expect(await findings('mute.mjs')).toEqual({ problems: ['ended with exit code 4'] });
  });

  test('runs in the root, with its arguments', async () => {
    expect(await findings('args.mjs')).toEqual({ problems: [`${tree.root} --check`] });
  });

  test('a missing script fails, or is skipped when it is optional', async () => {
    expect((await findings('none.mjs')).problems).toHaveLength(1);
    expect(await findings('none.mjs', true)).toEqual({
      problems: [],
      skipped: 'no none.mjs in this checkout',
    });
  });
});

describe('the report', () => {
  const base = { name: 'planted', title: 'a rule', durationMs: 1234 };

  test('one line for what passed', () => {
    const result = { ...base, status: 'passed', problems: [] } as const;
    expect(resultLines(result)).toEqual(['✓ planted: a rule (1.2 s)']);
  });

  test('the reason for what was skipped', () => {
    const result = { ...base, status: 'skipped', problems: [], skipped: 'no file' } as const;
    expect(resultLines(result)).toEqual(['- planted: a rule (skipped: no file)']);
  });

  test('problems and what to do for what failed', () => {
    const result = { ...base, status: 'failed', problems: ['a\nb', 'c'], fix: 'mend it' } as const;
    expect(resultLines(result)).toEqual([
      '✗ planted: a rule (1.2 s)',
      '    a',
      '    b',
      '    c',
      '  to do: mend it',
    ]);
  });

  test('not more problems than one can read', () => {
    const problems = Array.from({ length: 53 }, (_, index) => `p${index}`);
    const result = { ...base, status: 'failed', problems, fix: 'mend it' } as const;
    expect(resultLines(result)).toHaveLength(53);
    expect(resultLines(result)).toContain('    … and 3 more');
  });

  test('counts steps', () => {
    const passed = { ...base, status: 'passed', problems: [] } as const;
    const skipped = { ...base, status: 'skipped', problems: [], skipped: 'x' } as const;
    expect(totalLine([passed])).toBe('check: 1 steps passed, 0 failed');
    expect(totalLine([passed, skipped])).toBe('check: 1 steps passed, 0 failed, 1 skipped');
  });
});

test('every step has a name of its own and says what to do', () => {
  expect(new Set(CHECK_STEPS.map(({ name }) => name)).size).toBe(CHECK_STEPS.length);
  for (const { name, title, fix } of CHECK_STEPS) {
    expect(name).toMatch(/^[a-z-]+$/);
    expect(title).not.toBe('');
    expect(fix).not.toBe('');
  }
});
