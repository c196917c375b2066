/**
 * Reads `package-lock.json` and walks what a package pulls in.
 *
 * @module
 */

import { posix } from 'node:path';
import { isJsonObject, type JsonObject, readJsonObject, stringEntries } from '../tree/json.ts';

/** One entry: an installed package, a link to a workspace package, or that package itself. */
export interface LockEntry {
  /** Where it is installed, e.g. `node_modules/zod` or `packages/trusted/crypto`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly integrity: string | undefined;
  readonly resolved: string | undefined;
  readonly isLink: boolean;
  /** A development package that only some platforms install. */
  readonly isOptionalTool: boolean;
  readonly hasInstallScript: boolean;
  /** What it needs at run time: name to version range. */
  readonly needs: Readonly<Record<string, string>>;
  /** Names among `needs` it can do without. */
  readonly optional: ReadonlySet<string>;
}

/** Entries by path; the root's own has the empty path. */
export type Lockfile = ReadonlyMap<string, LockEntry>;

/** Reads the lockfile. @throws Error when it is missing or has no `packages`. */
export function readLockfile(root: string): Lockfile {
  const file = posix.join(root, 'package-lock.json');
  const packages = readJsonObject(file).packages;
  if (!isJsonObject(packages)) throw new Error(`\`${file}\` has no packages`);
  const entries = Object.entries(packages).map(([path, value]): [string, LockEntry] => {
    return [path, toEntry(path, isJsonObject(value) ? value : {})];
  });
  return new Map(entries);
}

/** What a walk found: the packages, and the names it could not find in the lockfile. */
export interface Closure {
  readonly entries: readonly LockEntry[];
  readonly missing: readonly string[];
}

/**
 * Everything the packages at `paths` pull in, at any depth, themselves left out.
 *
 * Development dependencies do not count; optional and peer dependencies do.
 */
export function closureOf(lock: Lockfile, paths: readonly string[]): Closure {
  const found = new Map<string, LockEntry>();
  const missing: string[] = [];
  const waiting = [...paths];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const from = lock.get(path);
    for (const name of Object.keys(from?.needs ?? {})) {
      const entry = resolve(lock, path, name);
      if (entry === undefined && !from?.optional.has(name)) missing.push(`${path}: ${name}`);
      if (entry === undefined || found.has(entry.path)) continue;
      found.set(entry.path, entry);
      waiting.push(entry.path);
    }
  }
  return { entries: [...found.values()], missing };
}

/** Node's rule: the nearest `node_modules` that has it, from the package upwards. */
function resolve(lock: Lockfile, from: string, name: string): LockEntry | undefined {
  for (let folder = from; ; folder = parentOf(folder)) {
    const entry = lock.get(posix.join(folder, 'node_modules', name));
    if (entry !== undefined) return entry.isLink ? lock.get(entry.resolved ?? '') : entry;
    if (folder === '') return undefined;
  }
}

function parentOf(folder: string): string {
  const parent = posix.dirname(folder);
  return parent === '.' ? '' : parent;
}

function toEntry(path: string, value: JsonObject): LockEntry {
  const optional = stringEntries(value.optionalDependencies);
  const peers = stringEntries(value.peerDependencies);
  return {
    path,
    name: text(value.name) ?? path.replace(/^.*node_modules\//, ''),
    version: text(value.version) ?? '',
    licence: text(value.license) ?? '',
    integrity: text(value.integrity),
    resolved: text(value.resolved),
    isLink: value.link === true,
    isOptionalTool: value.dev === true && value.optional === true && value.os !== undefined,
    hasInstallScript: value.hasInstallScript === true,
    needs: { ...stringEntries(value.dependencies), ...optional, ...peers },
    optional: new Set([...Object.keys(optional), ...optionalPeers(value.peerDependenciesMeta)]),
  };
}

function optionalPeers(meta: unknown): readonly string[] {
  if (!isJsonObject(meta)) return [];
  const isOptional = (value: unknown): boolean => isJsonObject(value) && value.optional === true;
  return Object.keys(meta).filter((name) => isOptional(meta[name]));
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
