/**
 * Checks every import of the tree, and every declared dependency, against the rules.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importSites } from '../source/imports.ts';
import { filesBelow } from '../tree/files.ts';
import { type Manifest, readManifest, workspaceManifests } from '../tree/manifest.ts';
import { checkExceptions, type ImportException, readExceptions } from './exceptions.ts';
import { forbiddenGlobals } from './globals.ts';
import { type ImportContext, isTestFile, targetOf } from './import-context.ts';
import { EXCUSABLE_RULES, type ImportRule, STRICT_RULES } from './rules.ts';
import { isArrowAllowed, zoneOf } from './zones.ts';

const SOURCE = /\.[cm]?[jt]sx?$/;
/** Folders with code; `vitest.config.ts` at the root has no imports worth a rule. */
const CODE_FOLDERS = ['packages', 'tools', 'integration', 'benchmarks', 'examples'];
/** AssemblyScript: compiled alone, with rules of its own. */
const OTHER_LANGUAGE = /^packages\/trusted\/crypto\/assembly\//;

interface Workspace {
  readonly root: string;
  readonly rootManifest: Manifest;
  readonly byFolder: ReadonlyMap<string, Manifest>;
  readonly byName: ReadonlyMap<string, Manifest>;
  readonly exceptions: readonly ImportException[];
  /** Exceptions met so far. */
  readonly used: Set<ImportException>;
}

/**
 * Checks the whole tree.
 *
 * @param root - Absolute path of a workspace: a root manifest with `workspaces`, and their folders.
 * @returns Problems as `path:line: what is wrong`, in path order; empty when all rules hold.
 */
export function checkImportGraph(root: string): readonly string[] {
  const workspace = readWorkspace(root);
  const files = CODE_FOLDERS.flatMap((folder) => filesBelow(root, folder)).filter(
    (file) => SOURCE.test(file) && !OTHER_LANGUAGE.test(file),
  );
  return [
    ...[...workspace.byFolder.values()].flatMap((manifest) => checkManifest(manifest, workspace)),
    ...files.flatMap((file) => checkFile(file, workspace)),
    ...checkExceptions(workspace.exceptions, workspace.used),
  ];
}

function readWorkspace(root: string): Workspace {
  const manifests = workspaceManifests(root);
  return {
    root,
    rootManifest: readManifest(root, ''),
    byFolder: new Map(manifests.map((manifest) => [manifest.folder, manifest])),
    byName: new Map(manifests.map((manifest) => [manifest.name, manifest])),
    exceptions: readExceptions(root),
    used: new Set(),
  };
}

/** What a manifest declares for use is an arrow too, even before anything imports it. */
function checkManifest(manifest: Manifest, { byName }: Workspace): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest.sections;
  const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return declared.flatMap((name) => {
    const to = byName.get(name)?.folder;
    const arrow = { from: manifest.folder, to: to ?? '', isTest: false, isDynamic: true };
    if (to === undefined || isArrowAllowed(arrow)) return [];
    return [`${manifest.folder}/package.json: ${manifest.folder} may not depend on ${to}`];
  });
}

function checkFile(file: string, workspace: Workspace): readonly string[] {
  const source = readFileSync(join(workspace.root, file), 'utf8');
  const manifest = nearestManifest(file, workspace);
  if (manifest === undefined) return [`${file}: belongs to no workspace package`];
  const isTest = isTestFile(file);
  const imports = importSites(source).flatMap((site) => {
    const target = targetOf(file, site, workspace.byName);
    const { rootManifest } = workspace;
    const context = { file, manifest, rootManifest, isTest, site, target };
    return violations(context, workspace).map((what) => `${file}:${site.line}: ${what}`);
  });
  const globals = isTest ? [] : forbiddenGlobals(file, source);
  return [...imports, ...globals.map(({ line, what }) => `${file}:${line}: ${what}`)];
}

function violations(context: ImportContext, workspace: Workspace): readonly string[] {
  const broken = (rules: readonly ImportRule[]): readonly string[] =>
    rules.map((rule) => rule(context)).filter((what) => what !== undefined);
  const excusable = broken(EXCUSABLE_RULES);
  const excuse = workspace.exceptions.find(
    (row) => row.file === context.file && row.import === context.site.specifier,
  );
  if (excuse !== undefined && excusable.length > 0) workspace.used.add(excuse);
  return [...new Set([...broken(STRICT_RULES), ...(excuse === undefined ? excusable : [])])];
}

/** Below `packages/` a file without a package is a mistake; elsewhere the root stands in. */
function nearestManifest(file: string, workspace: Workspace): Manifest | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    const manifest = workspace.byFolder.get(folder) ?? ownManifest(folder, workspace);
    if (manifest !== undefined) return manifest;
  }
  return file.startsWith('packages/') ? undefined : workspace.rootManifest;
}

/** A manifest outside the workspace, as each comparison in `benchmarks/` has. */
function ownManifest(folder: string, { root }: Workspace): Manifest | undefined {
  if (zoneOf(folder) !== undefined || folder === 'packages') return undefined;
  try {
    return readManifest(root, folder);
  } catch {
    return undefined;
  }
}
