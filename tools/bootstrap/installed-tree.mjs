/**
 * Compares the lockfile with the list npm keeps of what it put into `node_modules`.
 *
 * Someone who ran npm by hand need not wait for a second installation.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceFolders } from './workspace.mjs';

/**
 * Whether every locked package is installed at the locked integrity, and nothing else is.
 *
 * Packages for other platforms may be absent; everything a manifest needs must be there.
 *
 * @param {string} root - Absolute path of the workspace.
 */
export function isInstalled(root) {
  const locked = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules/.package-lock.json'));
  if (locked === undefined || installed === undefined) return false;
  const needed = Object.keys(locked).filter((path) => path !== '' && isNeeded(locked[path]));
  return (
    needed.every((path) => path in installed) &&
    workspaceFolders(root).every((folder) => folder in locked) &&
    Object.keys(installed).every((path) => isSame(root, path, locked[path], installed[path]))
  );
}

/** @param {any} locked - Optional packages count when they name this very platform. */
function isNeeded({ optional, os, cpu, libc }) {
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
