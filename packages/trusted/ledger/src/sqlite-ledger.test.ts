import { LIMITS } from '@countersign/protocol';
import {
  hashLeaf,
  parseEntryBundle,
  parseVerifierKey,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from '@countersign/tlog';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  codeOf,
  createTestClock,
  decisionOf,
  errorOf,
  NOW_MS,
  newDataDir,
  openTestLedger,
  provenEntries,
  textOf,
} from '../test/harness.ts';
import type { Ledger } from './ledger.ts';

const freshness = (ledger: Ledger, ...ids: readonly string[]): readonly boolean[] =>
  ledger.commit(ids.map((id) => decisionOf(id))).map((result) => result.fresh);

const rootOf = (ledger: Ledger, size?: number) =>
  verifyCheckpoint(ledger.checkpoint(size), { logKeys: [parseVerifierKey(ledger.verifierKey())] });

describe('request nonces', () => {
  it('are fresh once', () => {
    const ledger = openTestLedger(newDataDir());
    expect(freshness(ledger, 'a')).toEqual([true]);
    expect(freshness(ledger, 'a')).toEqual([false]);
    expect(freshness(ledger, 'b')).toEqual([true]);
    expect(provenEntries(ledger)).toEqual(['allow a', 'deny a', 'allow b']);
  });

  it('are fresh once within a batch: the first item wins', () => {
    const ledger = openTestLedger(newDataDir());
    expect(freshness(ledger, 'a', 'b', 'a', 'a', 'b')).toEqual([true, true, false, false, false]);
    expect(provenEntries(ledger)).toEqual(['allow a', 'allow b', 'deny a', 'deny a', 'deny b']);
  });

  it('belong to one client', () => {
    const ledger = openTestLedger(newDataDir());
    const other = { ...decisionOf('a'), nonceKey: JSON.stringify(['other', 'a']) };
    expect(ledger.commit([decisionOf('a'), other]).map(({ fresh }) => fresh)).toEqual([true, true]);
  });

  it('are told apart byte by byte', () => {
    const ledger = openTestLedger(newDataDir());
    const ids = ['a', 'A', 'a ', 'a\u0000', 'a\u0000b', 'ä', 'a\u0308', '\u{1f512}', ''];
    expect(freshness(ledger, ...ids)).toEqual(ids.map(() => true));
    expect(freshness(ledger, ...ids)).toEqual(ids.map(() => false));
  });

  it('stay used after a restart', () => {
    const dataDir = newDataDir();
    const first = openTestLedger(dataDir);
    freshness(first, 'a');
    first.close();
    expect(freshness(openTestLedger(dataDir), 'a', 'b')).toEqual([false, true]);
  });

  it('stay used when they come again with a later expiry, for as long as that', () => {
    const clock = createTestClock();
    const options = { clock, retainedNonces: 0, clockToleranceMs: 0 };
    const ledger = openTestLedger(newDataDir(), options);
    const use = (id: string, expiresAtMs: number) =>
      ledger.commit([decisionOf(id, expiresAtMs)])[0]?.fresh;
    expect(use('a', NOW_MS + 10)).toBe(true);
    expect(use('a', NOW_MS + 99)).toBe(false);
    expect(use('a', NOW_MS + 20)).toBe(false);
    clock.advance(50);
    expect(use('another, so that expired ones are forgotten', NOW_MS + 100)).toBe(true);
    expect(use('a', NOW_MS + 99)).toBe(false);
  });
});

