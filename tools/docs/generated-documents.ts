/**
 * Documents that are made from code, and whether the ones in the tree are those.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiPage } from '../../packages/operator/cli/src/docs/openapi-page.ts';
import { errorsPage } from './errors-page.ts';
import { policySchemaPage } from './policy-schema-page.ts';

/** Path from the root to the function that makes the text. */
export const GENERATED_DOCUMENTS: ReadonlyMap<string, () => string> = new Map([
  ['docs/errors.md', errorsPage],
  ['docs/openapi.yaml', openApiPage],
  ['docs/policy.schema.json', policySchemaPage],
]);

/** Writes all documents. @param root - Absolute path of the workspace. */
export function writeDocuments(root: string): void {
  for (const [file, make] of GENERATED_DOCUMENTS) writeFileSync(path.join(root, file), make());
}

/**
 * Compares all documents with what the code makes of them; writes nothing.
 *
 * @returns One line per document that differs or is missing, with the first line that does.
 */
export function differingDocuments(root: string): readonly string[] {
  return [...GENERATED_DOCUMENTS].flatMap(([file, make]) => {
    const found = read(path.join(root, file));
    if (found === undefined) return [`${file}: missing`];
    const expected = make();
    return found === expected
      ? []
      : [`${file}:${firstDifference(found, expected)}: not what the code says`];
  });
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function firstDifference(found: string, expected: string): number {
  const lines = expected.split('\n');
  const foundLines = found.split('\n');
  const place = foundLines.findIndex((line, i) => line !== lines[i]);
  return (place < 0 ? foundLines.length : place) + 1;
}
