import { constants, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { newDataDir } from '../test/harness.ts';
import { replacePrivateFile } from './private-file.ts';

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  return { ...original, openSync: vi.fn(original.openSync) };
});

it('a private file is on disk before it takes its name', () => {
  const dir = newDataDir();
  mkdirSync(dir, { mode: 0o700 });
  replacePrivateFile(join(dir, 'file'), 'content');
  const [path, flags] = vi.mocked(openSync).mock.lastCall ?? [];
  expect(path).toBe(join(dir, 'file.new'));
  expect(Number(flags) & constants.O_SYNC).toBe(constants.O_SYNC);
});
