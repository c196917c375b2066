/**
 * What is wrong with a policy document, in words for whoever wrote it: where, what was found, what
 * belongs there, and the word that was probably meant.
 *
 * @module
 */

import type { z } from 'zod';
import { BoundaryError } from './errors.ts';

/** One thing that is wrong. */
export interface PolicyProblem {
  /** Path in the document, e.g. `rules[2].conditions[0].operator`; `policy` for the whole of it. */
  readonly path: string;
  /** What stands there, shortened. */
  readonly found: string;
  readonly expected: string;
  /** Word that is nearly what was found. */
  readonly closest?: string;
}

/** Problems one error names; the rest is left for the next attempt. */
const MOST_PROBLEMS = 16;
const MOST_FOUND_CHARS = 80;
/** Members and words shown when a longer list was possible. */
const MOST_WORDS = 24;

/**
 * Describes one problem.
 *
 * @param found - The value itself; `undefined` when nothing stands there.
 * @param words - Words that are valid there, for the hint and, when `expected` is empty, the text.
 */
export function policyProblem(
  path: string,
  found: unknown,
  expected: string,
  words: readonly string[] = [],
): PolicyProblem {
  const isChoice = typeof found === 'string' && words.length > 1;
  const closest = isChoice ? closestWord(found, words) : undefined;
  return {
    path: path === '' ? 'policy' : path,
    found: shown(found),
    expected: expected === '' ? oneOf(words) : expected,
    ...(closest === undefined ? {} : { closest }),
  };
}

/** The problem as one line: `rules[0].action: found "DENNY", expected one of …; did you mean "DENY"?`. */
export function problemText({ path, found, expected, closest }: PolicyProblem): string {
  const hint = closest === undefined ? '' : `; did you mean "${closest}"?`;
  return `${path}: found ${found}, expected ${expected}${hint}`;
}

/**
 * The error of a document that is not valid.
 *
 * @param problems - At least one; `details.field` is the path of the first, `details.problems` has
 *   a line for each.
 */
export function policyDocumentError(problems: readonly PolicyProblem[]): BoundaryError {
  const [first] = problems;
  return new BoundaryError('ERR_POLICY_DOCUMENT_INVALID', {
    details: {
      field: first?.path ?? 'policy',
      problems: problems.slice(0, MOST_PROBLEMS).map(problemText),
    },
  });
}

/** Reads what a schema found, with the value it was given. */
export function problemsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
): readonly PolicyProblem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, value));
}

function problemsOfIssue(issue: z.core.$ZodIssue, value: unknown): readonly PolicyProblem[] {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') {
    // The message of such an issue lists the keys that exist there; see `object` in policy-schema.ts.
    const words = issue.message.split(', ');
    return issue.keys.map((key) =>
      policyProblem(joined(path, key), key, `no such key, but ${oneOf(words)}`, words),
    );
  }
  const found = valueAt(value, issue.path);
  if (issue.code === 'invalid_value') {
    return [policyProblem(path, found, '', issue.values.map(String))];
  }
  return [policyProblem(path, found, issue.message)];
}

/** Writes a path: `rules[2].conditions[0].operator`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : joined(text, String(step))),
    '',
  );
}

/** `path.key`, or `key` at the top. */
function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null) return undefined;
    return Object.hasOwn(at, step)
      ? (at as Readonly<Record<PropertyKey, unknown>>)[step]
      : undefined;
  }, value);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `"${shortened(value)}"`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  return `${typeof value === 'boolean' ? '' : 'the number '}${shortened(String(value))}`;
}

function shortened(text: string): string {
  // A policy is quoted to terminals and logs, so nothing may steer them.
  const printable = text.replaceAll(/[^\x20-\x7e]/g, '?');
  return printable.length <= MOST_FOUND_CHARS
    ? printable
    : `${printable.slice(0, MOST_FOUND_CHARS)}…`;
}

function oneOf(words: readonly string[]): string {
  const [only] = words;
  if (words.length === 1) return String(only);
  const rest = words.length - MOST_WORDS;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `one of ${words.slice(0, MOST_WORDS).join(', ')}${more}`;
}

/** The word nearest to what was written, when it is near: a third of its letters may be wrong. */
export function closestWord(text: string, words: readonly string[]): string | undefined {
  const written = text.slice(0, MOST_FOUND_CHARS).toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const word of words) {
    const distance = editDistance(written, word.toLowerCase());
    if (distance < least) [best, least] = [word, distance];
  }
  return best === text ? undefined : best;
}

/** Fewest letters to insert, remove, replace, or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next[j] = Math.min(
        at(row, j) + 1,
        at(next, j - 1) + 1,
        at(row, j - 1) + (same ? 0 : 1),
        swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
