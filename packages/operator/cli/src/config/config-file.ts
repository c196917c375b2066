/**
 * Reading the configuration file: YAML, strictly, with errors that name the place.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';
import { type Document, parseDocument } from 'yaml';
import { describeIssue } from './config-issue.ts';
import { type Config, configSchema } from './config-schema.ts';

/**
 * Reads and checks a configuration file.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID with the `field`, what was `expected` and, for YAML
 *   errors, the line.
 */
export function readConfigFile(path: string): Config {
  return parseConfig(readText(path), path);
}

/** Checks configuration text; `name` stands in errors. Errors as {@link readConfigFile}. */
export function parseConfig(text: string, name: string): Config {
  // Duplicate keys are errors of the parser; aliases could make a small file huge.
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true, merge: false });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    throw invalid(name, `line ${line ?? '?'}`, yamlWords(problem.message));
  }
  const parsed = configSchema.safeParse(toData(document, name));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { field, expected } =
    issue === undefined
      ? { field: '(top level)', expected: 'a configuration' }
      : describeIssue(issue);
  throw invalid(name, field, expected);
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

function readText(path: string): string {
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

function invalid(file: string, field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { file, field, expected } });
}
