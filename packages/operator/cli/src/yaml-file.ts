/**
 * YAML (and so JSON) files of an operator, read strictly, with errors that name the line.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';
import { type Document, parseDocument } from 'yaml';

/**
 * Reads a file as one YAML document.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID as {@link readTextFile} and {@link parseYaml}.
 */
export function readYamlFile(path: string): unknown {
  return parseYaml(readTextFile(path), path);
}

/** @throws BoundaryError ERR_CONFIG_INVALID with the file and the reason when it cannot be read. */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { file: path, reason, expected: 'a readable YAML file' },
      cause,
    });
  }
}

/**
 * Reads YAML text without duplicate keys and aliases; `name` stands in errors.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID with the line and what was expected.
 */
export function parseYaml(text: string, name: string): unknown {
  // Duplicate keys are errors of the parser; aliases could make a small file huge.
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true, merge: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem === undefined) return toData(document, name);
  const line = problem.linePos?.[0].line;
  throw invalid(name, `line ${line ?? '?'}`, yamlWords(problem.message));
}

/** The parser's sentence, without the place, which stands beside it, and the excerpt below it. */
function yamlWords(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

function toData(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { file: name, field: '(aliases)', expected: 'every value written out, no aliases' },
      cause,
    });
  }
}

function invalid(file: string, field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { file, field, expected } });
}
