import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  decisionOf,
  errorOf,
  newDataDir,
  openTestLedger,
  TEST_SEAL,
} from '../test/harness.ts';
import {
  chargeOf,
  commitOne,
  countedBy,
  LIFETIME,
  SLIDING_DAY,
  spendOf,
} from '../test/spending.ts';
import { exportLedger } from './export-ledger.ts';
import { importLedger } from './import-ledger.ts';

/** A ledger with nonces, reservations and a freeze, still open: most of it is in the write-ahead log. */
const running = () => {
  const dataDir = newDataDir();
  const ledger = openTestLedger(dataDir);
  ledger.commit([decisionOf('a'), decisionOf('b')]);
  const charges = [chargeOf(60n, { window: LIFETIME }), chargeOf(60n, { window: SLIDING_DAY })];
  commitOne(ledger, spendOf(charges, { slot: 's' }));
  ledger.freeze('client:x', bytesOf('{"type":"freeze","scope":"client:x"}'));
  return { dataDir, ledger, file: join(dirname(dataDir), 'copy.db') };
};

/** A directory that holds the log key of another and nothing else. */
const keyOf = (dataDir: string): string => {
  const target = newDataDir();
  mkdirSync(target, { mode: 0o700 });
  copyFileSync(join(dataDir, 'log-key.sealed'), join(target, 'log-key.sealed'));
  return target;
};

const codeFrom = async (step: Promise<unknown>): Promise<unknown> =>
  step.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );

const change = (file: string, text: string) => {
  const db = new DatabaseSync(file);
  db.exec(text);
  db.close();
};

describe('an export', () => {
  it('beside a running signer, imported elsewhere, is the same ledger', async () => {
    const { dataDir, ledger, file } = running();
    expect(await exportLedger(dataDir, file)).toEqual({ size: 4, checkpoint: ledger.checkpoint() });
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readdirSync(dirname(file)).sort()).toEqual(['copy.db', 'data']);
    const target = keyOf(dataDir);
    expect(importLedger(file, target, TEST_SEAL)).toMatchObject({
      ok: true,
      entries: 4,
      requestNonces: 3,
      reservations: 2,
    });
    const copy = openTestLedger(target);
    expect(copy.checkpoint()).toBe(ledger.checkpoint());
    expect(copy.commit([decisionOf('a')])[0]?.outcome.kind).toBe('used');
    expect(copy.frozen().map(({ scope }) => scope)).toEqual(['client:x']);
    expect(countedBy(commitOne(copy, spendOf([chargeOf(41n)])).outcome)).toBe('exceeded');
    expect(countedBy(commitOne(copy, spendOf([chargeOf(40n)])).outcome)).toBe(100n);
  });

  it('replaces nothing, and needs a ledger', async () => {
    const { dataDir, file } = running();
    writeFileSync(file, 'mine');
    expect(await codeFrom(exportLedger(dataDir, file))).toBe('ERR_CONFIG_INVALID');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await codeFrom(exportLedger(newDataDir(), `${file}2`))).toBe('ERR_NOT_FOUND');
  });

  it('that fails leaves no file', async () => {
    const { dataDir, file } = running();
    expect(await codeFrom(exportLedger(dataDir, join(file, 'below-nothing')))).toBe(
      'ERR_STORE_UNAVAILABLE',
    );
    expect(existsSync(file)).toBe(false);
  });
});

describe('an import', () => {
  const refusedAfter = async (
    damage: (file: string, target: string) => void,
  ): Promise<{ code: string; reason: unknown; left: string[] }> => {
    const { dataDir, file } = running();
    await exportLedger(dataDir, file);
    const target = keyOf(dataDir);
    damage(file, target);
    const { code, details } = errorOf(() => importLedger(file, target, TEST_SEAL));
    const left = readdirSync(target).filter((name) => name.startsWith('ledger'));
    return { code, reason: details.reason, left };
  };

  it.each<[string, string, (file: string, target: string) => void]>([
    ['that is no database', 'ERR_STORE_CORRUPT', (file) => writeFileSync(file, 'x'.repeat(9_000))],
    ['that is gone', 'ERR_NOT_FOUND', (file) => rmSync(file)],
    ['of a newer version', 'ERR_STORE_NEWER', (file) => change(file, 'PRAGMA user_version = 99')],
    [
      'with an entry altered',
      'ERR_STORE_CORRUPT',
      (file) => change(file, 'UPDATE log_entries SET entry = zeroblob(9) WHERE idx = 2'),
    ],
    [
      'with a sum altered',
      'ERR_STORE_CORRUPT',
      (file) => change(file, 'UPDATE buckets SET total = zeroblob(32)'),
    ],
    ['with a table too many', 'ERR_STORE_CORRUPT', (file) => change(file, 'CREATE TABLE x (a)')],
    [
      'beside another key',
      'ERR_STORE_CORRUPT',
      (_, target) => {
        const other = newDataDir();
        openTestLedger(other).close();
        copyFileSync(join(other, 'log-key.sealed'), join(target, 'log-key.sealed'));
      },
    ],
    ['beside no key', 'ERR_STORE_CORRUPT', (_, target) => rmSync(join(target, 'log-key.sealed'))],
  ])('of a file %s is refused, and leaves nothing', async (_, code, damage) => {
    expect(await refusedAfter(damage)).toMatchObject({ code, left: [] });
  });

  it('of a file whose tables forgot a reservation, sums and all, is refused by the log', async () => {
    const { dataDir, ledger, file } = running();
    ledger.settle('s', { kind: 'impossible' }, bytesOf('an entry that does not say so'));
    await exportLedger(dataDir, file);
    const target = keyOf(dataDir);
    const { code, details } = errorOf(() => importLedger(file, target, TEST_SEAL));
    expect([code, details.reason]).toEqual([
      'ERR_STORE_CORRUPT',
      'the tables count something else than the log says',
    ]);
  });

  it.each(['ledger.db', 'ledger.db-wal', 'acknowledged', 'checkpoint', 'log-key.pub'])(
    'into a directory with %s is refused, and changes nothing',
    async (name) => {
      const refused = await refusedAfter((_, target) => writeFileSync(join(target, name), 'old'));
      expect(refused.code).toBe('ERR_CONFIG_INVALID');
    },
  );

  it('into a directory that a signer uses is refused', async () => {
    const { dataDir, file } = running();
    await exportLedger(dataDir, file);
    expect(errorOf(() => importLedger(file, dataDir, TEST_SEAL)).code).toBe('ERR_STORE_IN_USE');
  });
});
