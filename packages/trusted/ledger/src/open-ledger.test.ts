import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import { parseVerifierKey, verifyCheckpoint } from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  errorOf,
  newDataDir,
  openTestLedger,
  provenEntries,
  TEST_SEAL,
} from '../test/harness.ts';
import { openLedger } from './open-ledger.ts';
import { SCHEMA_VERSION } from './schema.ts';

describe('the first start', () => {
  it('makes a private directory with private files', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    ledger.commit([decisionOf('a')]);
    ledger.close();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    const files = readdirSync(dataDir).sort();
    expect(files).toEqual([
      'acknowledged',
      'checkpoint',
      'ledger.db',
      'lock.db',
      'log-key.pub',
      'log-key.sealed',
    ]);
    for (const file of files) expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
  });

  it('keeps the write-ahead log and its index private too', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).commit([decisionOf('a')]);
    for (const file of ['ledger.db-wal', 'ledger.db-shm']) {
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    }
  });

  it('signs an empty log under a random name and publishes its key', () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    const key = parseVerifierKey(ledger.verifierKey());
    expect(key.name).toMatch(/^countersign\.local\/[0-9a-f]{8}$/);
    const checkpoint = verifyCheckpoint(ledger.checkpoint(), { logKeys: [key], origin: key.name });
    expect(checkpoint.size).toBe(0);
    expect(readFileSync(join(dataDir, 'log-key.pub'), 'utf8')).toBe(`${ledger.verifierKey()}\n`);
    expect(readFileSync(join(dataDir, 'checkpoint'), 'utf8')).toBe(ledger.checkpoint());
  });

  it('stores the log key sealed only', () => {
    const dataDir = newDataDir();
    const seen: Uint8Array[] = [];
    const seal = {
      ...TEST_SEAL,
      seal: (bytes: Uint8Array) => {
        seen.push(Uint8Array.from(bytes));
        return TEST_SEAL.seal(bytes);
      },
    };
    openTestLedger(dataDir, { seal }).close();
    const seed = Buffer.from(seen[0] ?? []);
    expect(seed.length).toBe(32);
    expect(readFileSync(join(dataDir, 'log-key.sealed'))).toEqual(
      Buffer.from(TEST_SEAL.seal(seed)),
    );
    for (const file of readdirSync(dataDir)) {
      expect(readFileSync(join(dataDir, file)).includes(seed)).toBe(false);
    }
  });

  it('takes the name it is given', () => {
    const ledger = openTestLedger(newDataDir(), { origin: 'log.example/7' });
    expect(parseVerifierKey(ledger.verifierKey()).name).toBe('log.example/7');
  });

  it('uses a key that a first start left behind when it was cut short', () => {
    const [first, second] = [newDataDir(), newDataDir()];
    const options = { origin: 'log.example' };
    const key = openTestLedger(first, options).verifierKey();
    mkdirSync(second, { mode: 0o700 });
    copyFileSync(join(first, 'log-key.sealed'), join(second, 'log-key.sealed'));
    writeFileSync(join(second, 'ledger-new.db'), 'half of a database');
    expect(openTestLedger(second, options).verifierKey()).toBe(key);
  });

  it('leaves nothing but a key and the lock behind when it fails', () => {
    const dataDir = newDataDir();
    const seal = {
      ...TEST_SEAL,
      seal: () => {
        throw new BoundaryError('ERR_KEYSTORE_LOCKED');
      },
    };
    expect(codeOf(() => openTestLedger(dataDir, { seal }))).toBe('ERR_KEYSTORE_LOCKED');
    expect(readdirSync(dataDir)).toEqual(['lock.db']);
    expect(openTestLedger(dataDir).size()).toBe(0);
  });
});

describe('opening again', () => {
  it('finds entries, key, name and high water', () => {
    const dataDir = newDataDir();
    const clock = createTestClock();
    const first = openTestLedger(dataDir, { clock });
    clock.advance(5_000);
    first.commit([decisionOf('a'), decisionOf('b')]);
    first.append([bytesOf('note')]);
    const before = { key: first.verifierKey(), status: first.status(), at: first.checkpoint() };
    first.close();
    const second = openTestLedger(dataDir, { clock });
    expect(second.verifierKey()).toBe(before.key);
    expect(second.status()).toEqual(before.status);
    expect(second.checkpoint()).toBe(before.at);
    expect(provenEntries(second)).toEqual(['allow a', 'allow b', 'note']);
  });

  it('refuses another name', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir, { origin: 'one.example' }).close();
    const error = errorOf(() => openTestLedger(dataDir, { origin: 'two.example' }));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(openTestLedger(dataDir, { origin: 'one.example' }).size()).toBe(0);
  });

  it('restores a missing public key file', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    rmSync(join(dataDir, 'log-key.pub'));
    const ledger = openTestLedger(dataDir);
    expect(readFileSync(join(dataDir, 'log-key.pub'), 'utf8')).toBe(`${ledger.verifierKey()}\n`);
  });

  it('refuses a ledger of a newer version and leaves it alone', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    const db = new DatabaseSync(join(dataDir, 'ledger.db'));
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    const before = readFileSync(join(dataDir, 'ledger.db'));
    const error = errorOf(() => openTestLedger(dataDir));
    expect(error.code).toBe('ERR_STORE_NEWER');
    expect(error.details).toEqual({ version: SCHEMA_VERSION + 1, newest: SCHEMA_VERSION });
    expect(readFileSync(join(dataDir, 'ledger.db'))).toEqual(before);
  });
});

