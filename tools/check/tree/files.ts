/**
 * Lists the files of a tree.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that are no part of the source, wherever they stand. */
const LEFT_OUT = new Set(['node_modules', '.git', '.countersign', 'coverage']);
const LIST_BYTES = 64 * 1024 * 1024;

/**
 * Every file below `folder`, installed and private folders left out.
 *
 * @param root - Absolute path of the tree.
 * @param folder - Relative to `root`; need not exist.
 * @returns Paths relative to `root`, forward slashes, sorted.
 */
export function filesBelow(root: string, folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  const nested = entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : filesBelow(root, path);
    return entry.isFile() ? [path] : [];
  });
  return nested.sort();
}

/**
 * What git tracks, and what it would track next: new files that are not ignored.
 *
 * Without git, or outside a repository, every file of the tree.
 *
 * @returns Paths relative to `root`, sorted; files deleted but not yet committed, links and
 *   submodules are left out.
 */
export function trackedFiles(root: string): readonly string[] {
  const listed = gitFiles(root) ?? filesBelow(root, '');
  return listed.filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile());
}

function gitFiles(root: string): readonly string[] | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  const trust = ['-c', `safe.directory=${root}`];
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    const out = execFileSync('git', [...trust, ...list], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: LIST_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const paths = new Set(out.split('\0').filter((path) => path !== ''));
    return [...paths].sort((a, b) => (a < b ? -1 : 1));
  } catch {
    return undefined;
  }
}
