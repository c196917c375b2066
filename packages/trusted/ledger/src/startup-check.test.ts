/**
 * Damaged, truncated, swapped and old files: a ledger that is not certain stays closed.
 *
 * @module
 */

import { hash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  createVerifierKey,
  formatVerifierKey,
  KEY_TYPE,
  parseNote,
  signNote,
} from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  decisionOf,
  errorOf,
  newDataDir,
  openTestLedger,
  provenEntries,
  replaceNote,
  TEST_SEAL,
} from '../test/harness.ts';
import { chargeOf, FIXED_DAY, LIFETIME, SLIDING_DAY, spendOf } from '../test/spending.ts';
import { dataDirectoryAt } from './data-directory.ts';
import { openLogKey } from './log-key.ts';

const PAGE_BYTES = 4_096;
/** Above it, only some pages are checked at start; the file is sparse. */
const LARGE_BYTES = 65 * 1024 * 1024;
const WAL_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;

/** A ledger with `count` decisions in batches of three, closed in an orderly way. */
const closed = (count = 30): string => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  for (let at = 0; at < count; at += 3) {
    ledger.commit([at, at + 1, at + 2].map((id) => decisionOf(`${id}`)));
  }
  ledger.close();
  return dataDir;
};

/**
 * The files as they are while a signer runs, which is what the end of its process leaves: everything
 * acknowledged, most of it in the write-ahead log only.
 */
const crashed = (count = 10): string => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  for (let at = 0; at < count; at += 1) ledger.commit([decisionOf(`${at}`)]);
  const copy = newDataDir();
  cpSync(dataDir, copy, { recursive: true });
  ledger.close();
  return copy;
};

const flip = (path: string, at: number) => {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
};

/** Digest of a file; one that is missing is as good as an empty one. */
const digestOf = (path: string) => hash('sha256', existsSync(path) ? readFileSync(path) : '');

const sql = (dataDir: string, text: string) => {
  const db = new DatabaseSync(join(dataDir, 'ledger.db'));
  db.exec(text);
  db.close();
};

const reasonFor = (dataDir: string) => {
  const { code, details } = errorOf(() => openTestLedger(dataDir));
  expect(details.next).toMatch(/\w+/);
  expect(JSON.stringify(details)).not.toContain(dataDir);
  return [code, details.reason];
};

describe('what opens', () => {
  it('a ledger that was closed', () => {
    expect(provenEntries(openTestLedger(closed(6))).length).toBe(6);
  });

  it('a ledger whose process ended, with every decision', () => {
    const ledger = openTestLedger(crashed());
    expect(provenEntries(ledger)).toEqual(Array.from({ length: 10 }, (_, at) => `allow ${at}`));
    expect(ledger.commit([decisionOf('9')])[0]?.fresh).toBe(false);
  });

  it('a ledger without its marks, as a copied database is', () => {
    const dataDir = closed(6);
    rmSync(join(dataDir, 'acknowledged'));
    rmSync(join(dataDir, 'checkpoint'));
    expect(openTestLedger(dataDir).size()).toBe(6);
    expect(existsSync(join(dataDir, 'acknowledged'))).toBe(true);
  });

  it('a ledger whose checkpoint file is older, as after a crash', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    ledger.append([bytesOf('a')]);
    const older = ledger.checkpoint();
    ledger.append([bytesOf('b')]);
    ledger.close();
    writeFileSync(join(dataDir, 'checkpoint'), older);
    expect(openTestLedger(dataDir).size()).toBe(2);
  });

  it('a write-ahead log that ends in a commit nobody was told about, without it', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    ledger.commit([decisionOf('told')]);
    const before = newDataDir();
    cpSync(dataDir, before, { recursive: true });
    ledger.commit([decisionOf('not told')]);
    const wal = readFileSync(join(dataDir, 'ledger.db-wal'));
    ledger.close();
    const toldBytes = statSync(join(before, 'ledger.db-wal')).size;
    expect(wal.length).toBeGreaterThan(toldBytes + FRAME_BYTES);
    for (const torn of [toldBytes + 1, toldBytes + FRAME_BYTES, wal.length - 1]) {
      const copy = newDataDir();
      cpSync(before, copy, { recursive: true });
      writeFileSync(join(copy, 'ledger.db-wal'), wal.subarray(0, torn));
      expect(provenEntries(openTestLedger(copy))).toEqual(['allow told']);
    }
  });

  it('a commit that is on disk although nobody was told, with it', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    ledger.commit([decisionOf('told')]);
    const mark = readFileSync(join(dataDir, 'acknowledged'));
    ledger.commit([decisionOf('not told')]);
    const copy = newDataDir();
    cpSync(dataDir, copy, { recursive: true });
    ledger.close();
    writeFileSync(join(copy, 'acknowledged'), mark);
    const again = openTestLedger(copy);
    expect(provenEntries(again)).toEqual(['allow told', 'allow not told']);
    expect(again.commit([decisionOf('not told')])[0]?.fresh).toBe(false);
  });
});

