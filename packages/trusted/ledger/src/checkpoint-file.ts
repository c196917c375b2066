/**
 * The newest checkpoint as a file beside the database, for the next start and for everyone else.
 *
 * Best effort, and never in the way of a commit: written by a timer, off the main thread, at most
 * every 200 ms, and once more at the end.
 *
 * @module
 */

import { renameSync, rmSync } from 'node:fs';
import { replacePrivateFile, writeDurably } from './private-file.ts';

export interface CheckpointFile {
  /** Asks for `note` to be written soon; a later call replaces an earlier one. */
  offer(note: string): void;
  /** Writes what is still waiting, at once. */
  close(): void;
}

/** Least time between two writes, milliseconds. */
const INTERVAL_MS = 200;

/**
 * @param path - Replaced as a whole by each write.
 * @param intervalMs - For tests.
 */
export function createCheckpointFile(path: string, intervalMs = INTERVAL_MS): CheckpointFile {
  const temporary = `${path}.next`;
  let waiting: string | undefined;
  let written: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isWriting = false;
  let isClosed = false;

  const schedule = (): void => {
    if (isClosed || isWriting || timer !== undefined || waiting === undefined) return;
    timer = setTimeout(write, intervalMs).unref();
  };
  const write = (): void => {
    timer = undefined;
    written = waiting;
    waiting = undefined;
    isWriting = true;
    const settle = (isDone: boolean): void => {
      isWriting = false;
      finish(temporary, isDone && !isClosed ? path : undefined);
      schedule();
    };
    writeDurably(temporary, written ?? '').then(
      () => settle(true),
      () => settle(false),
    );
  };
  return {
    offer: (note) => {
      waiting = note;
      schedule();
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      // INVARIANT: a write under way must not put an older checkpoint over this one: once closed, it
      // gives up its own file.
      const last = waiting ?? (isWriting ? written : undefined);
      if (last !== undefined) replaceIfPossible(path, last);
    },
  };
}

function finish(temporary: string, target: string | undefined): void {
  try {
    if (target === undefined) rmSync(temporary, { force: true });
    else renameSync(temporary, target);
  } catch {
    // Best effort: the database has the checkpoint.
  }
}

function replaceIfPossible(path: string, note: string): void {
  try {
    replacePrivateFile(path, note);
  } catch {
    // Best effort: the database has the checkpoint.
  }
}