describe('the log', () => {
  it('gives each entry its index and RFC 6962 leaf hash', () => {
    const ledger = openTestLedger(newDataDir());
    const committed = ledger.commit([decisionOf('a'), decisionOf('a')]);
    const appended = ledger.append([bytesOf('x'), bytesOf('')]);
    expect([...committed, ...appended].map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(committed[0]?.leafHash).toEqual(hashLeaf(bytesOf('allow a')));
    expect(committed[1]?.leafHash).toEqual(hashLeaf(bytesOf('deny a')));
    expect(appended.map(({ leafHash }) => leafHash)).toEqual(
      [bytesOf('x'), bytesOf('')].map(hashLeaf),
    );
  });

  it('writes nothing for nothing', () => {
    const ledger = openTestLedger(newDataDir());
    const before = ledger.checkpoint();
    expect(ledger.commit([])).toEqual([]);
    expect(ledger.append([])).toEqual([]);
    expect(ledger.checkpoint()).toBe(before);
  });

  it('proves every entry at every size around powers of two', () => {
    const ledger = openTestLedger(newDataDir());
    const expected: string[] = [];
    for (let index = 0; index < 35; index += 1) {
      ledger.append([bytesOf(`entry ${index}`)]);
      expected.push(`entry ${index}`);
      if ([1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 35].includes(index + 1)) {
        expect(provenEntries(ledger)).toEqual(expected);
      }
    }
  });

  it('gives receipts a stranger can check, without an extra line', () => {
    const ledger = openTestLedger(newDataDir());
    const [committed] = ledger.commit([decisionOf('a')]);
    ledger.append([bytesOf('later')]);
    const proofText = ledger.receipt(committed?.index ?? -1) ?? '';
    const logKeys = [parseVerifierKey(ledger.verifierKey())];
    const proof = verifyTlogProof({ proofText, entry: bytesOf('allow a'), logKeys });
    expect(proof).toMatchObject({ index: 0, size: 2 });
    expect(proof.extra).toBeUndefined();
    expect(codeOf(() => verifyTlogProof({ proofText, entry: bytesOf('deny a'), logKeys }))).toBe(
      'ERR_PROOF_INVALID',
    );
  });

  it('has no entries and receipts beyond its end', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.append([bytesOf('only')]);
    for (const index of [1, -1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER, 2 ** 60]) {
      expect(ledger.entry(index)).toBeUndefined();
      expect(ledger.receipt(index)).toBeUndefined();
    }
  });

  it('keeps one checkpoint per commit', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.append([bytesOf('a'), bytesOf('b')]);
    ledger.append([bytesOf('c')]);
    expect([0, 2, 3].map((size) => rootOf(ledger, size).size)).toEqual([0, 2, 3]);
    expect(ledger.checkpoint(3)).toBe(ledger.checkpoint());
    for (const size of [1, 4, -1, 0.5, Number.NaN]) {
      expect(codeOf(() => ledger.checkpoint(size))).toBe('ERR_NOT_FOUND');
    }
  });

  it('proves that each checkpoint is a prefix of each later one', () => {
    const ledger = openTestLedger(newDataDir());
    for (let size = 0; size < 20; size += 1) ledger.append([bytesOf(`${size}`)]);
    for (let newSize = 0; newSize <= 20; newSize += 1) {
      for (let oldSize = 0; oldSize <= newSize; oldSize += 1) {
        const [old, now] = [rootOf(ledger, oldSize), rootOf(ledger, newSize)];
        const proof = ledger.consistency(oldSize, newSize);
        const claim = { oldSize, newSize, oldRoot: old.rootHash, newRoot: now.rootHash, proof };
        expect(verifyConsistency(claim)).toBe(true);
      }
    }
    expect(codeOf(() => ledger.consistency(5, 21))).toBe('ERR_NOT_FOUND');
    expect(codeOf(() => ledger.consistency(6, 5))).toBe('ERR_NOT_FOUND');
    expect(codeOf(() => ledger.consistency(-1, 5))).toBe('ERR_NOT_FOUND');
  });

  it('is not changed by what callers do to the bytes they gave or got', () => {
    const ledger = openTestLedger(newDataDir());
    const entry = bytesOf('as it was');
    const [appended] = ledger.append([entry]);
    ledger.append([bytesOf('b'), bytesOf('c')]);
    entry.fill(0);
    appended?.leafHash.fill(0);
    for (const hash of ledger.consistency(1, 3)) hash.fill(0);
    ledger.entry(0)?.fill(0);
    ledger.append([bytesOf('d')]);
    expect(provenEntries(ledger)).toEqual(['as it was', 'b', 'c', 'd']);
  });

  it('serves its files by C2SP path', () => {
    const ledger = openTestLedger(newDataDir());
    const entries = Array.from({ length: 259 }, (_, at) => bytesOf(`entry ${at}`));
    ledger.append(entries);
    expect(textOf(ledger.tile('checkpoint'))).toBe(ledger.checkpoint());
    const tile = ledger.tile('tile/0/000') ?? new Uint8Array(0);
    expect(tile.length).toBe(256 * 32);
    expect(tile.slice(0, 32)).toEqual(hashLeaf(bytesOf('entry 0')));
    expect(ledger.tile('tile/0/001.p/3')?.slice(64)).toEqual(hashLeaf(bytesOf('entry 258')));
    expect(ledger.tile('tile/1/000.p/1')?.length).toBe(32);
    const bundle = parseEntryBundle(ledger.tile('tile/entries/000') ?? new Uint8Array(0));
    expect(bundle.map(textOf)).toEqual(entries.slice(0, 256).map(textOf));
    expect(parseEntryBundle(ledger.tile('tile/entries/001.p/2') ?? new Uint8Array(0)).length).toBe(
      2,
    );
  });

  it('has no other files', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.append(Array.from({ length: 259 }, () => bytesOf('x')));
    const paths = [
      'tile/0/001',
      'tile/0/001.p/4',
      'tile/1/000',
      'tile/2/000.p/1',
      'tile/entries/001',
      'tile/entries/002.p/1',
      'tile/0/000.p/0',
      'tile/0/0',
      '/checkpoint',
      'checkpoint/',
      '../log-key.sealed',
      'tile/entries/../../log-key.sealed',
      '',
    ];
    for (const path of paths) expect([path, ledger.tile(path)]).toEqual([path, undefined]);
  });
});

