import { freezeEntryBytes } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  ioError,
  NOW_MS,
  newDataDir,
  openInside,
  openTestLedger,
  textOf,
  withCommit,
} from '../test/harness.ts';
import { chargeOf, commitOne, DAY_MS, spendOf } from '../test/spending.ts';
import { isShared } from '../test/which-store.ts';
import type { Ledger } from './ledger.ts';

const SCOPES = ['all', 'client:x', 'key:y', 'account:0x1'];
const ENTRY = freezeEntryBytes({ timeMs: NOW_MS, action: 'freeze', scope: 'client:x' });

const kindOf = (ledger: Ledger, id: string, scopes: readonly string[] = SCOPES) =>
  commitOne(ledger, decisionOf(id, undefined, { scopes })).outcome;

describe('a freeze', () => {
  it.each(SCOPES)('of %s refuses what names it', (scope) => {
    const ledger = openTestLedger(newDataDir());
    ledger.freeze(scope, ENTRY);
    expect(kindOf(ledger, 'a')).toEqual({ kind: 'frozen', scope });
    expect(commitOne(ledger, decisionOf('b', undefined, { scopes: SCOPES })).fresh).toBe(false);
  });

  it.each(['client:y', 'Client:x', 'client:x ', 'client:', 'account:0x01', 'key:x'])(
    'of %j leaves others alone',
    (scope) => {
      const ledger = openTestLedger(newDataDir());
      ledger.freeze(scope, ENTRY);
      expect(kindOf(ledger, 'a').kind).toBe('fresh');
      expect(kindOf(ledger, 'without scopes', []).kind).toBe('fresh');
    },
  );

  it('names the first of several', () => {
    const ledger = openTestLedger(newDataDir());
    for (const scope of ['key:y', 'client:x']) ledger.freeze(scope, ENTRY);
    expect(kindOf(ledger, 'a')).toEqual({ kind: 'frozen', scope: 'client:x' });
  });

  it('comes after the request nonce and before the charges', () => {
    const ledger = openTestLedger(newDataDir());
    kindOf(ledger, 'a');
    ledger.freeze('all', ENTRY);
    expect(kindOf(ledger, 'a').kind).toBe('used');
    const charges = [chargeOf(101n)];
    expect(commitOne(ledger, spendOf(charges, { scopes: SCOPES })).outcome.kind).toBe('frozen');
  });

  it('reserves nothing', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.freeze('all', ENTRY);
    commitOne(ledger, spendOf([chargeOf(100n)], { scopes: SCOPES }));
    ledger.unfreeze('all', ENTRY);
    expect(commitOne(ledger, spendOf([chargeOf(100n)], { scopes: SCOPES })).fresh).toBe(true);
  });

  it('is in the log, and in force, after a restart', () => {
    const dataDir = newDataDir();
    const first = openTestLedger(dataDir);
    expect(first.freeze('all', ENTRY)).toMatchObject({ index: 0 });
    first.close();
    const second = openTestLedger(dataDir);
    expect(textOf(second.entry(0))).toBe(textOf(ENTRY));
    expect(second.frozen()).toEqual([{ scope: 'all', sinceMs: NOW_MS }]);
    expect(kindOf(second, 'a').kind).toBe('frozen');
  });

  it('is made once: a second one writes nothing and keeps the time of the first', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    ledger.freeze('all', ENTRY);
    clock.advance(1_000);
    expect(ledger.freeze('all', ENTRY)).toBeUndefined();
    expect(ledger.size()).toBe(1);
    expect(ledger.frozen()).toEqual([{ scope: 'all', sinceMs: NOW_MS }]);
    expect(ledger.status().writable).toBe(true);
  });

  it('ends once', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.freeze('all', ENTRY);
    ledger.freeze('key:y', ENTRY);
    expect(ledger.unfreeze('all', bytesOf('unfreeze'))).toMatchObject({ index: 2 });
    expect(ledger.unfreeze('all', bytesOf('unfreeze'))).toBeUndefined();
    expect(ledger.frozen()).toEqual([{ scope: 'key:y', sinceMs: NOW_MS }]);
    expect(kindOf(ledger, 'a')).toEqual({ kind: 'frozen', scope: 'key:y' });
    ledger.unfreeze('key:y', bytesOf('unfreeze'));
    expect(kindOf(ledger, 'b').kind).toBe('fresh');
  });

  it('works while the clock is behind, and ends only when the clock is right', () => {
    const clock = createTestClock();
    const ledger = openTestLedger(newDataDir(), { clock });
    ledger.append([bytesOf('note')]);
    clock.advance(-DAY_MS);
    expect(ledger.freeze('all', ENTRY)).toMatchObject({ index: 1 });
    expect(ledger.frozen()).toEqual([{ scope: 'all', sinceMs: NOW_MS }]);
    expect(ledger.status().highWaterMs).toBe(NOW_MS);
    expect(codeOf(() => ledger.unfreeze('all', ENTRY))).toBe('ERR_CLOCK_BEHIND');
    clock.set(NOW_MS);
    expect(kindOf(ledger, 'a').kind).toBe('frozen');
  });

  it.each(['', 'x'.repeat(513), '\ud800'])('needs a scope that can be named: %j', (scope) => {
    const ledger = openTestLedger(newDataDir());
    expect(codeOf(() => ledger.freeze(scope, ENTRY))).toBe('ERR_INTERNAL');
    expect(codeOf(() => ledger.unfreeze(scope, ENTRY))).toBe('ERR_INTERNAL');
    expect(ledger.size()).toBe(0);
  });

  it.skipIf(isShared()).each([
    ['before anything was written: it is not in force', false],
    ['after everything was written: it is in force when the next write looks', true],
  ])('whose COMMIT fails %s', (_, isWritten) => {
    const dataDir = newDataDir();
    openTestLedger(dataDir).close();
    let isBroken = true;
    const { ledger } = openInside(dataDir, {
      wrap: (db) =>
        withCommit(db, (statement) => {
          if (!isBroken || isWritten) statement.run();
          if (isBroken) throw ioError();
        }),
    });
    expect(codeOf(() => ledger.freeze('all', ENTRY))).toBe('ERR_STORE_UNAVAILABLE');
    isBroken = false;
    expect(kindOf(ledger, 'a').kind).toBe(isWritten ? 'frozen' : 'fresh');
    expect(ledger.freeze('all', ENTRY) === undefined).toBe(isWritten);
  });

  it('is no business of a closed ledger', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.close();
    for (const call of [
      () => ledger.freeze('all', ENTRY),
      () => ledger.unfreeze('all', ENTRY),
      () => ledger.frozen(),
      () => ledger.settle('s', { kind: 'impossible' }, ENTRY),
    ]) {
      expect(codeOf(call)).toBe('ERR_STOPPING');
    }
  });
});
