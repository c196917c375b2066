import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  formatTilePath,
  parseEntryBundle,
  parseVerifierKey,
  tilesFor,
  verifyCheckpoint,
  verifyTlogProof,
} from '@countersign/tlog';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  bytesOf,
  codeOf,
  decisionOf,
  errorOf,
  NOW_MS,
  newDataDir,
  openTestLedger,
  provenEntries,
  replaceNote,
  textOf,
} from '../test/harness.ts';
import type { Ledger } from './ledger.ts';
import { type LedgerReader, openLedgerReader } from './ledger-reader.ts';

const openReader = (dataDir: string): LedgerReader => {
  const reader = openLedgerReader(dataDir);
  onTestFinished(() => reader.close());
  return reader;
};

/** A ledger with one commit of each given number of entries. */
const withCommits = (...counts: readonly number[]): { dataDir: string; ledger: Ledger } => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  for (const count of counts) {
    const start = ledger.size();
    ledger.commit(Array.from({ length: count }, (_, at) => decisionOf(`${start + at}`)));
  }
  return { dataDir, ledger };
};

const change = (dataDir: string, text: string) => {
  const db = new DatabaseSync(join(dataDir, 'ledger.db'));
  db.exec(text);
  db.close();
};

describe('a reader', () => {
  it('sees what a running signer commits, without holding it up', () => {
    const { dataDir, ledger } = withCommits(2);
    const reader = openReader(dataDir);
    expect(reader.size()).toBe(2);
    const walk = reader.entries()[Symbol.iterator]();
    walk.next();
    ledger.commit([decisionOf('new')]);
    expect(reader.size()).toBe(3);
    expect(textOf(reader.entry(2))).toBe('allow new');
    expect(reader.checkpoint()).toBe(ledger.checkpoint());
    expect(reader.receipt(0)).toBe(ledger.receipt(0));
  });

  it('answers as the signer does', () => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    const reader = openReader(dataDir);
    expect(reader.verifierKey()).toBe(ledger.verifierKey());
    expect(provenEntries(reader)).toEqual(provenEntries(ledger));
    expect(reader.consistency(3, 9)).toEqual(ledger.consistency(3, 9));
    expect([...reader.checkpointSizes()]).toEqual([0, 3, 4, 9]);
    for (const size of reader.checkpointSizes()) {
      expect(reader.checkpoint(size)).toBe(ledger.checkpoint(size));
    }
    for (const path of ['checkpoint', 'tile/0/000.p/9', 'tile/entries/000.p/5', 'tile/1/000']) {
      expect(reader.tile(path)).toEqual(ledger.tile(path));
    }
    expect(reader.entry(9)).toBeUndefined();
    expect(codeOf(() => reader.checkpoint(5))).toBe('ERR_NOT_FOUND');
    expect(reader.status()).toEqual({
      origin: parseVerifierKey(ledger.verifierKey()).name,
      size: 9,
      highWaterMs: NOW_MS,
      forgottenThroughMs: 0,
    });
  });

  it('lists entries by range, across chunks', () => {
    const { dataDir } = withCommits(300, 300);
    const reader = openReader(dataDir);
    const indices = (range?: { from?: number; to?: number }) =>
      [...reader.entries(range)].map(({ index }) => index);
    expect(indices()).toEqual(Array.from({ length: 600 }, (_, at) => at));
    expect(indices({ from: 254, to: 258 })).toEqual([254, 255, 256, 257]);
    expect(indices({ from: 598 })).toEqual([598, 599]);
    expect(indices({ from: -5, to: 2 })).toEqual([0, 1]);
    expect(indices({ from: 590, to: 9_999 }).length).toBe(10);
    expect(indices({ from: 600 })).toEqual([]);
    expect(indices({ from: 5, to: 5 })).toEqual([]);
  });

  it('works on a closed ledger and on what a crash left, and changes neither', () => {
    const { dataDir, ledger } = withCommits(4);
    const crashed = newDataDir();
    cpSync(dataDir, crashed, { recursive: true });
    ledger.close();
    for (const [dir, files] of [
      [dataDir, ['ledger.db']],
      [crashed, ['ledger.db', 'ledger.db-wal']],
    ] as const) {
      const before = files.map((file) => readFileSync(join(dir, file)).toString('base64'));
      const reader = openLedgerReader(dir);
      expect(reader.checkLog().ok).toBe(true);
      expect(reader.size()).toBe(4);
      reader.close();
      expect(files.map((file) => readFileSync(join(dir, file)).toString('base64'))).toEqual(before);
    }
  });

  it('needs neither the key nor a private directory', () => {
    const { dataDir, ledger } = withCommits(4);
    ledger.close();
    rmSync(join(dataDir, 'log-key.sealed'));
    chmodSync(dataDir, 0o755);
    expect(openReader(dataDir).checkLog().ok).toBe(true);
  });

  it('says when there is no ledger, or none it can read', () => {
    const dataDir = newDataDir();
    expect(codeOf(() => openLedgerReader(dataDir))).toBe('ERR_NOT_FOUND');
    mkdirSync(dataDir);
    expect(codeOf(() => openLedgerReader(dataDir))).toBe('ERR_NOT_FOUND');
    expect(readdirSync(dataDir)).toEqual([]);
    writeFileSync(join(dataDir, 'ledger.db'), 'no database '.repeat(1_000));
    expect(codeOf(() => openLedgerReader(dataDir))).toBe('ERR_STORE_CORRUPT');
    const { dataDir: newer, ledger } = withCommits(1);
    ledger.close();
    change(newer, 'PRAGMA user_version = 99');
    expect(codeOf(() => openLedgerReader(newer))).toBe('ERR_STORE_NEWER');
  });

  it('is consistent with itself at any two sizes', () => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    ledger.close();
    const reader = openReader(dataDir);
    for (let to = 0; to <= 9; to += 1) {
      for (let from = 0; from <= to; from += 1) expect(reader.isConsistent(from, to)).toBe(true);
    }
    expect(codeOf(() => reader.isConsistent(4, 10))).toBe('ERR_NOT_FOUND');
    change(dataDir, 'UPDATE log_nodes SET hashes = zeroblob(128) WHERE idx = 7');
    expect(reader.isConsistent(4, 9)).toBe(false);
    reader.close();
    expect(() => reader.size()).toThrow();
  });
});

