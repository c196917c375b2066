/**
 * Small files only their owner can read, replaced whole or not at all.
 *
 * `fsync` is forbidden under Node's permission model, which the signer runs under. A file opened with
 * O_SYNC is on disk when `write` returns, which serves as well for files of one write.
 *
 * @module
 */

import { closeSync, constants, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { toStoreError } from './store-error.ts';

const OWNER_ONLY = 0o600;
const { O_CREAT, O_EXCL, O_SYNC, O_TRUNC, O_WRONLY } = constants;

/** Made or emptied; each write returns when it is on disk. */
const DURABLE_WRITE = O_WRONLY | O_CREAT | O_TRUNC | O_SYNC;

/**
 * Makes an empty file (0600). One that exists is left alone and not opened.
 *
 * @throws BoundaryError ERR_STORE_UNAVAILABLE.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL, OWNER_ONLY));
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      throw toStoreError(cause);
    }
  }
}

/**
 * Replaces a file (0600): at every moment its name leads to the old content or to the new one.
 *
 * The content is on disk before the name is; the name itself is durable with the next directory
 * update that is, at the latest with the next database transaction.
 *
 * @throws BoundaryError ERR_STORE_UNAVAILABLE, and the old content stays.
 */
export function replacePrivateFile(path: string, content: Uint8Array | string): void {
  const temporary = `${path}.new`;
  try {
    const fd = openSync(temporary, DURABLE_WRITE, OWNER_ONLY);
    try {
      writeWhole(fd, typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (cause) {
    removeIfPossible(temporary);
    throw toStoreError(cause);
  }
}

/** Writes a file (0600) off the main thread, not atomically; resolves when it is on disk. */
export async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, DURABLE_WRITE, OWNER_ONLY);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Removes what a failed write left; the failure is what matters to the caller. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A stray temporary file is overwritten by the next write.
  }
}

function writeWhole(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
