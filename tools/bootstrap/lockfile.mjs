/**
 * Whether the lockfile was made from the manifests of now.
 *
 * `npm ci` asks the same, but also wants an entry for every optional package of every other
 * platform, which a lockfile made against a registry that lacks some of them cannot have.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceFolders } from './workspace.mjs';

const SECTIONS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/**
 * Names every manifest whose dependencies the lockfile does not repeat word for word.
 *
 * @param {string} root - Absolute path of the workspace.
 * @returns {string[]} Paths of manifests; empty when lockfile and manifests agree.
 */
export function manifestsOutOfSync(root) {
  const locked = readJson(join(root, 'package-lock.json')).packages;
  return ['', ...workspaceFolders(root)]
    .filter((folder) => !isSame(readJson(join(root, folder, 'package.json')), locked[folder]))
    .map((folder) => join(folder, 'package.json'));
}

/** @param {any} manifest @param {any} locked */
function isSame(manifest, locked) {
  if (locked === undefined) return false;
  return SECTIONS.every((section) => flat(manifest[section]) === flat(locked[section]));
}

/** @param {Record<string, string> | undefined} section */
function flat(section = {}) {
  return JSON.stringify(Object.entries(section).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
