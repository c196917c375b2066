/**
 * Where the program lies on disk: the only files outside the data directory a child may read.
 *
 * @module
 */

import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';

/**
 * Finds the directories that hold the program, from one of its files.
 *
 * In a checkout these are `node_modules` and `packages` of the workspace; installed, the outermost
 * `node_modules` on the way up.
 *
 * @param entry - Absolute path of an entry module.
 */
export function programDirs(entry: string): readonly string[] {
  const found: string[] = [];
  for (
    let dir = path.dirname(realpathSync(entry));
    dir !== path.dirname(dir);
    dir = path.dirname(dir)
  ) {
    if (existsSync(path.join(dir, 'node_modules'))) found.push(dir);
  }
  const root = found.at(-1) ?? path.dirname(entry);
  return ['node_modules', 'packages']
    .map((name) => path.join(root, name))
    .filter((dir) => existsSync(dir));
}
