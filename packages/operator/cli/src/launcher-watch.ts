/**
 * Noticing that whoever started the command is gone.
 *
 * npm puts a shell between itself and a command and does not pass signals through it: ending npm
 * would leave a server with keys loaded behind. So a server started by npm ends when its parent, or
 * its parent's parent, is no longer the one it was. A server started any other way outlives its
 * parent, as a daemon must.
 *
 * @module
 */

import { readFileSync } from 'node:fs';

const POLL_MS = 100;

/**
 * Watches the processes above this one, when npm started it.
 *
 * @param onGone - Called once when one of them has ended.
 */
export function watchLauncher(env: NodeJS.ProcessEnv, onGone: () => void): void {
  if (env.npm_command === undefined) return;
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
}

/** Parent and, where the system tells, its parent. */
function ancestors(): string {
  const { ppid } = process;
  return `${ppid} ${parentOf(ppid)}`;
}

function parentOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
  } catch {
    return '';
  }
}
