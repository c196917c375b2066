/**
 * Directories that look like an installed program.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A fresh directory that goes away with the test; its real path. */
export function newDirectory(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-program-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Makes an empty file and the directories above it; returns its path. */
export function touch(...parts: readonly string[]): string {
  const file = join(...parts);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  return file;
}

/** A checkout: `node_modules` and `packages` side by side. Returns the root and an entry. */
export function checkout(): { readonly root: string; readonly entry: string } {
  const root = newDirectory();
  mkdirSync(join(root, 'node_modules'));
  return { root, entry: touch(root, 'packages', 'trusted', 'signer', 'src', 'main.ts') };
}