describe('a database file', () => {
  const database = (dataDir: string) => join(dataDir, 'ledger.db');
  it.each<[string, (path: string) => void]>([
    ['that is empty', (path) => truncateSync(path, 0)],
    ['that is text', (path) => writeFileSync(path, 'not a database\n'.repeat(1_000))],
    ['that is zeros', (path) => writeFileSync(path, new Uint8Array(statSync(path).size))],
    ['cut in half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['cut within a page', (path) => truncateSync(path, statSync(path).size - 2_000)],
    ['without its last page', (path) => truncateSync(path, statSync(path).size - PAGE_BYTES)],
    [
      'with a last page of zeros',
      (path) => {
        truncateSync(path, statSync(path).size - PAGE_BYTES);
        appendFileSync(path, new Uint8Array(PAGE_BYTES));
      },
    ],
    ['with a damaged header', (path) => flip(path, 5)],
    ['with a damaged page type', (path) => flip(path, 2 * PAGE_BYTES)],
  ])('%s is refused', (_, damage) => {
    // Long enough that the last page holds a part of the log, not an empty table.
    const dataDir = closed(90);
    damage(database(dataDir));
    expect(reasonFor(dataDir)[0]).toBe('ERR_STORE_CORRUPT');
  });

  it('with a request nonce altered in one of its two places is refused, also in a large file', () => {
    const dataDir = closed();
    const intact = readFileSync(database(dataDir));
    const nonceKey = decisionOf('17').nonceKey;
    const places = [intact.indexOf(nonceKey), intact.lastIndexOf(nonceKey)];
    expect(new Set(places).size).toBe(2);
    for (const place of places) {
      for (const size of [intact.length, LARGE_BYTES]) {
        writeFileSync(database(dataDir), intact);
        flip(database(dataDir), place + nonceKey.length - 3);
        truncateSync(database(dataDir), size);
        expect(reasonFor(dataDir)).toEqual(['ERR_STORE_CORRUPT', 'the database file is damaged']);
      }
    }
    writeFileSync(database(dataDir), intact);
    truncateSync(database(dataDir), LARGE_BYTES);
    expect(openTestLedger(dataDir).size()).toBe(30);
  });

  it('of another program is refused', () => {
    const dataDir = closed();
    rmSync(database(dataDir));
    sql(dataDir, 'CREATE TABLE log_entries (idx INTEGER PRIMARY KEY, entry BLOB)');
    expect(reasonFor(dataDir)).toEqual(['ERR_STORE_CORRUPT', 'the database is not a ledger']);
  });

  it('that is a directory is refused', () => {
    const dataDir = closed();
    rmSync(database(dataDir));
    cpSync(closed(3), database(dataDir), { recursive: true });
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_STORE_UNAVAILABLE');
  });
});

describe('a row', () => {
  it.each<[string, string, string]>([
    ['entry that was altered', 'UPDATE log_entries SET entry = zeroblob(7) WHERE idx = 7', 'entry'],
    [
      'entry that is gone',
      'DELETE FROM log_entries WHERE idx = 7',
      'an entry of the log is missing',
    ],
    ['last entry that is gone', 'DELETE FROM log_entries WHERE idx = 29', 'not as long'],
    ['first entry that is gone', 'DELETE FROM log_entries WHERE idx = 0', 'not as long'],
    ['entry too many', "INSERT INTO log_entries VALUES (30, x'00')", 'not as long'],
    ['node that was altered', 'UPDATE log_nodes SET hashes = zeroblob(32) WHERE idx = 8', 'hash'],
    ['node too many', 'UPDATE log_nodes SET hashes = zeroblob(64) WHERE idx = 8', 'hash'],
    ['node that is gone', 'DELETE FROM log_nodes WHERE idx = 8', 'hash'],
    ['last node that is gone', 'DELETE FROM log_nodes WHERE idx = 29', 'not as long'],
    [
      'older checkpoint that was altered',
      "UPDATE checkpoints SET note = 'x' WHERE size = 3",
      'altered',
    ],
    ['all checkpoints gone', 'DELETE FROM checkpoints', 'no checkpoint'],
    ['high water that was lowered', 'UPDATE checkpoints SET high_water_ms = 1', 'altered'],
    ['high water beyond numbers', `UPDATE checkpoints SET high_water_ms = ${2n ** 62n}`, 'range'],
    ['mark of forgotten nonces', 'UPDATE checkpoints SET forgotten_through_ms = 1', 'altered'],
    ['name that was altered', "UPDATE identity SET origin = 'other.example'", 'fit together'],
    ['key that was altered', "UPDATE identity SET verifier_key = 'x'", 'unreadable'],
    ['mark of another program', 'PRAGMA application_id = 7', 'not a ledger'],
    ['table too many', 'CREATE TABLE extra (a)', 'tables'],
    [
      'trigger that forgets nonces',
      'CREATE TRIGGER t AFTER INSERT ON request_nonces BEGIN DELETE FROM request_nonces; END',
      'tables',
    ],
    ['index that is gone', 'DROP INDEX request_nonces_by_expiry', 'tables'],
    ['identity that is gone', 'DELETE FROM identity', 'which log'],
    ['key of another log', `UPDATE identity SET verifier_key = ${otherKey()}`, 'fit together'],
  ])('%s is refused', (_, damage, reason) => {
    const dataDir = closed();
    sql(dataDir, damage);
    const [code, said] = reasonFor(dataDir);
    expect(code).toBe('ERR_STORE_CORRUPT');
    expect(said).toContain(reason);
  });

  it.each<[string, string, string]>([
    ['total that was altered', 'UPDATE buckets SET total = zeroblob(32)', 'bucket was altered'],
    [
      'begin of a window that was altered',
      'UPDATE buckets SET anchor_ms = 5 WHERE anchor_ms > 0',
      'bucket was altered',
    ],
    ['mark of what ended', 'UPDATE buckets SET freed_through_ms = 5', 'bucket was altered'],
    ['name of a bucket', "UPDATE buckets SET name = 'x' || id", 'bucket was altered'],
    ['length of a window', 'UPDATE buckets SET window_ms = window_ms + 1000', 'bucket was altered'],
    [
      'type of a window',
      "UPDATE buckets SET window_type = 'lifetime' WHERE anchor_ms IS NULL",
      'bucket was altered',
    ],
    ['amount that was altered', 'UPDATE reservations SET amount = zeroblob(32)', 'does not count'],
    ['reservation that is gone', 'DELETE FROM reservations', 'does not count'],
    ['reservation of no bucket', 'UPDATE reservations SET bucket_id = bucket_id + 70', 'no bucket'],
    ['bucket that is gone', 'DELETE FROM buckets', 'no bucket'],
    [
      'reservation too many',
      "INSERT INTO reservations VALUES ('slot:x', 1, randomblob(32), 5)",
      'does not count',
    ],
    [
      'end in a fixed window',
      'UPDATE reservations SET until_ms = 5 WHERE until_ms > 0',
      'ends at another time',
    ],
    [
      'end that never was',
      'UPDATE reservations SET until_ms = 5 WHERE until_ms IS NULL',
      'ends at another time',
    ],
    ['end that is gone', 'UPDATE reservations SET until_ms = NULL', 'ends at another time'],
    ['index that is gone', 'DROP INDEX freezes_by_time', 'tables'],
  ])('of a bucket: %s is refused', (_, damage, reason) => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    const windows = [SLIDING_DAY, FIXED_DAY, LIFETIME];
    ledger.commit([spendOf(windows.map((window) => chargeOf(3n, { window })))]);
    ledger.close();
    openTestLedger(dataDir).close();
    sql(dataDir, damage);
    const [code, said] = reasonFor(dataDir);
    expect(code).toBe('ERR_STORE_CORRUPT');
    expect(said).toContain(reason);
  });

  it.each([
    ['buckets', 'name of a bucket'],
    ['reservations', 'slot:the slot'],
    ['freezes', 'scope that is frozen'],
  ])('of %s altered in one of its two places is refused, also in a large file', (_, text) => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    const charges = [chargeOf(3n, { bucket: 'name of a bucket', window: LIFETIME })];
    ledger.commit([spendOf(charges, { slot: 'the slot', entryOf: () => bytesOf('entry') })]);
    ledger.freeze('scope that is frozen', bytesOf('freeze'));
    ledger.close();
    const path = join(dataDir, 'ledger.db');
    const intact = readFileSync(path);
    const places = [intact.indexOf(text), intact.lastIndexOf(text)];
    expect(new Set(places).size).toBe(2);
    for (const place of places) {
      for (const size of [intact.length, LARGE_BYTES]) {
        writeFileSync(path, intact);
        flip(path, place + text.length - 1);
        truncateSync(path, size);
        expect(reasonFor(dataDir)[0]).toBe('ERR_STORE_CORRUPT');
      }
    }
  });

  it('checkpoint that is gone is refused, with and without the marks', () => {
    const dataDir = closed();
    sql(dataDir, 'DELETE FROM checkpoints WHERE size = 30');
    expect(reasonFor(dataDir)[0]).toBe('ERR_LOG_ROLLED_BACK');
    rmSync(join(dataDir, 'acknowledged'));
    rmSync(join(dataDir, 'checkpoint'));
    expect(reasonFor(dataDir)[1]).toContain('not as long');
  });

  it('checkpoint with the signature of another log is refused', () => {
    const dataDir = closed();
    const other = openTestLedger(newDataDir());
    other.append(Array.from({ length: 30 }, () => bytesOf('x')));
    replaceNote(dataDir, 30, other.checkpoint());
    expect(reasonFor(dataDir)[1]).toBe('a stored checkpoint does not verify');
  });

  it('checkpoint of another size is refused', () => {
    const dataDir = closed();
    const ledger = openTestLedger(dataDir);
    const older = ledger.checkpoint(27);
    ledger.close();
    replaceNote(dataDir, 30, older);
    expect(reasonFor(dataDir)[1]).toBe('a stored checkpoint is of another size');
  });

  it('entry and node altered together are refused, by the root', () => {
    const dataDir = closed(3);
    const other = newDataDir();
    const ledger = openTestLedger(other);
    ledger.append(['x', 'y', 'z'].map(bytesOf));
    ledger.close();
    const db = new DatabaseSync(join(dataDir, 'ledger.db'));
    db.exec(`ATTACH '${join(other, 'ledger.db')}' AS other`);
    for (const table of ['log_entries', 'log_nodes']) {
      db.exec(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM other.${table}`);
    }
    db.close();
    expect(reasonFor(dataDir)[1]).toBe('the tree does not have the root of the newest checkpoint');
  });
});

describe('a write-ahead log of acknowledged commits', () => {
  const wal = (dataDir: string) => join(dataDir, 'ledger.db-wal');
  it.each<[string, (path: string) => void]>([
    ['that is gone', (path) => rmSync(path)],
    ['that is empty', (path) => truncateSync(path, 0)],
    ['with a damaged header', (path) => flip(path, 8)],
    ['that is garbage', (path) => writeFileSync(path, 'x'.repeat(50_000))],
    ['without its last frame', (path) => truncateSync(path, statSync(path).size - FRAME_BYTES)],
    ['cut by one byte', (path) => truncateSync(path, statSync(path).size - 1)],
    ['with a flipped bit in the first frame', (path) => flip(path, WAL_HEADER_BYTES + 2_000)],
    ['with a flipped bit in the middle', (path) => flip(path, Math.floor(statSync(path).size / 2))],
    ['with a flipped bit in the last frame', (path) => flip(path, statSync(path).size - 2_000)],
  ])('%s is refused, and stays as it is', (_, damage) => {
    const dataDir = crashed();
    damage(wal(dataDir));
    const files = () =>
      ['ledger.db', 'ledger.db-wal', 'acknowledged', 'checkpoint'].map((file) =>
        digestOf(join(dataDir, file)),
      );
    const before = files();
    expect(reasonFor(dataDir)).toEqual([
      'ERR_LOG_ROLLED_BACK',
      'commits that were acknowledged are gone',
    ]);
    expect(files()).toEqual(before);
  });

  it('opens again when the damage is undone', () => {
    const dataDir = crashed();
    flip(wal(dataDir), WAL_HEADER_BYTES + 2_000);
    reasonFor(dataDir);
    flip(wal(dataDir), WAL_HEADER_BYTES + 2_000);
    expect(openTestLedger(dataDir).size()).toBe(10);
  });
});

describe('the marks beside the database', () => {
  const older = (): { dataDir: string; now: string } => {
    const dataDir = closed(3);
    const now = newDataDir();
    cpSync(dataDir, now, { recursive: true });
    const ledger = openTestLedger(now);
    ledger.commit([decisionOf('new')]);
    ledger.close();
    return { dataDir, now };
  };

  it('tell an older database by the checkpoint', () => {
    const { dataDir, now } = older();
    cpSync(join(now, 'checkpoint'), join(dataDir, 'checkpoint'));
    expect(reasonFor(dataDir)).toEqual([
      'ERR_LOG_ROLLED_BACK',
      'the log is shorter than its file checkpoint',
    ]);
  });

  it('tell an older database by the acknowledged commits', () => {
    const { dataDir, now } = older();
    cpSync(join(now, 'acknowledged'), join(dataDir, 'acknowledged'));
    expect(reasonFor(dataDir)).toEqual([
      'ERR_LOG_ROLLED_BACK',
      'commits that were acknowledged are gone',
    ]);
  });

  it('tell another history of the same length', () => {
    const { dataDir, now } = older();
    const ledger = openTestLedger(dataDir);
    ledger.commit([decisionOf('something else')]);
    ledger.close();
    cpSync(join(now, 'checkpoint'), join(dataDir, 'checkpoint'));
    expect(reasonFor(dataDir)).toEqual([
      'ERR_LOG_ROLLED_BACK',
      'the log differs from its file checkpoint',
    ]);
  });

  it.each(['acknowledged', 'checkpoint', 'log-key.pub', 'ledger.db-wal'])(
    'tell by %s that there was a database',
    (kept) => {
      const dataDir = crashed(3);
      for (const file of [
        'ledger.db',
        'acknowledged',
        'checkpoint',
        'log-key.pub',
        'ledger.db-wal',
      ]) {
        if (file !== kept) rmSync(join(dataDir, file));
      }
      expect(reasonFor(dataDir)[0]).toBe('ERR_LOG_ROLLED_BACK');
    },
  );

  it.each(['', 'x', '12\n', '-0000000000000000012\n', '99999999999999999999\n'])(
    'must be readable: acknowledged `%s`',
    (text) => {
      const dataDir = closed(3);
      writeFileSync(join(dataDir, 'acknowledged'), text);
      expect(reasonFor(dataDir)[0]).toBe('ERR_STORE_CORRUPT');
    },
  );

  it('must carry the name of this log, whoever signed them', () => {
    const dataDir = closed(3);
    const { checkpoint } = dataDirectoryAt(dataDir);
    const { text } = parseNote(readFileSync(checkpoint));
    const [origin = '', ...rest] = text.split('\n');
    const signer = openLogKey(dataDirectoryAt(dataDir), TEST_SEAL, origin);
    writeFileSync(checkpoint, signNote([origin, ...rest].join('\n'), signer));
    openTestLedger(dataDir).close();
    writeFileSync(checkpoint, signNote(['other.example', ...rest].join('\n'), signer));
    expect(reasonFor(dataDir)[0]).toBe('ERR_STORE_CORRUPT');
  });

  it('must be signed by this log', () => {
    const dataDir = closed(3);
    cpSync(join(closed(3), 'checkpoint'), join(dataDir, 'checkpoint'));
    expect(reasonFor(dataDir)).toEqual([
      'ERR_STORE_CORRUPT',
      'the file checkpoint does not verify',
    ]);
    writeFileSync(join(dataDir, 'checkpoint'), '');
    expect(reasonFor(dataDir)[0]).toBe('ERR_STORE_CORRUPT');
  });
});

/** Verifier key of a log with another name, as an SQL text. */
function otherKey(): string {
  const key = createVerifierKey('other.example', KEY_TYPE.ed25519, new Uint8Array(32).fill(9));
  return `'${formatVerifierKey(key)}'`;
}
