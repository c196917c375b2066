import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkout, newDirectory, touch } from '../test/program-tree.ts';
import { programDirs } from './program-dirs.ts';

it('finds node_modules and packages of a checkout', () => {
  const { root, entry } = checkout();
  expect(programDirs(entry)).toEqual([join(root, 'node_modules'), join(root, 'packages')]);
});

it('takes the outermost node_modules, not one on the way', () => {
  const { root, entry } = checkout();
  mkdirSync(join(root, 'packages', 'trusted', 'signer', 'node_modules'));
  expect(programDirs(entry)).toEqual([join(root, 'node_modules'), join(root, 'packages')]);
});

it('finds the one node_modules of an installed program', () => {
  const root = newDirectory();
  const entry = touch(root, 'node_modules', '@countersign', 'signer', 'src', 'main.ts');
  expect(programDirs(entry)).toEqual([join(root, 'node_modules')]);
});

it('follows a link to where the program really lies', () => {
  const { root, entry } = checkout();
  const link = join(newDirectory(), 'main.ts');
  symlinkSync(entry, link);
  expect(programDirs(link)).toEqual([join(root, 'node_modules'), join(root, 'packages')]);
});

it('never allows a whole project, only the two directories in it', () => {
  const { root, entry } = checkout();
  touch(root, '.env');
  expect(programDirs(entry)).not.toContain(root);
});

it('is nothing where there is no program around the file', () => {
  expect(programDirs(touch(newDirectory(), 'main.ts'))).toEqual([]);
});

it('fails for a file that does not exist', () => {
  expect(() => programDirs(join(newDirectory(), 'main.ts'))).toThrow('ENOENT');
});
