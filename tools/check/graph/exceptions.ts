/**
 * Imports that are allowed by name, with a reason, where a rule of the trusted zone is too coarse.
 *
 * Only the rules about outward modules and the chain library know exceptions; the zones have none.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, readJsonObject, stringEntries } from '../tree/json.ts';

const LIST = 'security/import-exceptions.json';
/** Shorter is no reason. */
const SHORTEST_REASON_CHARS = 20;

/** One file that may import one module. */
export interface ImportException {
  readonly file: string;
  /** The specifier, as written in the import. */
  readonly import: string;
  readonly reason: string;
}

/** The rows of the list; none when the file is missing. */
export function readExceptions(root: string): readonly ImportException[] {
  const path = join(root, LIST);
  const rows = existsSync(path) ? readJsonObject(path).exceptions : [];
  return (Array.isArray(rows) ? rows : []).filter(isJsonObject).map((value) => {
    const { file = '', import: name = '', reason = '' } = stringEntries(value);
    return { file, import: name, reason };
  });
}

/**
 * Checks the list itself.
 *
 * @param used - The rows that excused an import of the tree.
 * @returns Problems, one line each: rows without a reason, rows that excuse nothing.
 */
export function checkExceptions(
  rows: readonly ImportException[],
  used: ReadonlySet<ImportException>,
): readonly string[] {
  return rows.flatMap((row) => {
    const where = `${LIST}: ${row.file} (${row.import})`;
    const problems = used.has(row) ? [] : [`${where}: excuses nothing that is there`];
    return row.reason.trim().length < SHORTEST_REASON_CHARS
      ? [...problems, `${where}: say why`]
      : problems;
  });
}