describe('checking a log', () => {
  it('counts everything that holds', () => {
    const { dataDir, ledger } = withCommits(3, 1, 300);
    expect(openReader(dataDir).checkLog()).toEqual({
      ok: true,
      verifierKey: ledger.verifierKey(),
      size: 304,
      from: 0,
      to: 304,
      entries: 304,
      nodes: 304 + 152 + 76 + 38 + 19 + 9 + 4 + 2 + 1,
      checkpoints: 4,
      requestNonces: 304,
      reservations: 0,
    });
  });

  it('takes a range, at the edges of checkpoints and between them', () => {
    const { dataDir } = withCommits(3, 1, 5);
    const reader = openReader(dataDir);
    expect(reader.checkLog({ from: 3, to: 4 })).toMatchObject({
      ok: true,
      entries: 1,
      checkpoints: 2,
    });
    expect(reader.checkLog({ from: 5, to: 8 })).toMatchObject({
      ok: true,
      entries: 3,
      checkpoints: 0,
    });
    expect(reader.checkLog({ from: 9 })).toMatchObject({ ok: true, entries: 0, checkpoints: 1 });
    expect(reader.checkLog({ from: -3, to: 99 })).toMatchObject({ from: 0, to: 9, entries: 9 });
    expect(reader.checkLog({ from: 7, to: 3 })).toMatchObject({ from: 3, to: 3, entries: 0 });
  });

  it('holds for an empty log', () => {
    const { dataDir } = withCommits();
    expect(openReader(dataDir).checkLog()).toMatchObject({ ok: true, size: 0, checkpoints: 1 });
  });

  it.each<[string, string, string, object]>([
    ['entry', 'UPDATE log_entries SET entry = zeroblob(9) WHERE idx = 2', 'hash', { index: 2 }],
    ['missing entry', 'DELETE FROM log_entries WHERE idx = 2', 'missing', { index: 2 }],
    ['missing last entry', 'DELETE FROM log_entries WHERE idx = 8', 'missing', { index: 8 }],
    ['leaf', 'UPDATE log_nodes SET hashes = zeroblob(32) WHERE idx = 4', 'hash', { index: 4 }],
    ['missing node', 'DELETE FROM log_nodes WHERE idx = 5', 'hash', { index: 5 }],
    ['old checkpoint', "UPDATE checkpoints SET note = 'x' WHERE size = 3", 'altered', { size: 3 }],
    ['table', 'DROP INDEX request_nonces_by_expiry', 'tables', {}],
    ['nonce', "INSERT INTO request_nonces VALUES ('', 1)", 'impossible key', {}],
    ['nonce expiry', 'UPDATE request_nonces SET expires_at_ms = -1', 'another type', {}],
    [
      'long nonce',
      `UPDATE request_nonces SET nonce_key = '${'x'.repeat(5_000)}' || nonce_key`,
      'impossible key',
      {},
    ],
  ])('names the first fault: %s', (_, text, reason, details) => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    ledger.close();
    change(dataDir, text);
    const report = openReader(dataDir).checkLog();
    expect(report.ok).toBe(false);
    expect(report.fault?.reason).toContain(reason);
    expect(report.fault?.details).toEqual(details);
  });

  it('names a checkpoint whose root is another, although it is signed', () => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    ledger.close();
    const fork = newDataDir();
    cpSync(dataDir, fork, { recursive: true });
    for (const file of ['acknowledged', 'checkpoint']) rmSync(join(fork, file));
    change(
      fork,
      'DELETE FROM checkpoints WHERE size > 3; DELETE FROM log_entries WHERE idx > 2; DELETE FROM log_nodes WHERE idx > 2',
    );
    const forked = openTestLedger(fork);
    forked.commit([decisionOf('another')]);
    forked.close();
    const db = new DatabaseSync(join(dataDir, 'ledger.db'));
    db.exec(`ATTACH '${join(fork, 'ledger.db')}' AS fork; DELETE FROM checkpoints WHERE size = 4;
      INSERT INTO checkpoints SELECT * FROM fork.checkpoints WHERE size = 4`);
    db.close();
    const report = openReader(dataDir).checkLog();
    expect(report.fault).toEqual({
      reason: 'the tree does not have the root of its checkpoint',
      details: { size: 4 },
    });
    expect(report).toMatchObject({ entries: 4, checkpoints: 2 });
  });

  it('checks the signature of the newest checkpoint whatever the range', () => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    ledger.close();
    replaceNote(dataDir, 9, withCommits(9).ledger.checkpoint());
    const report = openReader(dataDir).checkLog({ to: 3 });
    expect(report.fault?.reason).toBe('a stored checkpoint does not verify');
  });

  it('finds a request nonce that was altered in one of its two places', () => {
    const { dataDir, ledger } = withCommits(3);
    ledger.close();
    const path = join(dataDir, 'ledger.db');
    const bytes = readFileSync(path);
    const nonceKey = decisionOf('1').nonceKey;
    bytes[bytes.indexOf(nonceKey) + nonceKey.length - 3] = 0x39;
    writeFileSync(path, bytes);
    expect(openReader(dataDir).checkLog().fault).toEqual({
      reason: 'the database file is damaged',
      details: {},
    });
  });

  it('leaves out what lies before the range', () => {
    const { dataDir, ledger } = withCommits(3, 1, 5);
    ledger.close();
    change(dataDir, 'UPDATE log_entries SET entry = zeroblob(9) WHERE idx = 2');
    const reader = openReader(dataDir);
    expect(reader.checkLog({ from: 3 }).ok).toBe(true);
    expect(reader.checkLog({ to: 3 }).ok).toBe(false);
  });
});

