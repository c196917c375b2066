/**
 * Tables of the ledger and how they came to be, one migration per version.
 *
 * @module
 */

import { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import { corruptStore } from './store-error.ts';

/** Marks the file as a ledger, `PRAGMA application_id`: the letters CSLG. */
const APPLICATION_ID = 0x43_53_4c_47;

/**
 * SQL that leads from version n (its place in the list) to version n + 1. Released ones never change.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE identity (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    origin TEXT NOT NULL,
    verifier_key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE request_nonces (
    nonce_key TEXT PRIMARY KEY,
    expires_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX request_nonces_by_expiry ON request_nonces (expires_at_ms);
  CREATE TABLE log_entries (
    idx INTEGER PRIMARY KEY,
    entry BLOB NOT NULL
  ) STRICT;
  CREATE TABLE log_nodes (
    idx INTEGER PRIMARY KEY,
    hashes BLOB NOT NULL
  ) STRICT;
  CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL,
    high_water_ms INTEGER NOT NULL,
    forgotten_through_ms INTEGER NOT NULL,
    digest BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE buckets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    window_type TEXT NOT NULL CHECK (window_type IN ('sliding', 'fixed', 'lifetime')),
    window_ms INTEGER NOT NULL CHECK (window_ms >= 0),
    total BLOB NOT NULL CHECK (length(total) = 32),
    anchor_ms INTEGER CHECK ((anchor_ms IS NOT NULL) = (window_type = 'fixed')),
    freed_through_ms INTEGER NOT NULL CHECK (freed_through_ms >= -1),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    UNIQUE (name, window_type, window_ms)
  ) STRICT;
  CREATE TABLE reservations (
    slot TEXT NOT NULL,
    bucket_id INTEGER NOT NULL,
    amount BLOB NOT NULL CHECK (length(amount) = 32),
    until_ms INTEGER CHECK (until_ms >= 0),
    PRIMARY KEY (slot, bucket_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX reservations_by_end ON reservations (bucket_id, until_ms);
  CREATE TABLE freezes (
    scope TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL CHECK (since_ms >= 0)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX freezes_by_time ON freezes (since_ms);
  `,
  `
  CREATE TABLE intents (
    id TEXT PRIMARY KEY,
    document TEXT NOT NULL,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    owner TEXT NOT NULL,
    asked_at INTEGER NOT NULL CHECK (asked_at >= 0),
    expires_at_ms INTEGER NOT NULL CHECK (expires_at_ms >= 0),
    executed_at INTEGER CHECK (executed_at > asked_at)
  ) STRICT;
  CREATE INDEX intents_by_end ON intents (expires_at_ms, executed_at);
  CREATE INDEX intents_by_owner ON intents (owner, expires_at_ms, executed_at);
  CREATE TABLE intent_answers (
    intent_id TEXT NOT NULL,
    approver TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('approve', 'deny')),
    evidence TEXT NOT NULL,
    entry INTEGER NOT NULL CHECK (entry >= 0),
    PRIMARY KEY (intent_id, approver)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX intent_answers_by_entry ON intent_answers (entry, answer);
  `,
];

/** Version since which a ledger has buckets, reservations and freezes. */
export const SPENDING_VERSION = 2;

/** The version this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Version of an existing ledger.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when the file is some other database; ERR_STORE_NEWER when
 *   a newer program wrote it.
 */
export function readSchemaVersion(db: DatabaseSync, newest: number = SCHEMA_VERSION): number {
  const version = readPragma(db, 'user_version');
  if (readPragma(db, 'application_id') !== APPLICATION_ID || version < 1) {
    throw corruptStore('the database is not a ledger');
  }
  if (version <= newest) return version;
  throw new BoundaryError('ERR_STORE_NEWER', { details: { version, newest } });
}

/**
 * Brings a database to the newest version in one transaction.
 *
 * @param db - An empty database or a ledger of any earlier version.
 * @param migrations - The list to apply; tests pass their own.
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const version = readPragma(db, 'user_version');
  if (version >= migrations.length) return;
  db.exec(
    [
      'BEGIN IMMEDIATE',
      ...migrations.slice(version),
      `PRAGMA application_id = ${APPLICATION_ID}`,
      `PRAGMA user_version = ${migrations.length}`,
      'COMMIT',
    ].join(';\n'),
  );
}

/**
 * Compares tables, columns, constraints and indexes with those of a new ledger of the same version.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT when anything was altered, added or lost; ERR_STORE_NEWER.
 */
export function requireTables(db: DatabaseSync): void {
  const version = readSchemaVersion(db);
  const pristine = new DatabaseSync(':memory:');
  try {
    migrate(pristine, MIGRATIONS.slice(0, version));
    if (describe(db) !== describe(pristine)) {
      throw corruptStore('the tables are not those of a ledger');
    }
  } finally {
    pristine.close();
  }
}

function describe(db: DatabaseSync): string {
  const rows = db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name');
  return JSON.stringify(rows.all());
}

function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
