import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newDirectory } from '../test/program-tree.ts';
import { compileCacheDir } from './compile-cache.ts';

it('is a directory for each process below node_modules', () => {
  const modules = join(newDirectory(), 'node_modules');
  const dirs = (['edge', 'signer'] as const).map((name) => compileCacheDir([modules], name));
  const base = join(modules, '.cache', 'countersign');
  expect(dirs).toEqual([join(base, 'edge'), join(base, 'signer')]);
  expect(dirs.every((dir) => dir !== undefined && existsSync(dir))).toBe(true);
});

it('is the same directory at the next start', () => {
  const modules = join(newDirectory(), 'node_modules');
  expect(compileCacheDir([modules], 'edge')).toBe(compileCacheDir([modules], 'edge'));
});

it('is absent without node_modules', () => {
  expect(compileCacheDir([join(newDirectory(), 'packages')], 'edge')).toBeUndefined();
  expect(compileCacheDir([], 'edge')).toBeUndefined();
});

it('is absent where it cannot be made', () => {
  const modules = join(newDirectory(), 'node_modules');
  writeFileSync(modules, 'a file where a directory should be');
  expect(compileCacheDir([modules], 'signer')).toBeUndefined();
});
