/**
 * What an error of SQLite or of the file system means to a caller of the ledger.
 *
 * @module
 * @see https://sqlite.org/rescode.html
 */

import { BoundaryError, type ErrorDetails, isBoundaryError } from '@countersign/protocol';

/** Primary result codes that pass when the machine around the ledger is put right. */
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [3, 'access to the database is denied'],
  [5, 'another process holds the database'],
  [6, 'another statement holds the database'],
  [7, 'there is no memory left'],
  [8, 'the database can only be read'],
  [9, 'the operation was interrupted'],
  [10, 'reading or writing failed'],
  [13, 'there is no space left'],
  [14, 'a file cannot be opened'],
  [15, 'a lock cannot be taken'],
  [22, 'the file system cannot hold a file of this size'],
]);

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const CORRUPT: ReadonlyMap<number, string> = new Map([
  [11, 'the database file is damaged'],
  [26, 'the database file is not a database'],
]);

const BUSY = 5;

/**
 * Translates anything thrown inside the ledger.
 *
 * @param cause - A BoundaryError passes unchanged. Errors of SQLite are told apart by result code,
 *   errors of the file system are unavailability; everything else is an internal fault.
 * @returns ERR_STORE_UNAVAILABLE, ERR_STORE_CORRUPT or ERR_INTERNAL, with `cause` kept. Details
 *   carry a reason and never a path.
 */
export function toStoreError(cause: unknown): BoundaryError {
  if (isBoundaryError(cause)) return cause;
  const code = primaryCode(cause);
  if (isOutOfRange(cause)) return corruptStore('a number is out of range', {}, cause);
  const unavailable = code === undefined ? systemReason(cause) : UNAVAILABLE.get(code);
  if (unavailable !== undefined) {
    return new BoundaryError('ERR_STORE_UNAVAILABLE', { details: { reason: unavailable }, cause });
  }
  const corrupt = code === undefined ? undefined : CORRUPT.get(code);
  if (corrupt !== undefined) return corruptStore(corrupt, {}, cause);
  return new BoundaryError('ERR_INTERNAL', { details: { area: 'ledger' }, cause });
}

/**
 * Translates what is thrown while a ledger is opened or checked: there, any complaint of SQLite about
 * our own statements means that the tables are not ours any more.
 */
export function toOpeningError(cause: unknown): BoundaryError {
  const error = toStoreError(cause);
  if (error.code !== 'ERR_INTERNAL' || primaryCode(cause) === undefined) return error;
  return corruptStore('the tables are not those of a ledger', {}, cause);
}

/** Answers whether SQLite gave up because somebody else holds the file. */
export function isBusy(cause: unknown): boolean {
  return primaryCode(cause) === BUSY;
}

/**
 * ERR_STORE_CORRUPT with the reason and what to do next, both safe to show.
 *
 * @param facts - Further details, for instance the index of the damaged entry.
 */
export function corruptStore(
  reason: string,
  facts: ErrorDetails = {},
  cause?: unknown,
): BoundaryError {
  const next = 'keep a copy of the data directory, then restore the newest backup';
  return new BoundaryError('ERR_STORE_CORRUPT', { details: { reason, next, ...facts }, cause });
}

/** ERR_LOG_ROLLED_BACK with the reason and what to do next, both safe to show. */
export function rolledBack(reason: string, facts: ErrorDetails = {}): BoundaryError {
  const next = 'restore the newest data directory; an older one would fork the log';
  return new BoundaryError('ERR_LOG_ROLLED_BACK', { details: { reason, next, ...facts } });
}

/** SQLite's primary result code: the low byte of the extended one. */
function primaryCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause)) return undefined;
  return typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
}

/** `node:sqlite` refuses to read an integer that a number cannot hold; nothing here writes one. */
function isOutOfRange(cause: unknown): boolean {
  return cause instanceof RangeError && 'code' in cause && cause.code === 'ERR_OUT_OF_RANGE';
}

function systemReason(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('syscall' in cause) || !('code' in cause)) return undefined;
  return `the file system answered ${String(cause.code)}`;
}
