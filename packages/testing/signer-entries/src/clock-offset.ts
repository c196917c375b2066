/**
 * How wrong the clock of a signer is: a file in its data directory.
 *
 * @module
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Sets the clock of the signer of a data directory this many milliseconds ahead of the true time. */
export function setClockOffsetMs(dataDir: string, offsetMs: number): void {
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, String(offsetMs));
  renameSync(`${file}.new`, file);
}

/** 0 where nobody set one. */
export function readClockOffsetMs(dataDir: string): number {
  try {
    return Number(readFileSync(fileIn(dataDir), 'utf8'));
  } catch {
    return 0;
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'clock-offset-ms');
}
