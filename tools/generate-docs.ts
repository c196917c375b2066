/**
 * Writes the documents that are made from code, or with `--check` says which of them are stale.
 *
 *     node tools/generate-docs.ts [--check]
 *
 * Exit status 0 when all is well, 1 when a document differs, 2 for an unknown option.
 *
 * @module
 */

import path from 'node:path';
import { differingDocuments, writeDocuments } from './docs/generated-documents.ts';

const root = path.join(import.meta.dirname, '..');
const [option, ...more] = process.argv.slice(2);

if ((option !== undefined && option !== '--check') || more.length > 0) {
  process.stderr.write('usage: node tools/generate-docs.ts [--check]\n');
  process.exitCode = 2;
} else if (option === '--check') {
  const problems = differingDocuments(root);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
} else {
  writeDocuments(root);
}
