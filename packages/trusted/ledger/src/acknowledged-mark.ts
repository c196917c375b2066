/**
 * A few bytes that say how long the log was when the last commit was acknowledged.
 *
 * A write-ahead log that lost frames recovers without a word to an earlier commit. This mark, written
 * after every commit and before it is acknowledged, tells such a loss from a commit that never was.
 * It is not flushed: it survives the end of the process, and after a power failure it can only be
 * older than the database, never newer, because each commit is on disk before its mark is written.
 *
 * @module
 */

import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { replacePrivateFile } from './private-file.ts';
import { corruptStore, toStoreError } from './store-error.ts';

export interface AcknowledgedMark {
  /** Writes the mark in place. A failure is ignored: the mark then is older than it could be. */
  write(size: number): void;
  close(): void;
}

const DIGITS = 20;
const MARK = /^[0-9]{20}\n$/;

/**
 * Opens the mark for writing and sets it.
 *
 * @throws BoundaryError ERR_STORE_UNAVAILABLE.
 */
export function openAcknowledgedMark(path: string, size: number): AcknowledgedMark {
  replacePrivateFile(path, format(size));
  const fd = open(path);
  let isOpen = true;
  return {
    write: (newSize) => {
      // INVARIANT: a closed descriptor is not written to, its number may be another file's by now.
      if (!isOpen) return;
      try {
        writeSync(fd, format(newSize), 0, 'latin1');
      } catch {
        // An older mark still holds: everything below it was acknowledged.
      }
    },
    close: () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/**
 * Reads the mark.
 *
 * @returns Entries that were acknowledged; `undefined` when there is no mark.
 * @throws BoundaryError ERR_STORE_CORRUPT when the file holds anything else; ERR_STORE_UNAVAILABLE.
 */
export function readAcknowledged(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const text = read(path);
  const size = Number(text.trim());
  if (MARK.test(text) && Number.isSafeInteger(size)) return size;
  throw corruptStore('the file acknowledged holds no number', {
    next: 'compare the log with its receipts, then remove the file',
  });
}

function format(size: number): string {
  return `${String(size).padStart(DIGITS, '0')}\n`;
}

function open(path: string): number {
  try {
    return openSync(path, 'r+');
  } catch (cause) {
    throw toStoreError(cause);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw toStoreError(cause);
  }
}
