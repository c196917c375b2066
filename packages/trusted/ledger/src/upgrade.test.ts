import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { codeOf, decisionOf, newDataDir, openTestLedger } from '../test/harness.ts';
import { MIGRATIONS, readSchemaVersion, SCHEMA_VERSION } from './schema.ts';
import { upgrade } from './upgrade.ts';

const NEXT = [...MIGRATIONS, 'CREATE TABLE later (a INTEGER) STRICT; INSERT INTO later VALUES (7)'];

const prepared = (): string => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  ledger.commit([decisionOf('a')]);
  ledger.close();
  return join(dataDir, 'ledger.db');
};

const inspect = <T>(path: string, use: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(path);
  try {
    return use(db);
  } finally {
    db.close();
  }
};

describe('an upgrade', () => {
  it('applies what is missing, once, and keeps what is there', () => {
    const path = prepared();
    upgrade(path, NEXT);
    upgrade(path, NEXT);
    inspect(path, (db) => {
      expect(readSchemaVersion(db, NEXT.length)).toBe(SCHEMA_VERSION + 1);
      expect(db.prepare('SELECT a FROM later').all()).toEqual([{ a: 7 }]);
      expect(db.prepare('SELECT count(*) AS count FROM log_entries').get()).toEqual({ count: 1 });
    });
  });

  it('cannot be undone: an older program refuses the database', () => {
    const path = prepared();
    upgrade(path, NEXT);
    expect(codeOf(() => upgrade(path))).toBe('ERR_STORE_NEWER');
  });

  it('happens whole or not at all', () => {
    const path = prepared();
    const broken = [...NEXT, 'CREATE TABLE more (a); SELECT no_such_function()'];
    expect(codeOf(() => upgrade(path, broken))).toBe('ERR_STORE_CORRUPT');
    inspect(path, (db) => {
      expect(readSchemaVersion(db)).toBe(SCHEMA_VERSION);
      const tables = db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('later', 'more')");
      expect(tables.all()).toEqual([]);
    });
  });

  it('leaves a ledger of this version alone', () => {
    const path = prepared();
    upgrade(path);
    inspect(path, (db) => expect(readSchemaVersion(db)).toBe(SCHEMA_VERSION));
  });
});
