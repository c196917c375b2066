/**
 * Connections to the database, with every setting that durability depends on.
 *
 * @module
 * @see https://sqlite.org/wal.html
 * @see https://sqlite.org/security.html
 */

import { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';

/** How long a statement waits for a reader that recovers or checkpoints, milliseconds. */
const BUSY_TIMEOUT_MS = 2_000;

const OPTIONS = {
  timeout: BUSY_TIMEOUT_MS,
  allowExtension: false,
  defensive: true,
  // The permission model does not reach into SQLite: without this, SQL could open other files.
  limits: { attach: 0 },
};

/** Settings of every connection. */
const COMMON = `
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA temp_store = MEMORY;
  PRAGMA mmap_size = 0;
`;

/** A commit returns when its frames of the write-ahead log are on disk, also on macOS. */
const DURABLE = `
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
`;

const WRITER = `
  PRAGMA cache_size = -16384;
  PRAGMA journal_size_limit = 67108864;
`;

/**
 * Opens the database of a running signer: write-ahead log, `synchronous=FULL`.
 *
 * @throws Error of SQLite; BoundaryError ERR_STORE_UNAVAILABLE on a file system without shared memory
 *   for the write-ahead log.
 */
export function openWriter(path: string): DatabaseSync {
  return configured(new DatabaseSync(path, OPTIONS), (db) => {
    db.exec(COMMON + DURABLE + WRITER);
    const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode;
    if (mode === 'wal') return;
    throw new BoundaryError('ERR_STORE_UNAVAILABLE', {
      details: { reason: 'the file system cannot hold a write-ahead log' },
    });
  });
}

/**
 * Opens a database that is being made: rollback journal, directory entries flushed with each commit.
 */
export function openNew(path: string): DatabaseSync {
  return configured(new DatabaseSync(path, OPTIONS), (db) => {
    db.exec(`${COMMON + DURABLE} PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA;`);
  });
}

/**
 * Opens an existing database for reading, beside a running signer or alone.
 *
 * Closing it never moves the write-ahead log into the database, so what a crash left stays as it is.
 *
 * @throws Error of SQLite.
 */
export function openReadOnly(path: string): DatabaseSync {
  return configured(new DatabaseSync(path, { ...OPTIONS, readOnly: true }), (db) => {
    db.exec(`${COMMON} PRAGMA query_only = ON;`);
  });
}

function configured(db: DatabaseSync, configure: (db: DatabaseSync) => void): DatabaseSync {
  try {
    configure(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
