/**
 * What the Markdown files of the tree point at, and whether it is there: links, files and folders in
 * code spans, and the names of tests, in typographic quotes behind the file that holds them.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { trackedFiles } from '../check/tree/files.ts';

/** Folders whose names begin a path, in full or with the zone and `packages/` left out. */
const ZONES = 'shared|trusted|edge|operator|testing';
const TOP = 'packages|integration|benchmarks|vectors|docs|tools|security|\\.ci';
const SOURCE_FILE = /\.(ts|mjs|md)$/;
const PLAIN_PATH = /^[\w@.*-]+(\/[\w@.*-]+)*\/?$/;

interface Tree {
  readonly files: readonly string[];
  /** Names of packages, as their folders are called. */
  readonly packages: ReadonlySet<string>;
  readonly read: (file: string) => string;
}

/**
 * Checks every tracked Markdown file.
 *
 * @param root - Absolute path of the tree.
 * @returns Problems as `file:line: what leads nowhere`; empty when all is there.
 */
export function danglingReferences(root: string): readonly string[] {
  const files = trackedFiles(root);
  const packages = new Set(
    files.flatMap((file) => /^packages\/[^/]+\/([^/]+)\//.exec(file)?.[1] ?? []),
  );
  const pages = files.filter((file) => file.endsWith('.md'));
  const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
  return pages.flatMap((page) => danglingInPage(page, read(page), { files, packages, read }));
}

/** Checks one page. Code blocks are examples and name files of their own. */
export function danglingInPage(page: string, text: string, tree: Tree): readonly string[] {
  return proseLines(text).flatMap(([line, words]) => [
    ...linksOf(words)
      .filter((target) => !isLinkFound(page, target, tree))
      .map((target) => `${page}:${line}: link to ${target}`),
    ...pathsOf(words, tree)
      .filter((name) => !isPathFound(name, tree))
      .map((name) => `${page}:${line}: \`${name}\``),
    ...testsOf(words)
      .filter(({ file, name }) => !isTestFound(file, name, tree))
      .map(({ file, name }) => `${page}:${line}: \`${file}\` “${name}”`),
  ]);
}

function proseLines(text: string): readonly (readonly [number, string])[] {
  let inBlock = false;
  return text.split('\n').flatMap((words, i) => {
    const isFence = /^\s*(```|~~~)/.test(words);
    if (isFence) inBlock = !inBlock;
    return isFence || inBlock ? [] : [[i + 1, words] as const];
  });
}

function linksOf(words: string): readonly string[] {
  const targets = [...words.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !/^[a-z]+:|^#/.test(target));
}

function isLinkFound(page: string, target: string, tree: Tree): boolean {
  const [place = ''] = target.split('#');
  const file = path.posix.join(path.posix.dirname(page), place).replace(/\/$/, '');
  return tree.files.some((known) => known === file || known.startsWith(`${file}/`));
}

/** Code spans that mean a file or folder of this tree. */
function pathsOf(words: string, { packages }: Tree): readonly string[] {
  const spans = [...words.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  const starts = new RegExp(`^(${ZONES}|${TOP}|${[...packages].join('|')})/`);
  return spans.filter(
    (span) => PLAIN_PATH.test(span) && (SOURCE_FILE.test(span) || starts.test(span)),
  );
}

/** Names in typographic quotes, each with the test file in the code span before it. */
function testsOf(words: string): readonly { readonly file: string; readonly name: string }[] {
  let file: string | undefined;
  return [...words.matchAll(/`([^`]+)`|“([^”]+)”/g)].flatMap(([, span, name]) => {
    if (span !== undefined) file = span.endsWith('.test.ts') ? span : undefined;
    return name === undefined || file === undefined ? [] : [{ file, name }];
  });
}

function isTestFound(file: string, name: string, { files, read }: Tree): boolean {
  const pattern = pathPattern(file);
  return files.some((known) => pattern.test(known) && read(known).includes(name));
}

/** A path may leave its beginning out: `http/reply.ts` is found below any folder. */
function isPathFound(name: string, { files }: Tree): boolean {
  const pattern = pathPattern(name);
  return files.some((file) => pattern.test(file) || pattern.test(withoutSrc(file)));
}

function pathPattern(name: string): RegExp {
  const text = name.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
  return new RegExp(`(^|/)${text}(/|$)`);
}

/** `ledger/connection.ts` is what `ledger/src/connection.ts` is called in speech. */
function withoutSrc(file: string): string {
  return file.replace('/src/', '/');
}
