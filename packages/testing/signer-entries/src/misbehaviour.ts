/**
 * How a broken signer treats its edge.
 *
 * @module
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Misbehaviour =
  /** Refuses every request by the rules. */
  | 'refusing'
  /** Ends in the middle of an answer. */
  | 'half-frame'
  /** Sends bytes that are no frame. */
  | 'garbage'
  /** Sends a frame that holds no answer. */
  | 'no-answer'
  /** Sends a signature nobody asked for, then refuses. */
  | 'unknown-id'
  /** Refuses, then sends a signature for the same question. */
  | 'second-answer'
  /** Says nothing. */
  | 'silent';

/** Tells the signer of a data directory what to do with requests from now on. */
export function misbehave(dataDir: string, how: Misbehaviour): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, how);
  renameSync(`${file}.new`, file);
}

export function readMisbehaviour(dataDir: string): Misbehaviour {
  try {
    return readFileSync(fileIn(dataDir), 'utf8') as Misbehaviour;
  } catch {
    return 'refusing';
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'misbehaviour');
}
