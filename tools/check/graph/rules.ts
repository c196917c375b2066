/**
 * The rules of the import graph, each a function that names what is wrong with one import.
 *
 * @module
 */

import type { Manifest, Section } from '../tree/manifest.ts';
import { type ImportContext, isTestFile } from './import-context.ts';
import { isArrowAllowed, zoneOf } from './zones.ts';

/** @returns What is wrong, one line without a full stop; undefined when nothing is. */
export type ImportRule = (context: ImportContext) => string | undefined;

const POLICY = 'packages/trusted/policy';
const POLICY_MAY_IMPORT = '@countersign/protocol';
const SUPERVISOR = 'packages/trusted/supervisor';
const CHAIN_LIBRARY = 'starknet';

/** Arrows inside a zone that are forbidden although the zone allows them. */
const FORBIDDEN_ARROWS: Readonly<Record<string, readonly string[]>> = {
  'packages/trusted/crypto': [
    'packages/trusted/ledger',
    'packages/trusted/policy',
    'packages/trusted/signer',
    'packages/trusted/supervisor',
  ],
  'packages/trusted/ledger': [
    'packages/trusted/policy',
    'packages/trusted/signer',
    'packages/trusted/supervisor',
  ],
};

/** Node modules that reach the network, other processes, or around this check. */
const OUTWARD = new Set(
  'net http https http2 tls dgram dns child_process worker_threads cluster inspector vm'.split(' '),
);

/** Zones: who may import whom. */
const zoneArrow: ImportRule = ({ manifest, target, isTest, site }) => {
  if (target.kind !== 'workspace' || zoneOf(manifest.folder) === undefined) return undefined;
  const isDynamic = site.kind === 'dynamic';
  const arrow = { from: manifest.folder, to: target.manifest.folder, isTest, isDynamic };
  if (isArrowAllowed(arrow)) return undefined;
  const hint = manifest.folder.includes('/operator/') ? ' except by a dynamic import()' : '';
  return `${manifest.folder} may not import ${target.manifest.folder}${hint}`;
};

/** Arrows between packages of the trusted zone. */
const forbiddenArrow: ImportRule = ({ manifest, target }) => {
  if (target.kind !== 'workspace') return undefined;
  const forbidden = FORBIDDEN_ARROWS[manifest.folder] ?? [];
  if (!forbidden.includes(target.manifest.folder)) return undefined;
  return `${manifest.folder} may not import ${target.manifest.folder}`;
};

/** The policy package decides; it reads and writes nothing. */
const pureCore: ImportRule = ({ manifest, target, isTest }) => {
  if (manifest.folder !== POLICY || isTest || target.kind === 'relative') return undefined;
  if (target.kind === 'workspace' && target.name === POLICY_MAY_IMPORT) return undefined;
  return `${POLICY} may import ${POLICY_MAY_IMPORT} and nothing else`;
};

/** No network and no processes in the trusted zone, apart from the one that starts the signer. */
const outwardModule: ImportRule = ({ manifest, target, isTest }) => {
  if (target.kind !== 'builtin' || zoneOf(manifest.folder) !== 'trusted' || isTest)
    return undefined;
  const module = target.name.split('/')[0] ?? '';
  if (manifest.folder === SUPERVISOR && module === 'child_process') return undefined;
  return OUTWARD.has(module) ? `\`node:${target.name}\` is not for the trusted zone` : undefined;
};

/** The chain library is a second opinion in tests, never a part of what signs. */
const chainLibrary: ImportRule = ({ file, target, isTest }) => {
  if (target.kind !== 'external' || target.name !== CHAIN_LIBRARY) return undefined;
  if (isTest || /^(integration|benchmarks)\//.test(file)) return undefined;
  return `\`${CHAIN_LIBRARY}\` is for tests, integration/ and benchmarks/ only`;
};

/** Hoisting makes undeclared imports work here and fail elsewhere. */
const declared: ImportRule = (context) => {
  const { target, manifest } = context;
  if (target.kind !== 'workspace' && target.kind !== 'external') return undefined;
  if (target.name === manifest.name || declaredNames(context).has(target.name)) return undefined;
  return `\`${target.name}\` is not declared in ${manifest.folder || '.'}/package.json`;
};

/** Relative imports stay inside the package; the rest of the tree has names. */
const insidePackage: ImportRule = ({ manifest, target }) => {
  if (target.kind !== 'relative' || zoneOf(manifest.folder) === undefined) return undefined;
  if (target.path.startsWith(`${manifest.folder}/`)) return undefined;
  return `\`${target.path}\` is outside ${manifest.folder}`;
};

/** Tests may do what code may not, so code must not lean on them. */
const testSupport: ImportRule = ({ target, isTest }) => {
  if (isTest || target.kind !== 'relative' || !isTestFile(target.path)) return undefined;
  return `\`${target.path}\` is for tests only`;
};

/** An import nobody can read off the text cannot be checked; programs for tests may have some. */
const readable: ImportRule = ({ manifest, target, isTest, site }) => {
  if (target.kind === 'unknown') return `\`${site.specifier}\` is no name of a module`;
  const zone = zoneOf(manifest.folder);
  const mayCompute = isTest || zone === undefined || zone === 'testing';
  if (target.kind !== 'computed' || mayCompute) return undefined;
  return 'an import whose name is computed cannot be checked; write the name out';
};

/** Rules without exceptions. */
export const STRICT_RULES: readonly ImportRule[] = [
  readable,
  insidePackage,
  testSupport,
  zoneArrow,
  forbiddenArrow,
  pureCore,
  declared,
];

/** Rules from which `security/import-exceptions.json` may excuse a single import. */
export const EXCUSABLE_RULES: readonly ImportRule[] = [outwardModule, chainLibrary];

/**
 * Names a file may import. Code: what its package declares for use. Tests also: what is declared
 * for development there or at the root. Outside `packages/`: everything the root or the nearest
 * manifest declares; workspace packages need no declaration.
 */
function declaredNames({ manifest, rootManifest, isTest, target }: ImportContext): Set<string> {
  const forUse: readonly Section[] = ['dependencies', 'optionalDependencies', 'peerDependencies'];
  const all: readonly Section[] = [...forUse, 'devDependencies'];
  if (zoneOf(manifest.folder) === undefined) {
    const own = [...names(manifest, all), ...names(rootManifest, all)];
    return new Set(target.kind === 'workspace' ? [...own, target.name] : own);
  }
  if (!isTest) return new Set(names(manifest, forUse));
  return new Set([...names(manifest, all), ...names(rootManifest, ['devDependencies'])]);
}

function names({ sections }: Manifest, wanted: readonly Section[]): readonly string[] {
  return wanted.flatMap((section) => Object.keys(sections[section]));
}
