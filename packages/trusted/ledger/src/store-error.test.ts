import { BoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { toOpeningError, toStoreError } from './store-error.ts';

const sqliteError = (errcode: number) => Object.assign(new Error('text'), { errcode });

describe('errors of SQLite', () => {
  it.each([
    ['SQLITE_FULL', 13, 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_IOERR', 10, 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_IOERR_FSYNC', 10 | (4 << 8), 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_READONLY_DBMOVED', 8 | (4 << 8), 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_CANTOPEN', 14, 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_BUSY_SNAPSHOT', 5 | (2 << 8), 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_NOMEM', 7, 'ERR_STORE_UNAVAILABLE'],
    ['SQLITE_CORRUPT', 11, 'ERR_STORE_CORRUPT'],
    ['SQLITE_CORRUPT_INDEX', 11 | (3 << 8), 'ERR_STORE_CORRUPT'],
    ['SQLITE_NOTADB', 26, 'ERR_STORE_CORRUPT'],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', 19 | (6 << 8), 'ERR_INTERNAL'],
    ['SQLITE_ERROR', 1, 'ERR_INTERNAL'],
    ['SQLITE_MISUSE', 21, 'ERR_INTERNAL'],
  ])('%s', (_, errcode, code) => {
    const cause = sqliteError(errcode);
    expect(toStoreError(cause)).toMatchObject({ code, cause });
  });

  it('about our own statements mean foreign tables while opening, and nothing else does', () => {
    expect(toOpeningError(sqliteError(1)).code).toBe('ERR_STORE_CORRUPT');
    expect(toOpeningError(sqliteError(13)).code).toBe('ERR_STORE_UNAVAILABLE');
    expect(toOpeningError(new TypeError('a mistake of ours')).code).toBe('ERR_INTERNAL');
  });
});

describe('other errors', () => {
  it('of the file system are unavailability, without the path', () => {
    const cause = Object.assign(new Error("EROFS: open '/secret/place'"), {
      code: 'EROFS',
      syscall: 'open',
    });
    const error = toStoreError(cause);
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', cause });
    expect(error.details).toEqual({ reason: 'the file system answered EROFS' });
  });

  it('of ours pass unchanged', () => {
    const error = new BoundaryError('ERR_CLOCK_BEHIND');
    expect(toStoreError(error)).toBe(error);
  });

  it.each([new Error('x'), 'text', undefined, null, 7])('are internal faults: %s', (cause) => {
    expect(toStoreError(cause).code).toBe('ERR_INTERNAL');
  });
});
