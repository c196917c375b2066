/**
 * Files that hold keys: private to their owner, replaced whole or not at all.
 *
 * Reading refuses symbolic links, other owners and any permission for group or others, on the file
 * and on its directory; the checks are made on the opened file, not on its name. Writing goes
 * through a second file in the same directory: write, flush, rename, flush the directory. At every
 * moment the name leads to the old content or to the new one.
 *
 * Needs POSIX permissions and owners; where there are none, every file is refused. Node's
 * permission model forbids links and flushes, so a process that runs under it can read these files
 * and cannot write them.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import * as nodeFs from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { BoundaryError, type ErrorCode, type ErrorDetails } from '@countersign/protocol';
import { isProcessAlive, type LockDeps, type LockFileSystem, withFileLock } from './file-lock.ts';

/** The part of `node:fs` that is used here; tests make single steps of it fail. */
export type FileSystem = LockFileSystem &
  Pick<
    typeof nodeFs,
    | 'closeSync'
    | 'fstatSync'
    | 'fsyncSync'
    | 'lstatSync'
    | 'mkdirSync'
    | 'openSync'
    | 'readFileSync'
    | 'renameSync'
    | 'writeFileSync'
  >;

/** What a private file needs from the machine. Every part has the obvious default. */
export interface PrivateFileDeps {
  readonly files?: FileSystem;
  readonly host?: string;
  readonly pid?: number;
  readonly isAlive?: (pid: number) => boolean;
}

/** SHA-256 of a file's content in hex, or {@link NO_FILE}. */
export type FileRevision = string;

/** The revision of a file that does not exist. */
export const NO_FILE: FileRevision = 'absent';

/** More than any file of keys needs. */
const MAX_PRIVATE_FILE_BYTES = 1_048_576;

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const GROUP_AND_OTHERS = 0o077;
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = nodeFs.constants;

type Stats = Pick<nodeFs.Stats, 'mode' | 'uid'>;

/**
 * Reads a private file.
 *
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS with `path`, `reason` and what to `run`;
 *   ERR_KEYSTORE_MALFORMED when there is no such file, it is no regular file, it is above 1 MiB or
 *   the system refuses to read it.
 */
export function readPrivateFile(path: string, deps: PrivateFileDeps = {}): Uint8Array {
  const bytes = readIfPresent(resolve(path), deps.files ?? nodeFs);
  if (bytes === undefined) throw unreadable(path, 'there is no file at this path');
  return bytes;
}

