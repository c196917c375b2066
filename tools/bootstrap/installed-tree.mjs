/**
 * Compares the lockfile with the list npm keeps of what it put into `node_modules`.
 *
 * Someone who ran npm by hand need not wait for a second installation.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The first package that is not installed as it is locked.
 *
 * Packages for other platforms may be absent, and so may workspace packages whose folder is.
 *
 * @param {string} root - Absolute path of the workspace.
 * @returns {string | undefined} Its path in the lockfile; undefined when the trees agree.
 */
export function firstDifference(root) {
  const locked = readPackages(join(root, 'package-lock.json')) ?? {};
  const installed = readPackages(join(root, 'node_modules/.package-lock.json')) ?? {};
  const missing = Object.keys(locked).find(
    (path) => !(path in installed) && isNeeded(root, path, locked[path]),
  );
  const isOther = (path) => !isSame(root, path, locked[path], installed[path]);
  return missing ?? Object.keys(installed).find(isOther);
}

/**
 * Optional packages are needed when they name this very platform.
 *
 * @param {string} root @param {string} path @param {any} locked
 */
function isNeeded(root, path, { optional, os, cpu, libc, link, resolved }) {
  if (path === '') return false;
  if (link || !path.includes('node_modules/'))
    return existsSync(join(root, link ? resolved : path));
  if (!optional) return true;
  const namesUs = [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch);
  return namesUs && libc === undefined;
}

/** @param {string} root @param {string} path @param {any} locked @param {any} installed */
function isSame(root, path, locked, installed) {
  return (
    locked !== undefined &&
    locked.version === installed.version &&
    locked.integrity === installed.integrity &&
    existsSync(join(root, path))
  );
}

/** @param {string} file @returns {Record<string, any> | undefined} */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
