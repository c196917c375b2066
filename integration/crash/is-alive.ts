/**
 * Whether a process still runs.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

/** A process that only waits to be reaped is not alive. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    // Field 3, after the name in parentheses, which may hold anything.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