describe('exporting tiles', () => {
  const filesIn = (dir: string) =>
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(dir.length + 1))
      .sort();

  it('writes a directory from which everything can be verified', () => {
    const { dataDir, ledger } = withCommits(300);
    const dir = newDataDir();
    expect(openReader(dataDir).exportTiles(dir)).toEqual({ size: 300, written: 6, unchanged: 0 });
    expect(filesIn(dir)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/44',
    ]);
    for (const path of filesIn(dir)) {
      expect(Buffer.from(ledger.tile(path) ?? []).equals(readFileSync(join(dir, path)))).toBe(true);
    }
    const note = readFileSync(join(dir, 'checkpoint'));
    const logKeys = [parseVerifierKey(ledger.verifierKey())];
    expect(verifyCheckpoint(note, { logKeys }).size).toBe(300);
    const bundle = parseEntryBundle(readFileSync(join(dir, 'tile/entries/001.p/44')));
    const proofText = ledger.receipt(299) ?? '';
    expect(verifyTlogProof({ proofText, entry: bundle[43] ?? bytesOf(''), logKeys }).index).toBe(
      299,
    );
  });

  it('changes nothing when done again, and adds what is new later', () => {
    const { dataDir, ledger } = withCommits(250);
    const dir = newDataDir();
    const reader = openReader(dataDir);
    reader.exportTiles(dir);
    expect(reader.exportTiles(dir)).toEqual({ size: 250, written: 0, unchanged: 3 });
    ledger.append(Array.from({ length: 10 }, () => bytesOf('more')));
    expect(reader.exportTiles(dir)).toMatchObject({ size: 260, written: 6, unchanged: 0 });
    for (const tile of tilesFor(260))
      expect(existsSync(join(dir, formatTilePath(tile)))).toBe(true);
  });

  it('repairs a file that was damaged', () => {
    const { dataDir } = withCommits(300);
    const dir = newDataDir();
    const reader = openReader(dataDir);
    reader.exportTiles(dir);
    const before = readFileSync(join(dir, 'tile/0/000'));
    writeFileSync(join(dir, 'tile/0/000'), 'x');
    expect(reader.exportTiles(dir)).toMatchObject({ written: 1, unchanged: 5 });
    expect(readFileSync(join(dir, 'tile/0/000')).equals(before)).toBe(true);
  });

  it('exports an empty log', () => {
    const { dataDir } = withCommits();
    const dir = newDataDir();
    expect(openReader(dataDir).exportTiles(dir)).toMatchObject({ size: 0, written: 1 });
  });

  it('refuses a directory that holds a longer log, another history, or another log', () => {
    const { dataDir, ledger } = withCommits(2);
    ledger.close();
    const fork = newDataDir();
    cpSync(dataDir, fork, { recursive: true });
    const dir = newDataDir();
    const longer = openTestLedger(fork);
    longer.commit([decisionOf('x')]);
    openReader(fork).exportTiles(dir);
    expect(errorOf(() => openReader(dataDir).exportTiles(dir)).code).toBe('ERR_LOG_ROLLED_BACK');
    const other = openTestLedger(dataDir);
    other.commit([decisionOf('y')]);
    expect(errorOf(() => openReader(dataDir).exportTiles(dir)).code).toBe('ERR_LOG_ROLLED_BACK');
    const stranger = withCommits(3);
    expect(codeOf(() => openReader(stranger.dataDir).exportTiles(dir))).toBe('ERR_CONFIG_INVALID');
    writeFileSync(join(dir, 'checkpoint'), 'something else');
    expect(codeOf(() => openReader(dataDir).exportTiles(dir))).toBe('ERR_CONFIG_INVALID');
  });
});
