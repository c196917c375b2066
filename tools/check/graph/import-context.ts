/**
 * One import with everything the rules ask about it.
 *
 * @module
 */

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { ImportSite } from '../source/imports.ts';
import type { Manifest } from '../tree/manifest.ts';

/** What an import points at. */
export type Target =
  | { readonly kind: 'relative'; readonly path: string }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'workspace'; readonly name: string; readonly manifest: Manifest }
  | { readonly kind: 'external'; readonly name: string }
  | { readonly kind: 'computed' }
  | { readonly kind: 'unknown' };

export interface ImportContext {
  /** Relative to the root. */
  readonly file: string;
  /** The nearest manifest above the file. */
  readonly manifest: Manifest;
  readonly rootManifest: Manifest;
  /** A test, which may use more than the code it tests. */
  readonly isTest: boolean;
  readonly site: ImportSite;
  readonly target: Target;
}

const PACKAGE_NAME = /^(@[a-z\d][\w.-]*\/)?[a-z\d][\w.-]*(?=\/|$)/;

/**
 * Whether a file runs in tests only: `*.test.ts`, or what tests share, in a folder named `test` or
 * `fixtures`. A rule keeps other code from importing these.
 */
export function isTestFile(file: string): boolean {
  return /\.test\.[cm]?tsx?$/.test(file) || /^packages\/.*\/(test|fixtures)\//.test(file);
}

/** Resolves a specifier as far as the rules need it. */
export function targetOf(
  file: string,
  { kind, specifier }: ImportSite,
  workspace: ReadonlyMap<string, Manifest>,
): Target {
  if (kind === 'computed') return { kind: 'computed' };
  if (/^\.\.?(\/|$)/.test(specifier)) {
    return { kind: 'relative', path: posix.join(posix.dirname(file), specifier) };
  }
  if (isBuiltin(specifier)) return { kind: 'builtin', name: specifier.replace(/^node:/, '') };
  const name = PACKAGE_NAME.exec(specifier)?.[0];
  if (name === undefined) return { kind: 'unknown' };
  const manifest = workspace.get(name);
  return manifest ? { kind: 'workspace', name, manifest } : { kind: 'external', name };
}
