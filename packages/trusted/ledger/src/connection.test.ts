import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { codeOf, decisionOf, newDataDir, openTestLedger } from '../test/harness.ts';
import { openNew, openReadOnly, openWriter } from './connection.ts';
import { toStoreError } from './store-error.ts';

const prepared = (): string => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  ledger.commit([decisionOf('a')]);
  ledger.close();
  return join(dataDir, 'ledger.db');
};

const opened = (db: DatabaseSync): DatabaseSync => {
  onTestFinished(() => db.close());
  return db;
};

const setting = (db: DatabaseSync, name: string) =>
  Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

const FULL = 2;
const EXTRA = 3;

describe('a connection', () => {
  it('that writes flushes every commit', () => {
    const db = opened(openWriter(prepared()));
    expect(setting(db, 'journal_mode')).toBe('wal');
    expect(setting(db, 'synchronous')).toBe(FULL);
    expect(setting(db, 'fullfsync')).toBe(1);
    expect(setting(db, 'checkpoint_fullfsync')).toBe(1);
  });

  it('that makes a database flushes its directory too', () => {
    const db = opened(openNew(`${prepared()}-new`));
    expect(setting(db, 'journal_mode')).toBe('delete');
    expect(setting(db, 'synchronous')).toBe(EXTRA);
  });

  it('that reads cannot write', () => {
    const db = opened(openReadOnly(prepared()));
    const write = () => {
      try {
        db.exec('DELETE FROM request_nonces');
      } catch (cause) {
        throw toStoreError(cause);
      }
    };
    expect(codeOf(write)).toBe('ERR_STORE_UNAVAILABLE');
  });

  it.each([openWriter, openReadOnly])('opens no second file: %o', (open) => {
    const path = prepared();
    const db = opened(open(path));
    expect(() => db.exec(`ATTACH '${path}-other' AS other`)).toThrow(/too many attached/);
    expect(() => db.enableLoadExtension(true)).toThrow();
  });
});
