/**
 * Manifests (`package.json`) and the workspace packages they describe.
 *
 * @module
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonObject, stringEntries, strings } from './json.ts';

/** The sections of a manifest that name packages. */
export const SECTIONS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
] as const;

export type Section = (typeof SECTIONS)[number];

export interface Manifest {
  /** Folder of the manifest, relative to the root; empty for the root's own. */
  readonly folder: string;
  readonly name: string;
  /** Package name to version, for each section. */
  readonly sections: Readonly<Record<Section, Readonly<Record<string, string>>>>;
  /** Script name to command. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** Reads the manifest in `folder`. @throws Error when it is missing or no JSON object. */
export function readManifest(root: string, folder: string): Manifest {
  const json = readJsonObject(join(root, folder, 'package.json'));
  return {
    folder,
    name: typeof json.name === 'string' ? json.name : '',
    sections: {
      dependencies: stringEntries(json.dependencies),
      devDependencies: stringEntries(json.devDependencies),
      optionalDependencies: stringEntries(json.optionalDependencies),
      peerDependencies: stringEntries(json.peerDependencies),
    },
    scripts: stringEntries(json.scripts),
  };
}

/** The manifests of all workspace packages, in the order of their folders. */
export function workspaceManifests(root: string): readonly Manifest[] {
  const patterns = strings(readJsonObject(join(root, 'package.json')).workspaces);
  const folders = patterns.flatMap((pattern) => expand(root, pattern)).sort();
  return folders.map((folder) => readManifest(root, folder));
}

/** A pattern is a folder, or a folder with `/*` behind it. */
function expand(root: string, pattern: string): readonly string[] {
  const parent = pattern.replace(/\/\*$/, '');
  const isOne = parent === pattern;
  if (!existsSync(join(root, parent))) return [];
  const folders = isOne ? [pattern] : readdirSync(join(root, parent)).map((n) => `${parent}/${n}`);
  return folders.filter((folder) => existsSync(join(root, folder, 'package.json')));
}
