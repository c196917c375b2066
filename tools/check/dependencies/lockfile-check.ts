/**
 * The lockfile decides what is installed, so it must name everything, exactly, and nothing else.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { trackedFiles } from '../tree/files.ts';
import { readJsonObject, stringEntries } from '../tree/json.ts';
import { type Manifest, readManifest, SECTIONS, workspaceManifests } from '../tree/manifest.ts';
import { type LockEntry, type Lockfile, readLockfile } from './lockfile.ts';

const EXACT = /^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$/;
/** Scripts npm runs by itself when a package is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'prepare'];

/**
 * Checks lockfile and manifests.
 *
 * No entry is tied to an address; every installed package has an integrity; manifests name exact
 * versions, the ones the lockfile repeats; only packages listed in `allowScripts` of the root
 * manifest run scripts on installation, and no package of ours does; the workspace itself may.
 *
 * @returns Problems, one line each.
 */
export function checkLockfile(root: string): readonly string[] {
  if (!existsSync(join(root, 'package-lock.json'))) return ['package-lock.json: missing'];
  const lock = readLockfile(root);
  const manifests = allManifests(root);
  const locked = [readManifest(root, ''), ...workspaceManifests(root)];
  return [
    ...[...lock.values()].flatMap(checkEntry),
    ...checkFolders(root, lock),
    ...checkScripts(root, lock),
    ...manifests.flatMap(checkManifest),
    ...locked.flatMap((manifest) => checkAgreement(root, manifest)),
  ];
}

/** Every manifest of the tree, also those outside the workspace, such as `benchmarks/x`. */
function allManifests(root: string): readonly Manifest[] {
  const files = trackedFiles(root).filter((path) => /(^|\/)package\.json$/.test(path));
  return files.map((file) => readManifest(root, dirname(file) === '.' ? '' : dirname(file)));
}

function checkEntry(entry: LockEntry): readonly string[] {
  const { path, isLink, resolved, integrity } = entry;
  const where = `package-lock.json: ${path}`;
  if (!path.includes('node_modules/')) return [];
  if (isLink) return isOwnFolder(resolved) ? [] : [`${where} links to \`${resolved ?? ''}\``];
  const problems: string[] = [];
  if (resolved !== undefined) problems.push(`${where} is tied to an address`);
  // Tools for platforms nobody could install from have no known digest; no platform runs the product with them.
  const unknown = entry.isOptionalTool && integrity === undefined;
  if (!unknown && integrity?.startsWith('sha512-') !== true) {
    problems.push(`${where} has no sha512 integrity`);
  }
  return problems;
}

function isOwnFolder(resolved: string | undefined): boolean {
  return resolved !== undefined && /^packages\/[\w-]+\/[\w-]+$/.test(resolved);
}

/** A workspace package that is locked must be there. */
function checkFolders(root: string, lock: Lockfile): readonly string[] {
  return [...lock.keys()]
    .filter((path) => path !== '' && !path.includes('node_modules/'))
    .filter((path) => !existsSync(join(root, path, 'package.json')))
    .map((path) => `package-lock.json: ${path} has no folder`);
}

function checkScripts(root: string, lock: Lockfile): readonly string[] {
  const allowed = readJsonObject(join(root, 'package.json')).allowScripts;
  const names = new Set(
    Object.keys(typeof allowed === 'object' && allowed !== null ? allowed : {}),
  );
  return [...lock.values()]
    .filter(({ hasInstallScript, name }) => hasInstallScript && !names.has(name))
    .map(({ path }) => `package-lock.json: ${path} runs a script on installation`);
}

function checkManifest({ folder, sections, scripts }: Manifest): readonly string[] {
  const where = join(folder, 'package.json');
  const inexact = SECTIONS.flatMap((section) => Object.entries(sections[section]))
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${where}: \`${name}\` is \`${version}\`, not an exact version`);
  const running = INSTALL_SCRIPTS.filter((script) => folder !== '' && script in scripts);
  return [...inexact, ...running.map((script) => `${where}: script \`${script}\` runs by itself`)];
}

function checkAgreement(root: string, { folder, sections }: Manifest): readonly string[] {
  const packages = readJsonObject(join(root, 'package-lock.json')).packages;
  const locked = (packages as Readonly<Record<string, Record<string, unknown>>>)[folder];
  return SECTIONS.filter(
    (section) => flat(sections[section]) !== flat(stringEntries(locked?.[section])),
  ).map((section) => `${join(folder, 'package.json')}: ${section} differ from package-lock.json`);
}

function flat(section: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(section).sort(([a], [b]) => (a < b ? -1 : 1)));
}