/** Answers whether anything has this name, a dangling link included. Throws when it cannot tell. */
export function isNameTaken(path: string, deps: PrivateFileDeps = {}): boolean {
  const { lstatSync } = deps.files ?? nodeFs;
  return attemptRead(path, 'look', () => lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** The revision of a file with this content. */
export function revisionOf(bytes: Uint8Array): FileRevision {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Replaces a private file, or makes it, so that it is never seen half written.
 *
 * Order: directory → lock → same revision as expected? → write and flush a second file → rename →
 * flush the directory → unlock.
 *
 * @param expected - Revision that the new content is based on; {@link NO_FILE} to make a new file.
 * @returns The revision of the new content.
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS as {@link readPrivateFile}; ERR_STORE_IN_USE when
 *   another writer is at work or has changed the file since; ERR_STORE_UNAVAILABLE with `path` and
 *   `step` when the system refuses. After a failed `flush-directory` the new content is in place
 *   and may not survive a power cut; after any other failure the old content is.
 * @remarks Changes: the file; makes its directory (0700) when absent; `<path>.new` and
 *   `<path>.lock` while it works. A left-over `<path>.new` is removed by the next write.
 */
export function replacePrivateFile(
  path: string,
  bytes: Uint8Array,
  expected: FileRevision,
  deps: PrivateFileDeps = {},
): FileRevision {
  const target = resolve(path);
  const lockDeps = toLockDeps(deps);
  const { files } = lockDeps;
  attemptWrite(target, 'make-directory', () => makeDirectory(dirname(target), files));
  assertPrivateDirectory(dirname(target), files);
  return attemptWrite(target, 'lock', () =>
    withFileLock(`${target}.lock`, lockDeps, () => {
      assertUnchanged(target, expected, files);
      moveIntoPlace(target, bytes, files);
      attemptWrite(target, 'flush-directory', () => flushDirectory(dirname(target), files));
      return revisionOf(bytes);
    }),
  );
}

function readIfPresent(path: string, files: FileSystem): Uint8Array | undefined {
  const stats = attemptRead(path, 'look', () => files.lstatSync(path, { throwIfNoEntry: false }));
  if (stats === undefined) return undefined;
  assertPrivateDirectory(dirname(path), files);
  if (stats.isSymbolicLink()) throw linkRefused(path);
  // Looked at before opening, for a message better than "permission denied" …
  assertPrivate(path, stats, FILE_MODE);
  // … and again when opened, which is what counts. Non-blocking: a pipe there must not hang us.
  const fd = attemptRead(path, 'open', () =>
    files.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
  );
  try {
    return readOpened(path, fd, files);
  } finally {
    attemptRead(path, 'close', () => files.closeSync(fd));
  }
}

function readOpened(path: string, fd: number, files: FileSystem): Uint8Array {
  const stats = attemptRead(path, 'look', () => files.fstatSync(fd));
  if (!stats.isFile()) throw unreadable(path, 'it is not a regular file');
  assertPrivate(path, stats, FILE_MODE);
  if (stats.size > MAX_PRIVATE_FILE_BYTES) {
    throw unreadable(path, `it is larger than ${MAX_PRIVATE_FILE_BYTES} bytes`);
  }
  return attemptRead(path, 'read', () => files.readFileSync(fd));
}

function assertPrivateDirectory(path: string, files: FileSystem): void {
  const stats = attemptRead(path, 'look', () => files.lstatSync(path));
  if (stats.isSymbolicLink()) throw linkRefused(path);
  if (!stats.isDirectory()) throw unreadable(path, 'it is not a directory');
  assertPrivate(path, stats, DIRECTORY_MODE);
}

// INVARIANT: no key is read from, or written beside, what someone else can read or change.
function assertPrivate(path: string, { mode, uid }: Stats, wanted: number): void {
  const own = process.geteuid?.();
  // Root can change everything anyway, so what root owns is accepted.
  if (own === undefined || (uid !== own && uid !== 0)) {
    throw refused(path, 'it belongs to another user', `chown ${own ?? '?'} ${quote(path)}`);
  }
  if ((mode & GROUP_AND_OTHERS) === 0) return;
  const found = octal(mode);
  const run = `chmod ${octal(wanted).slice(1)} ${quote(path)}`;
  throw refused(path, `its mode is ${found}, expected ${octal(wanted)}`, run);
}

function assertUnchanged(path: string, expected: FileRevision, files: FileSystem): void {
  const bytes = readIfPresent(path, files);
  if ((bytes === undefined ? NO_FILE : revisionOf(bytes)) === expected) return;
  throw new BoundaryError('ERR_STORE_IN_USE', {
    details: { path, reason: 'the file was changed by another writer; open it and try again' },
  });
}

/** Makes what is missing of a path, and makes the new names last: each is on disk in its parent. */
function makeDirectory(path: string, files: FileSystem): void {
  const first = files.mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    flushDirectory(dirname(made), files);
    if (made === dirname(made)) return;
  }
}

function moveIntoPlace(target: string, bytes: Uint8Array, files: FileSystem): void {
  const aside = `${target}.new`;
  attemptWrite(target, 'clear', () => removeIfPresent(aside, files));
  try {
    attemptWrite(target, 'write', () => writeFlushed(aside, bytes, files));
    attemptWrite(target, 'rename', () => files.renameSync(aside, target));
  } catch (error) {
    removeQuietly(aside, files);
    throw error;
  }
}

function writeFlushed(path: string, bytes: Uint8Array, files: FileSystem): void {
  const fd = files.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    files.writeFileSync(fd, bytes);
    // INVARIANT: the content is on disk before the name leads to it.
    files.fsyncSync(fd);
  } finally {
    files.closeSync(fd);
  }
}

function flushDirectory(path: string, files: FileSystem): void {
  const fd = files.openSync(path, O_RDONLY);
  try {
    files.fsyncSync(fd);
  } finally {
    files.closeSync(fd);
  }
}

function removeIfPresent(path: string, files: FileSystem): void {
  if (files.lstatSync(path, { throwIfNoEntry: false }) !== undefined) files.unlinkSync(path);
}

function removeQuietly(path: string, files: FileSystem): void {
  try {
    removeIfPresent(path, files);
  } catch {
    // The failure that led here is the one to report; the next write removes the file.
  }
}

function toLockDeps(deps: PrivateFileDeps): LockDeps & { readonly files: FileSystem } {
  return {
    files: deps.files ?? nodeFs,
    host: deps.host ?? hostname(),
    pid: deps.pid ?? process.pid,
    isAlive: deps.isAlive ?? isProcessAlive,
  };
}

function attemptRead<T>(path: string, step: string, action: () => T): T {
  return attempt('ERR_KEYSTORE_MALFORMED', { path, field: 'file', step }, action);
}

function attemptWrite<T>(path: string, step: string, action: () => T): T {
  return attempt('ERR_STORE_UNAVAILABLE', { path, step }, action);
}

/** Runs one step; a fault of the system becomes an error that names the step. */
function attempt<T>(code: ErrorCode, details: ErrorDetails, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof BoundaryError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoundaryError(code, { details: { ...details, reason }, cause });
  }
}

function linkRefused(path: string): BoundaryError {
  return refused(path, 'it is a symbolic link', `put the real file or directory at ${quote(path)}`);
}

function refused(path: string, reason: string, run: string): BoundaryError {
  return new BoundaryError('ERR_KEYSTORE_PERMISSIONS', { details: { path, reason, run } });
}

function unreadable(path: string, reason: string): BoundaryError {
  return new BoundaryError('ERR_KEYSTORE_MALFORMED', { details: { path, field: 'file', reason } });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Quotes a path for a POSIX shell, so that the advice can be pasted as it is. */
function quote(path: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
