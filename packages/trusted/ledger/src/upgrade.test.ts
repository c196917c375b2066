import { hash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { codeOf, decisionOf, newDataDir, openTestLedger, provenEntries } from '../test/harness.ts';
import { chargeOf, commitOne, countedBy, spendOf } from '../test/spending.ts';
import { versionOne } from '../test/version-one.ts';
import { openLedgerReader } from './ledger-reader.ts';
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

describe('a ledger of version 1', () => {
  it('was made by a migration that never changes', () => {
    expect(hash('sha256', MIGRATIONS[0] ?? '')).toBe(
      '916b29ec3f946f19ea7dd185a31382caa15917856343a1314f53c63edf29c486',
    );
  });

  it('opens, with every entry and nonce, and can reserve and freeze', () => {
    const dataDir = versionOne(['a', 'b', 'c']);
    const ledger = openTestLedger(dataDir);
    expect(provenEntries(ledger)).toEqual(['allow a', 'allow b', 'allow c']);
    expect(ledger.commit([decisionOf('b')])[0]?.outcome.kind).toBe('used');
    expect(countedBy(commitOne(ledger, spendOf([chargeOf(60n)])).outcome)).toBe(60n);
    expect(countedBy(commitOne(ledger, spendOf([chargeOf(60n)])).outcome)).toBe('exceeded');
    expect(ledger.frozen()).toEqual([]);
    ledger.close();
    inspect(join(dataDir, 'ledger.db'), (db) => expect(readSchemaVersion(db)).toBe(SCHEMA_VERSION));
    expect(openTestLedger(dataDir).size()).toBe(6);
  });

  it('can be read and checked before a signer has upgraded it', () => {
    const dataDir = versionOne(['a', 'b']);
    const reader = openLedgerReader(dataDir);
    expect(reader.checkLog()).toMatchObject({ ok: true, entries: 2, reservations: 0 });
    expect(reader.checkSpending()).toEqual({ buckets: 0, reservations: 0 });
    reader.close();
    inspect(join(dataDir, 'ledger.db'), (db) => expect(readSchemaVersion(db)).toBe(1));
  });

  it('with a table that version 2 would bring is refused', () => {
    const dataDir = versionOne(['a']);
    inspect(join(dataDir, 'ledger.db'), (db) => db.exec('CREATE TABLE buckets (a)'));
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_STORE_CORRUPT');
    inspect(join(dataDir, 'ledger.db'), (db) => expect(readSchemaVersion(db)).toBe(1));
  });
});
