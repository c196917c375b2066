/**
 * The configuration file, checked by its schema, with errors that name the place.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import { parseYaml, readTextFile } from '../yaml-file.ts';
import { describeIssue } from './config-issue.ts';
import { type Config, configSchema } from './config-schema.ts';

/**
 * Reads and checks a configuration file.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID with the `field`, what was `expected` and, for YAML
 *   errors, the line.
 */
export function readConfigFile(path: string): Config {
  return parseConfig(readTextFile(path), path);
}

/** Checks configuration text; `name` stands in errors. Errors as {@link readConfigFile}. */
export function parseConfig(text: string, name: string): Config {
  const parsed = configSchema.safeParse(parseYaml(text, name));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const { field, expected } =
    issue === undefined
      ? { field: '(top level)', expected: 'a configuration' }
      : describeIssue(issue);
  throw new BoundaryError('ERR_CONFIG_INVALID', { details: { file: name, field, expected } });
}
