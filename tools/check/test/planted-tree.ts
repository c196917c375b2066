/**
 * Small workspaces in a temporary folder, for checks that must be seen to fail.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface PlantedTree {
  /** Absolute path. */
  readonly root: string;
  /** Writes a file; a value that is no string is written as JSON. */
  readonly write: (path: string, content: unknown) => void;
  readonly remove: () => void;
}

/** Creates a tree with these files. */
export function plantTree(files: Readonly<Record<string, unknown>>): PlantedTree {
  const root = mkdtempSync(join(tmpdir(), 'countersign-tree-'));
  const write = (path: string, content: unknown): void => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content, null, 2);
    writeFileSync(join(root, path), text);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
}
