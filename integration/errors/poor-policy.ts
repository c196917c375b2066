/**
 * A policy no command accepts.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '@countersign/testing-keyring-process';

/** A file whose rules are a word. @returns Its path. */
export function policyWithoutRules(): string {
  const file = join(temporaryDirectory(), 'policy.json');
  writeFileSync(file, JSON.stringify({ version: '1.0', name: 'poor', rules: 'none' }));
  return file;
}
