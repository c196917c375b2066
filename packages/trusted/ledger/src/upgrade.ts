/**
 * Bringing an older ledger to the tables of this version.
 *
 * @module
 */

import { openReadOnly, openWriter } from './connection.ts';
import { MIGRATIONS, migrate, readSchemaVersion } from './schema.ts';
import { toOpeningError } from './store-error.ts';

/**
 * Applies the migrations an existing database lacks, in one transaction; most have none to apply and
 * are only read.
 *
 * @param path - The database.
 * @param migrations - The list to apply; tests pass their own.
 * @throws BoundaryError ERR_STORE_NEWER, ERR_STORE_CORRUPT, ERR_STORE_UNAVAILABLE.
 */
export function upgrade(path: string, migrations: readonly string[] = MIGRATIONS): void {
  try {
    if (versionOf(path, migrations.length) === migrations.length) return;
    const db = openWriter(path);
    try {
      migrate(db, migrations);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw toOpeningError(cause);
  }
}

function versionOf(path: string, newest: number): number {
  const db = openReadOnly(path);
  try {
    return readSchemaVersion(db, newest);
  } finally {
    db.close();
  }
}
