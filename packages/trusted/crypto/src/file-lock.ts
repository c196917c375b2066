/**
 * One writer at a time, by a lock file that names its holder.
 *
 * The lock is a symbolic link whose target is the text `<pid>@<host>`: the system makes it in one
 * step, content included, or says that it exists, so there is no moment at which a lock has no
 * holder. A lock whose process on this host is gone is stale and is taken over; every doubt
 * (another host, an unreadable text, a live process) counts as held.
 *
 * @module
 */

import type * as nodeFs from 'node:fs';
import { BoundaryError } from '@countersign/protocol';

/** The part of `node:fs` that a lock uses. */
export type LockFileSystem = Pick<typeof nodeFs, 'symlinkSync' | 'readlinkSync' | 'unlinkSync'>;

/** Who takes the lock, and how the life of another holder is told. */
export interface LockDeps {
  readonly files: LockFileSystem;
  readonly host: string;
  readonly pid: number;
  /** Answers whether a process with this id runs on this host. */
  readonly isAlive: (pid: number) => boolean;
}

const HOLDER = /^([1-9][0-9]{0,9})@(.+)$/s;

/**
 * Runs `body` while holding the lock at `lockPath`; never waits.
 *
 * @returns What `body` returns.
 * @throws BoundaryError ERR_STORE_IN_USE with the `path` of the lock and its `holder`; whatever
 *   `body` throws; the file system's own error when the lock cannot be made.
 * @remarks Changes: makes and removes `lockPath`, and `<lockPath>.break` while it takes over a
 *   stale lock. After a crash both may stay; the first is recognised as stale, the second has to
 *   be removed by hand.
 */
export function withFileLock<T>(lockPath: string, deps: LockDeps, body: () => T): T {
  takeLock(lockPath, deps);
  try {
    return body();
  } finally {
    dropLock(lockPath, deps);
  }
}

/** Answers whether a process with this id runs on this host; one of another user counts. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function takeLock(lockPath: string, deps: LockDeps): void {
  if (makeLink(lockPath, deps)) return;
  const holder = readHolder(lockPath, deps);
  if (!isStale(holder, deps)) throw inUse(lockPath, holder);
  breakLock(lockPath, holder, deps);
  if (!makeLink(lockPath, deps)) throw inUse(lockPath, readHolder(lockPath, deps));
}

// INVARIANT: only the holder of the guard removes a stale lock, and only the lock it judged; so
// two processes that see the same stale lock cannot remove each other's fresh one.
function breakLock(lockPath: string, stale: string, deps: LockDeps): void {
  const guardPath = `${lockPath}.break`;
  if (!makeLink(guardPath, deps)) throw inUse(guardPath, readHolder(guardPath, deps));
  try {
    if (readHolder(lockPath, deps) === stale) deps.files.unlinkSync(lockPath);
  } finally {
    dropLock(guardPath, deps);
  }
}

function makeLink(path: string, { files, pid, host }: LockDeps): boolean {
  try {
    files.symlinkSync(`${pid}@${host}`, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The text of the lock; empty when it is gone or is no link. */
function readHolder(path: string, { files }: LockDeps): string {
  try {
    return files.readlinkSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isStale(holder: string, { host, isAlive }: LockDeps): boolean {
  const match = HOLDER.exec(holder);
  return match !== null && match[2] === host && !isAlive(Number(match[1]));
}

function dropLock(path: string, { files }: LockDeps): void {
  try {
    files.unlinkSync(path);
  } catch {
    // What was done under the lock stands and is what the caller must hear about. The next
    // writer is refused with the path of the lock.
  }
}

function inUse(path: string, holder: string): BoundaryError {
  return new BoundaryError('ERR_STORE_IN_USE', {
    details: {
      path,
      holder: HOLDER.test(holder) ? holder : 'unknown',
      reason: 'another writer holds the lock; remove it when that process no longer runs',
    },
  });
}
