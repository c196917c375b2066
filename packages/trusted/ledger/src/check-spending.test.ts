/**
 * The proof from the log alone: what it accepts, and every way a log can be wrong.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type CanonicalValue, canonicalJson } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { bytesOf, newDataDir, openTestLedger } from '../test/harness.ts';
import { chargeOf, commitOne, FIXED_DAY, LIFETIME, spendOf } from '../test/spending.ts';
import { checkSpending } from './check-spending.ts';
import { openLedgerReader } from './ledger-reader.ts';

type Document = { readonly [key: string]: CanonicalValue | undefined };

const AT = 1_770_984_000_000;
const VALID_UNTIL_SEC = 1_770_984_300;
const DAY_SEC = 86_400;
const END = (VALID_UNTIL_SEC + DAY_SEC) * 1_000;

const reservation = (changes: Document = {}): Document => ({
  bucket: 'daily',
  window: 'sliding',
  seconds: DAY_SEC,
  amount: '60',
  cap: '100',
  until: END,
  ...changes,
});

const FIXED: Document = { window: 'fixed', until: AT + DAY_SEC * 1_000 };
const EVER: Document = { window: 'lifetime', seconds: undefined, until: undefined };

const allow = (reserved: readonly Document[], spending: Document = {}): Document => ({
  format: 'countersign-entry/v1',
  type: 'decision',
  outcome: 'allow',
  asked: { validUntil: String(VALID_UNTIL_SEC) },
  spending: { at: AT, slot: undefined, reserved, ...spending },
});

const settle = (changes: Document = {}): Document => ({
  type: 'settle',
  slot: 's',
  outcome: 'impossible',
  ...changes,
});

const reset = (ms: number): Document => ({
  type: 'clock-reset',
  time: new Date(ms).toISOString(),
});

const check = (...entries: readonly Document[]) =>
  checkSpending(entries.map((entry) => bytesOf(canonicalJson(entry))));

const forty = reservation({ amount: '40' });
const one = reservation({ amount: '1' });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a log that holds', () => {
  it.each<[string, Document[]]>([
    ['fills a bucket to its cap', [allow([reservation()]), allow([forty])]],
    [
      'signs one slot twice',
      [
        allow([reservation()], { slot: 's' }),
        allow([reservation({ amount: '100' })], { slot: 's' }),
      ],
    ],
    [
      'spends again after the end',
      [allow([reservation()]), allow([reservation({ until: 2 * END })], { at: END + 1 })],
    ],
    [
      'keeps a fixed window',
      [allow([reservation(FIXED)]), allow([reservation({ ...FIXED, amount: '40' })])],
    ],
    [
      'starts a fixed window anew',
      [
        allow([reservation(FIXED)]),
        allow([reservation({ ...FIXED, until: AT + 2 * DAY_SEC * 1_000 + 1 })], {
          at: AT + DAY_SEC * 1_000 + 1,
        }),
      ],
    ],
    [
      'reserves beyond a cap that nobody asked about',
      [
        allow([reservation({ cap: undefined, amount: '500' })]),
        allow([reservation({ cap: undefined })]),
      ],
    ],
    [
      'reserves for ever',
      [allow([reservation(EVER)]), allow([reservation({ ...EVER, amount: '40' })])],
    ],
    [
      'gives back what was settled as impossible',
      [allow([reservation()], { slot: 's' }), settle(), allow([reservation({ amount: '100' })])],
    ],
    [
      'frees what was executed earlier',
      [
        allow([reservation()], { slot: 's' }),
        settle({ outcome: 'executed', at: AT }),
        allow([reservation({ until: 2 * END })], { at: AT + DAY_SEC * 1_000 + 1 }),
      ],
    ],
    [
      'names a bucket by its digest',
      [allow([reservation({ bucket: undefined, bucketSha256: sha256('daily') })]), allow([forty])],
    ],
    [
      'has other entries between',
      [
        { type: 'outcome' },
        allow([reservation()]),
        { type: 'decision', outcome: 'deny' },
        { type: 'freeze' },
        allow([forty]),
      ],
    ],
  ])('%s', (_, entries) => {
    expect(check(...entries)).not.toHaveProperty('fault');
  });

  it('is counted', () => {
    const other = reservation({ bucket: 'other' });
    expect(check(allow([reservation(), other]), allow([forty]))).toEqual({
      buckets: 2,
      reservations: 3,
    });
    expect(checkSpending([bytesOf('no JSON'), bytesOf('[]'), bytesOf('')])).toEqual({
      buckets: 0,
      reservations: 0,
    });
  });
});

describe('a fault', () => {
  const over = 'a bucket counts more than its cap';
  const short = 'a reservation does not count long enough';
  const less = 'a reservation became smaller or shorter';
  const unreadable = 'a reservation cannot be read';
  const slotted = { slot: 's' };
  it.each<[string, string, Document[]]>([
    ['one too many', over, [allow([reservation()]), allow([forty]), allow([one])]],
    [
      'one too many at the last millisecond',
      over,
      [
        allow([reservation({ amount: '100' })]),
        allow([reservation({ amount: '1', until: 2 * END })], { at: END }),
      ],
    ],
    [
      'another slot than before',
      over,
      [allow([reservation()], slotted), allow([reservation()], { slot: 't' })],
    ],
    [
      'a slot by name and by digest',
      over,
      [allow([reservation()], slotted), allow([forty], { slotSha256: sha256('t') }), allow([one])],
    ],
    [
      'a bucket named by its digest',
      over,
      [
        allow([reservation({ bucket: undefined, bucketSha256: sha256('daily') })]),
        allow([reservation()]),
      ],
    ],
    [
      'one too many in a fixed window',
      over,
      [
        allow([reservation({ ...FIXED, amount: '100' })]),
        allow([reservation({ ...FIXED, amount: '1' })], { at: AT + DAY_SEC * 1_000 }),
      ],
    ],
    [
      'one too many ever',
      over,
      [
        allow([reservation({ ...EVER, amount: '100' })]),
        allow([reservation({ ...EVER, amount: '1' })], { at: 8e15 }),
      ],
    ],
    [
      'what was executed within the window',
      over,
      [
        allow([reservation({ amount: '100' })], slotted),
        settle({ outcome: 'executed', at: AT }),
        allow([reservation({ until: 2 * END })], { at: AT + DAY_SEC * 1_000 }),
      ],
    ],
    [
      'another slot that was settled',
      over,
      [allow([reservation()], slotted), settle({ slot: 't' }), allow([reservation()])],
    ],
    [
      'a cap that was lowered',
      over,
      [allow([reservation()]), allow([reservation({ amount: '0', cap: '59' })])],
    ],
    ['a window that is cut by the validity', short, [allow([reservation({ until: END - 1 })])]],
    [
      'a window that does not reach from the decision',
      short,
      [allow([reservation()], { at: VALID_UNTIL_SEC * 1_000 + 1 })],
    ],
    ['a sliding window without end', short, [allow([reservation({ until: undefined })])]],
    ['a lifetime with one', short, [allow([reservation({ ...EVER, until: END })])]],
    [
      'a fixed window that moves',
      short,
      [
        allow([reservation(FIXED)]),
        allow([reservation({ ...FIXED, until: AT + DAY_SEC * 1_000 + 1, amount: '1' })], {
          at: AT + 1,
        }),
      ],
    ],
    [
      'a fixed window that does not',
      short,
      [allow([reservation(FIXED)]), allow([reservation(FIXED)], { at: AT + DAY_SEC * 1_000 + 1 })],
    ],
    [
      'a smaller amount of a slot',
      less,
      [allow([reservation()], slotted), allow([forty], slotted)],
    ],
    [
      'an earlier end of a slot',
      less,
      [allow([reservation({ until: END + 1 })], slotted), allow([reservation()], slotted)],
    ],
    [
      'time that runs back',
      'the time of a decision is before that of an earlier one',
      [allow([reservation()]), allow([one], { at: AT - 1 })],
    ],
    ['one bucket twice', 'an entry names a bucket twice', [allow([one, one])]],
    [
      'something reserved for a denial',
      'something is reserved for a denial',
      [{ ...allow([reservation()]), outcome: 'deny' }],
    ],
    ['no reservations', unreadable, [allow([])]],
    ['a number for an amount', unreadable, [allow([reservation({ amount: 60 })])]],
    ['a sign', unreadable, [allow([reservation({ amount: '-1' })])]],
    ['a leading zero', unreadable, [allow([reservation({ cap: '0100' })])]],
    ['a window of no known type', unreadable, [allow([reservation({ window: 'tumbling' })])]],
    ['no bucket', unreadable, [allow([reservation({ bucket: undefined })])]],
    ['an end that is text', unreadable, [allow([reservation({ until: String(END) })])]],
    ['no time', 'reservations have no time', [allow([one], { at: undefined })]],
    ['a slot that is no text', 'a slot cannot be read', [allow([one], { slot: 7 })]],
    ['a settlement of nothing', 'a settlement names no slot', [settle({ slot: undefined })]],
    [
      'a settlement of another word',
      'a settlement says neither executed nor impossible',
      [settle({ outcome: 'maybe' })],
    ],
    ['a clock reset to no time', 'a clock reset has no time', [{ type: 'clock-reset' }]],
    [
      'what a clock that was ahead had freed',
      'a bucket was asked for a time it has forgotten',
      [
        allow([reservation()]),
        allow([reservation({ until: 3 * END })], { at: 2 * END }),
        reset(AT),
        allow([one]),
      ],
    ],
  ])('is found: %s', (_, reason, entries) => {
    const { fault } = check(...entries);
    expect(fault).toEqual({ reason, index: entries.length - 1 });
  });

  it('ends the count', () => {
    expect(check(allow([reservation()]), allow([reservation()]), allow([one]))).toMatchObject({
      fault: { index: 1 },
      reservations: 1,
    });
  });
});

describe('a reader', () => {
  const prepared = (): string => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir);
    const charges = [
      chargeOf(10n),
      chargeOf(5n, { window: FIXED_DAY }),
      chargeOf(1n, { window: LIFETIME }),
    ];
    for (let at = 0; at < 5; at += 1) commitOne(ledger, spendOf(charges, { slot: `s${at}` }));
    ledger.close();
    return dataDir;
  };

  const faultAfter = (sql: string) => {
    const dataDir = prepared();
    const db = new DatabaseSync(join(dataDir, 'ledger.db'));
    db.exec(sql);
    db.close();
    const reader = openLedgerReader(dataDir);
    const { fault } = reader.checkSpending();
    reader.close();
    return fault;
  };

  it('finds tables that agree', () => {
    expect(faultAfter('SELECT 1')).toBeUndefined();
  });

  it.each([
    ['a reservation that is gone', "DELETE FROM reservations WHERE slot = 'slot:s3'"],
    ['an amount', 'UPDATE reservations SET amount = zeroblob(32)'],
    ['an end', 'UPDATE reservations SET until_ms = 5 WHERE until_ms IS NOT NULL'],
    ['everything', 'DELETE FROM reservations; DELETE FROM buckets'],
  ])('finds tables that say something else than the log: %s', (_, sql) => {
    expect(faultAfter(sql)).toEqual({
      reason: 'the tables count something else than the log says',
      index: 5,
    });
  });

  it('checks beside a signer that writes', () => {
    const dataDir = prepared();
    const ledger = openTestLedger(dataDir);
    const reader = openLedgerReader(dataDir);
    for (let at = 0; at < 5; at += 1) {
      commitOne(ledger, spendOf([chargeOf(10n)]));
      expect(reader.checkSpending()).toEqual({ buckets: 3, reservations: 16 + at });
    }
    reader.close();
  });
});
