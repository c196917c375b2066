/**
 * Policies and cases as files of a test.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes a value as JSON, which is YAML; the file goes away with the test. */
export function fileWith(value: unknown, name = 'file.yaml'): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-policy-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, name);
  writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
  return file;
}
