/**
 * What the trusted zone pulls in: every package listed with a reason, none with an install script.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  isJsonObject,
  type JsonObject,
  readJsonObject,
  stringEntries,
  strings,
} from '../tree/json.ts';
import { workspaceManifests } from '../tree/manifest.ts';
import { closureOf, type LockEntry, type Lockfile, readLockfile } from './lockfile.ts';

const LIST = 'security/trusted-dependencies.json';
const TRUSTED = 'packages/trusted/';
const FIELDS = ['name', 'version', 'licence', 'reason', 'owner', 'wayOut'] as const;
/** Shorter is no reason. */
const SHORTEST_REASON_CHARS = 20;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

type Row = Readonly<Record<(typeof FIELDS)[number], string>>;

/**
 * Compares the lockfile with `security/trusted-dependencies.json`.
 *
 * @returns Problems, one line each: a package that is not listed, listed in another version or
 *   licence, or no longer there; a licence that is not accepted; a row without reason, owner or
 *   way out.
 */
export function checkTrustedDependencies(root: string): readonly string[] {
  const list = readJsonObject(join(root, LIST));
  const listed = Array.isArray(list.dependencies) ? list.dependencies : [];
  const rows = listed.filter(isJsonObject).map(toRow);
  const accepted = new Set(strings(list.licences));
  const { entries, missing } = trustedClosure(root);
  const installed = entries.filter(({ path }) => path.includes('node_modules/'));
  return [
    ...missing.map((what) => `package-lock.json: cannot find ${what}`),
    ...installed.flatMap((entry) => checkAgainstRows(entry, rows)),
    ...rows.flatMap((row) => checkRow(row, installed, accepted)),
  ];
}

/**
 * Checks that nothing the trusted zone pulls in runs code on installation.
 *
 * @returns Problems, one line each; from the lockfile and, where installed, the package itself.
 */
export function checkInstallScripts(root: string): readonly string[] {
  return trustedClosure(root)
    .entries.filter((entry) => entry.hasInstallScript || hasScriptOnDisk(root, entry))
    .map(({ name, version }) => `${name} ${version} runs a script on installation`);
}

function trustedClosure(root: string): ReturnType<typeof closureOf> {
  const lock: Lockfile = readLockfile(root);
  const folders = workspaceManifests(root).map(({ folder }) => folder);
  return closureOf(
    lock,
    folders.filter((folder) => folder.startsWith(TRUSTED)),
  );
}

function checkAgainstRows(entry: LockEntry, rows: readonly Row[]): readonly string[] {
  const { name, version, licence } = entry;
  const ofName = rows.filter((row) => row.name === name);
  if (ofName.length === 0) return [`${name} ${version} is not listed in ${LIST}`];
  const row = ofName.find((each) => each.version === version);
  if (row === undefined) return [`${name} ${version} is listed as ${ofName[0]?.version}`];
  return row.licence === licence ? [] : [`${name} has the licence \`${licence}\`, not as listed`];
}

function checkRow(
  row: Row,
  installed: readonly LockEntry[],
  accepted: ReadonlySet<string>,
): readonly string[] {
  const where = `${LIST}: ${row.name} ${row.version}`;
  const isUsed = installed.some(
    ({ name, version }) => name === row.name && version === row.version,
  );
  const problems = FIELDS.filter((field) => row[field] === '').map((f) => `${where}: no ${f}`);
  if (!isUsed) problems.push(`${where}: no longer among the dependencies`);
  if (!accepted.has(row.licence))
    problems.push(`${where}: licence \`${row.licence}\` not accepted`);
  if (row.reason.length < SHORTEST_REASON_CHARS) problems.push(`${where}: say why it is needed`);
  return problems;
}

function toRow(value: JsonObject): Row {
  const given = stringEntries(value);
  const text = (field: string): string => (given[field] ?? '').trim();
  return {
    name: text('name'),
    version: text('version'),
    licence: text('licence'),
    reason: text('reason'),
    owner: text('owner'),
    wayOut: text('wayOut'),
  };
}

function hasScriptOnDisk(root: string, { path }: LockEntry): boolean {
  const folder = join(root, path);
  if (!existsSync(join(folder, 'package.json'))) return false;
  const scripts = stringEntries(readJsonObject(join(folder, 'package.json')).scripts);
  const builds = existsSync(join(folder, 'binding.gyp'));
  return builds || INSTALL_SCRIPTS.some((script) => script in scripts);
}