describe('what callers hand in', () => {
  const bad = 'ERR_INTERNAL';

  it('may fill an entry to the limit and not beyond', () => {
    const ledger = openTestLedger(newDataDir());
    const largest = new Uint8Array(LIMITS.logEntryBytes).fill(7);
    expect(ledger.append([largest])[0]?.leafHash).toEqual(hashLeaf(largest));
    expect(ledger.entry(0)).toEqual(largest);
    const larger = new Uint8Array(LIMITS.logEntryBytes + 1);
    expect(codeOf(() => ledger.append([bytesOf('x'), larger]))).toBe(bad);
    expect(codeOf(() => ledger.commit([{ ...decisionOf('a'), entryOf: () => larger }]))).toBe(bad);
    expect(codeOf(() => ledger.freeze('all', larger))).toBe(bad);
    expect(codeOf(() => ledger.settle('s', { kind: 'impossible' }, larger))).toBe(bad);
    expect(codeOf(() => ledger.resetClock(NOW_MS, larger))).toBe(bad);
    expect(ledger.size()).toBe(1);
  });

  it.each([
    ['an empty nonce key', { nonceKey: '' }],
    ['a nonce key that is too long', { nonceKey: 'x'.repeat(4_097) }],
    ['a nonce key with half a character', { nonceKey: 'a\ud800' }],
    ['an expiry that is no number', { nonceExpiresAtMs: Number.NaN }],
    ['an expiry with a fraction', { nonceExpiresAtMs: NOW_MS + 0.5 }],
    ['an expiry before 1970', { nonceExpiresAtMs: -1 }],
    ['an expiry no clock can reach', { nonceExpiresAtMs: 8.65e15 }],
  ])('must not be %s, and then nothing of the batch is written', (_, change) => {
    const ledger = openTestLedger(newDataDir());
    const batch = [decisionOf('a'), { ...decisionOf('b'), ...change }];
    expect(codeOf(() => ledger.commit(batch))).toBe(bad);
    expect(ledger.size()).toBe(0);
    expect(freshness(ledger, 'a', 'b')).toEqual([true, true]);
    expect(ledger.status().writable).toBe(true);
  });
});

describe('a closed ledger', () => {
  it('refuses everything but what it knows by heart', () => {
    const ledger = openTestLedger(newDataDir());
    ledger.append([bytesOf('a')]);
    const last = ledger.checkpoint();
    ledger.close();
    ledger.close();
    const calls = [
      () => ledger.commit([decisionOf('a')]),
      () => ledger.append([bytesOf('a')]),
      () => ledger.resetClock(NOW_MS),
      () => ledger.entry(0),
      () => ledger.receipt(0),
      () => ledger.checkpoint(1),
      () => ledger.consistency(0, 1),
      () => ledger.tile('checkpoint'),
    ];
    for (const call of calls) expect(errorOf(call).code).toBe('ERR_STOPPING');
    expect(ledger.checkpoint()).toBe(last);
    expect(ledger.status()).toMatchObject({ size: 1, writable: false });
  });
});
