/**
 * Any flipped bit, any torn write-ahead log: refused, or without consequence.
 *
 * @module
 */

import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBoundaryError } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, decisionOf, newDataDir, openTestLedger, provenEntries } from '../test/harness.ts';
import type { Ledger } from './ledger.ts';

const COMMITS = 12;
const IDS = Array.from({ length: COMMITS }, (_, at) => `${at}`);
const REFUSALS = ['ERR_STORE_CORRUPT', 'ERR_STORE_NEWER', 'ERR_LOG_ROLLED_BACK'];

/** A ledger with one decision per commit: its directory while open, and after it was closed. */
const prepared = (): { crashed: string; closed: string } => {
  const closed = newDataDir();
  const crashed = newDataDir();
  const ledger = openTestLedger(closed);
  for (const id of IDS) ledger.commit([decisionOf(id)]);
  cpSync(closed, crashed, { recursive: true });
  ledger.close();
  return { crashed, closed };
};

const answersOf = (ledger: Ledger) => [
  ledger.status(),
  ledger.verifierKey(),
  IDS.map((_, index) => ledger.receipt(index)),
  [...IDS.keys(), 0].map((size) => ledger.checkpoint(size)),
];

/** Opens the ledger and hands it over, or checks that it was refused with a reason. */
const openOrRefuse = (dataDir: string, use: (ledger: Ledger) => void): void => {
  let ledger: Ledger;
  try {
    ledger = openTestLedger(dataDir);
  } catch (error) {
    if (!isBoundaryError(error)) throw error;
    expect(REFUSALS).toContain(error.code);
    return;
  }
  try {
    use(ledger);
  } finally {
    ledger.close();
  }
};

const flipBit = (bytes: Buffer, bit: number) => {
  const at = Math.floor(bit / 8);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
};

describe('damage', { timeout: 200_000 }, () => {
  it('of one bit of the database is refused or changes no answer and frees no nonce', () => {
    const { closed } = prepared();
    const intact = readFileSync(join(closed, 'ledger.db'));
    const before = openTestLedger(closed);
    const answers = answersOf(before);
    before.close();
    const copy = newDataDir();
    fc.assert(
      fc.property(fc.nat(intact.length * 8 - 1), (bit) => {
        rmSync(copy, { recursive: true, force: true });
        cpSync(closed, copy, { recursive: true });
        const damaged = Buffer.from(intact);
        flipBit(damaged, bit);
        writeFileSync(join(copy, 'ledger.db'), damaged);
        openOrRefuse(copy, (ledger) => {
          expect(answersOf(ledger)).toEqual(answers);
          const results = ledger.commit([...IDS, 'new'].map((id) => decisionOf(id)));
          expect(results.map(({ fresh }) => fresh)).toEqual([...IDS.map(() => false), true]);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('of the write-ahead log is refused when anything acknowledged is missing', () => {
    const { crashed } = prepared();
    const intact = readFileSync(join(crashed, 'ledger.db-wal'));
    const copy = newDataDir();
    const damage = fc.record({
      bit: fc.nat(intact.length * 8 - 1),
      isCut: fc.boolean(),
    });
    fc.assert(
      fc.property(damage, ({ bit, isCut }) => {
        rmSync(copy, { recursive: true, force: true });
        cpSync(crashed, copy, { recursive: true });
        const damaged = Buffer.from(isCut ? intact.subarray(0, bit / 8) : intact);
        if (!isCut) flipBit(damaged, bit);
        writeFileSync(join(copy, 'ledger.db-wal'), damaged);
        openOrRefuse(copy, (ledger) => expect(ledger.size()).toBe(COMMITS));
      }),
      { numRuns: 100 },
    );
  });

  it('of the write-ahead log alone leaves whole commits, when the mark is older too', () => {
    const { crashed } = prepared();
    const intact = readFileSync(join(crashed, 'ledger.db-wal'));
    const copy = newDataDir();
    fc.assert(
      fc.property(fc.nat(intact.length), (length) => {
        rmSync(copy, { recursive: true, force: true });
        cpSync(crashed, copy, { recursive: true });
        for (const mark of ['acknowledged', 'checkpoint']) rmSync(join(copy, mark));
        writeFileSync(join(copy, 'ledger.db-wal'), intact.subarray(0, length));
        const ledger = openTestLedger(copy);
        const kept = ledger.size();
        expect(provenEntries(ledger)).toEqual(IDS.slice(0, kept).map((id) => `allow ${id}`));
        const results = ledger.commit(IDS.map((id) => decisionOf(id)));
        expect(results.map(({ fresh }) => fresh)).toEqual(IDS.map((_, at) => at >= kept));
        ledger.close();
        expect(codeOf(() => openTestLedger(copy).close())).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });
});
