import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const execute = promisify(execFile);
const place = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const LIMIT_MS = 240_000;

async function node(...args: string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    ...args,
  ]);
  return stdout;
}

describe('the fuzzer', () => {
  it(
    'finds no broken promise in a short run over every parser',
    async () => {
      const stdout = await node(place('./run.ts'), '--executions', '2000', '--json');
      const { ok, outcomes } = JSON.parse(stdout);
      expect(ok, stdout).toBe(true);
      expect(outcomes.length).toBeGreaterThanOrEqual(18);
      // Without guidance a target would keep nothing but its seeds.
      for (const { target, corpus, branchesReached } of outcomes) {
        expect(corpus, target).toBeGreaterThan(1);
        expect(branchesReached, target).toBeGreaterThan(4);
      }
    },
    LIMIT_MS,
  );

  it(
    'finds a planted fault',
    async () => {
      const stdout = await node('--import', place('./instrument.ts'), place('./test/planted.ts'));
      expect(JSON.parse(stdout).reason).toBe('the planted fault');
    },
    LIMIT_MS,
  );

  it('refuses to run without instrumented sources', async () => {
    await expect(node(place('./test/planted.ts'))).rejects.toThrow('no source is instrumented');
  });

  it('explains itself when it is used wrongly', async () => {
    await expect(node(place('./run.ts'), '--target', 'nothing')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('targets: strict-json'),
    });
  });
});
