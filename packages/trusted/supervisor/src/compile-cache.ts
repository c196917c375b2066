/**
 * Node's compile cache for the children: half of a cold start is compiling what was compiled before.
 *
 * Each process has a cache of its own, so none can prepare code for another, and gives the right to
 * it up once its program is loaded (`dropProgram`). Node checks every cached module against its
 * source. Without a place to keep it, starts are slower and nothing else changes.
 *
 * @module
 */

import { mkdirSync } from 'node:fs';
import path from 'node:path';

/** Makes the cache directory of one process; `undefined` where that is not possible. */
export function compileCacheDir(
  programDirs: readonly string[],
  name: 'edge' | 'signer',
): string | undefined {
  const modules = programDirs.find((dir) => path.basename(dir) === 'node_modules');
  if (modules === undefined) return undefined;
  const dir = path.join(modules, '.cache', 'countersign', name);
  try {
    mkdirSync(dir, { recursive: true });
    return dir;
  } catch {
    return undefined;
  }
}
