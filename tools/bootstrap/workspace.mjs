/**
 * The folders of the workspace packages, read from the root manifest.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root - Absolute path of the workspace.
 * @returns {any} The parsed root `package.json`.
 */
export function readRootManifest(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

/**
 * Every folder that matches a `workspaces` pattern and holds a manifest.
 *
 * @param {string} root - Absolute path of the workspace.
 * @returns {string[]} Paths relative to `root`, with forward slashes, sorted.
 */
export function workspaceFolders(root) {
  const patterns = readRootManifest(root).workspaces ?? [];
  return patterns.flatMap((pattern) => expand(root, pattern)).sort();
}

/** @param {string} root @param {string} pattern - A folder, or a folder with `/*` behind it. */
function expand(root, pattern) {
  const folders = pattern.endsWith('/*') ? subfolders(root, pattern.slice(0, -2)) : [pattern];
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/** @param {string} root @param {string} parent */
function subfolders(root, parent) {
  if (!existsSync(join(root, parent))) return [];
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}
