/**
 * Reading the configuration file: YAML, strictly, with errors that name the place.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
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
    throw invalid(name, `line ${line ?? '?'}`, problem.message.split('\n', 1)[0] ?? 'YAML');
  }
  const parsed = configSchema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(name, fieldOf(issue), issue?.message ?? 'invalid');
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

function fieldOf(issue: z.core.$ZodIssue | undefined): string {
  const path = issue?.path ?? [];
  return (
    path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
      .join('')
      .replace(/^\./, '') || '(top level)'
  );
}

function invalid(file: string, field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { file, field, expected } });
}