describe('who may look into the directory', () => {
  it.each([0o701, 0o710, 0o750, 0o704, 0o770, 0o755, 0o777])('refuses mode %o', (mode) => {
    const dataDir = newDataDir();
    mkdirSync(dataDir);
    chmodSync(dataDir, mode);
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_KEYSTORE_PERMISSIONS');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([0o640, 0o604, 0o644])('refuses a sealed key of mode %o', (mode) => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    chmodSync(join(dataDir, 'log-key.sealed'), mode);
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_KEYSTORE_PERMISSIONS');
  });

  it('refuses a path that is no directory', () => {
    const dataDir = newDataDir();
    writeFileSync(dataDir, '', { mode: 0o600 });
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_STORE_UNAVAILABLE');
  });
});

describe('the log key', () => {
  const damaged = (change: (dataDir: string) => void, options = {}): string | undefined => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    ledger.commit([decisionOf('a')]);
    ledger.close();
    change(dataDir);
    return codeOf(() => openTestLedger(dataDir, options));
  };

  it('must be there', () => {
    expect(damaged((dataDir) => rmSync(join(dataDir, 'log-key.sealed')))).toBe('ERR_STORE_CORRUPT');
  });

  it('must be the one of this log', () => {
    const other = newDataDir();
    openTestLedger(other).close();
    const swap = (dataDir: string) =>
      copyFileSync(join(other, 'log-key.sealed'), join(dataDir, 'log-key.sealed'));
    expect(damaged(swap)).toBe('ERR_STORE_CORRUPT');
  });

  it('must be a key', () => {
    const cut = (dataDir: string) =>
      writeFileSync(join(dataDir, 'log-key.sealed'), TEST_SEAL.seal(new Uint8Array(31)));
    expect(damaged(cut)).toBe('ERR_STORE_CORRUPT');
  });

  it('stays locked when the seal says so, and the cause is not passed on', () => {
    const open = () => {
      throw new Error('the passphrase is hunter2');
    };
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    const error = errorOf(() => openTestLedger(dataDir, { seal: { ...TEST_SEAL, open } }));
    expect(error.code).toBe('ERR_KEYSTORE_LOCKED');
    expect(error.cause).toBeUndefined();
  });

  it('is not overwritten in the memory of the seal', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    let given = new Uint8Array(0);
    const open = (sealed: Uint8Array) => {
      given = Uint8Array.from(TEST_SEAL.open(sealed));
      return given;
    };
    openTestLedger(dataDir, { seal: { ...TEST_SEAL, open } });
    expect(given.some((byte) => byte !== 0)).toBe(true);
  });
});

describe('exclusive use', () => {
  it('refuses a second ledger on the directory until the first is closed', () => {
    const dataDir = newDataDir();
    const first = openTestLedger(dataDir);
    expect(codeOf(() => openTestLedger(dataDir))).toBe('ERR_STORE_IN_USE');
    first.commit([decisionOf('a')]);
    first.close();
    expect(openTestLedger(dataDir).size()).toBe(1);
  });

  it('is given up when opening fails', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir, { origin: 'one.example' }).close();
    expect(codeOf(() => openTestLedger(dataDir, { origin: 'two.example' }))).toBeDefined();
    expect(openTestLedger(dataDir).size()).toBe(0);
  });

  it('names a lock file that is none', () => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    writeFileSync(join(dataDir, 'lock.db'), 'x'.repeat(4_096));
    const error = errorOf(() => openTestLedger(dataDir));
    expect(error.code).toBe('ERR_STORE_CORRUPT');
    expect(error.details.next).toMatch(/lock\.db/);
  });
});

describe('options', () => {
  it.each([
    ['a tolerance below zero', { clockToleranceMs: -1 }],
    ['a tolerance that is no number', { clockToleranceMs: Number.NaN }],
    ['half a nonce', { retainedNonces: 0.5 }],
    ['a name with a space', { origin: 'two words' }],
    ['an empty name', { origin: '' }],
  ])('refuse %s', (_, options) => {
    const dataDir = newDataDir();
    expect(codeOf(() => openTestLedger(dataDir, options))).toBe('ERR_CONFIG_INVALID');
    expect(existsSync(join(dataDir, 'ledger.db'))).toBe(false);
  });

  it.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 8.65e15])(
    'refuse a clock at %d',
    (at) => {
      const open = () =>
        openLedger({ dataDir: newDataDir(), clock: { nowMs: () => at }, seal: TEST_SEAL });
      expect(codeOf(open)).toBe('ERR_INTERNAL');
    },
  );
});
