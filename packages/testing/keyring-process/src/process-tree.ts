/**
 * Children of a process, from the system's own tables.
 *
 * @module
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Processes below `pid`, nearest first, with their command lines. */
export function descendants(pid: number): readonly { pid: number; command: string }[] {
  const rows = existsSync('/proc/self/stat') ? rowsOfProc() : rowsOfPs();
  const found: Row[] = [];
  let generation = [pid];
  while (generation.length > 0) {
    const next = rows.filter((row) => generation.includes(row.parent));
    found.push(...next);
    generation = next.map((row) => row.pid);
  }
  return found.map(({ pid: child, command }) => ({ pid: child, command }));
}

/** Answers whether a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const row = existsSync('/proc/self/stat') ? procRow(pid) : undefined;
  if (existsSync('/proc/self/stat')) return row !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function rowsOfProc(): readonly Row[] {
  return readdirSync('/proc').flatMap((name) => {
    const row = /^[0-9]+$/.test(name) ? procRow(Number(name)) : undefined;
    return row === undefined ? [] : [row];
  });
}

/** `undefined` for a process that is gone, or only waits to be reaped. */
function procRow(pid: number): Row | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may contain anything.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return { pid, parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

function rowsOfPs(): readonly Row[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*([0-9]+)\s+([0-9]+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
