/**
 * Finds executables.
 *
 * @module
 */

import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable of that name on PATH, as an absolute path. */
export function findOnPath(program: string, path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder.startsWith('/'));
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** The executable of that name in the folder of the highest number, `<directory>/<n>/bin/<program>`. */
export function findNewest(program: string, directory: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  return readdirSync(directory)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(directory, version, 'bin', program))
    .find(isExecutable);
}

/** Whether `file` is a regular file this user may execute. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
