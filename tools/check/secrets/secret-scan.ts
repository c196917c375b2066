/**
 * Looks for secrets in every tracked file.
 *
 * Reports name the place and the rule, never what was found.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trackedFiles } from '../tree/files.ts';
import { isJsonObject, readJsonObject, stringEntries } from '../tree/json.ts';
import { SECRET_RULES } from './secret-rules.ts';

const LIST = 'security/secret-allowlist.json';
/** A byte no text has. */
const NUL = '\0';
const PROBE_CHARS = 8000;
/** Shorter is no reason. */
const SHORTEST_REASON_CHARS = 20;

/** A place that may hold what a rule finds. */
interface AllowedPlace {
  /** A file, or a folder when it ends in a slash. */
  readonly path: string;
  /** Name of the rule. */
  readonly rule: string;
  readonly reason: string;
}

interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}

/**
 * Scans the tree.
 *
 * @returns Problems, one line each: findings outside the allow-list, rows of the list without a
 *   reason, and rows that allow nothing that is there.
 */
export function checkSecrets(root: string): readonly string[] {
  const allowed = readAllowList(root);
  const findings = trackedFiles(root).flatMap((path) => scanFile(root, path));
  const isAllowed = (finding: Finding): boolean => allowed.some((place) => covers(place, finding));
  return [
    ...findings
      .filter((finding) => !isAllowed(finding))
      .map(({ path, line, rule }) => `${path}:${line}: looks like a secret (${rule})`),
    ...allowed.flatMap((place) => checkPlace(place, findings)),
  ];
}

function readAllowList(root: string): readonly AllowedPlace[] {
  const rows = readJsonObject(join(root, LIST)).allow;
  return (Array.isArray(rows) ? rows : []).filter(isJsonObject).map((value) => {
    const { path = '', rule = '', reason = '' } = stringEntries(value);
    return { path, rule, reason };
  });
}

function scanFile(root: string, path: string): readonly Finding[] {
  const text = readFileSync(join(root, path), 'utf8');
  if (text.slice(0, PROBE_CHARS).includes(NUL)) return [];
  return SECRET_RULES.flatMap(({ name, find }) =>
    find(text).map((offset) => ({ path, line: lineAt(text, offset), rule: name })),
  );
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function covers(place: AllowedPlace, { path, rule }: Finding): boolean {
  const isHere = place.path.endsWith('/') ? path.startsWith(place.path) : path === place.path;
  return isHere && place.rule === rule;
}

function checkPlace(place: AllowedPlace, findings: readonly Finding[]): readonly string[] {
  const where = `${LIST}: ${place.path} (${place.rule})`;
  const problems: string[] = [];
  if (place.reason.trim().length < SHORTEST_REASON_CHARS) problems.push(`${where}: say why`);
  if (!findings.some((finding) => covers(place, finding))) {
    problems.push(`${where}: allows nothing that is there`);
  }
  return problems;
}
