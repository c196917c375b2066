/**
 * What a log says about how near its buckets came to their caps.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { type CanonicalValue, canonicalJson } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../test/harness.ts';
import { fullestBuckets } from './spending-figures.ts';

type Document = { readonly [key: string]: CanonicalValue | undefined };

const AT = 1_770_984_000_000;
const VALID_UNTIL_SEC = 1_770_984_300;
const DAY_SEC = 86_400;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const reservation = (bucket: string, amount: string, changes: Document = {}): Document => ({
  bucket,
  window: 'sliding',
  seconds: DAY_SEC,
  amount,
  cap: '100',
  until: (VALID_UNTIL_SEC + 10 * DAY_SEC) * 1_000,
  ...changes,
});

const allow = (...reserved: readonly Document[]): Document => ({
  type: 'decision',
  outcome: 'allow',
  asked: { validUntil: String(VALID_UNTIL_SEC) },
  spending: { at: AT, reserved },
});

const fullest = (most: number, ...entries: readonly Document[]) =>
  fullestBuckets(
    entries.map((entry) => bytesOf(canonicalJson(entry))),
    most,
  );

describe('the fullest buckets', () => {
  it('come first, with the entry in which they were', () => {
    const entries = [
      allow(reservation('a', '30'), reservation('b', '10')),
      { type: 'freeze' },
      allow(reservation('b', '60'), reservation('c', '1', { cap: '2' })),
    ];
    const found = fullest(9, ...entries);
    expect(found.map(({ bucket, counted, cap, index }) => [bucket, counted, cap, index])).toEqual([
      ['b', 70n, 100n, 2],
      ['c', 1n, 2n, 2],
      ['a', 30n, 100n, 0],
    ]);
    expect(fullest(1, ...entries)).toEqual(found.slice(0, 1));
    expect(found[0]).toMatchObject({
      bucketSha256: sha256('b'),
      window: 'sliding',
      seconds: DAY_SEC,
    });
  });

  it('are held against the cap of their decision', () => {
    const raised = [
      allow(reservation('a', '50', { cap: '60' })),
      allow(reservation('a', '10', { cap: '100' })),
    ];
    expect(fullest(9, ...raised)).toMatchObject([{ counted: 50n, cap: 60n, index: 0 }]);
    const filled = [...raised, allow(reservation('a', '40'))];
    expect(fullest(9, ...filled)).toMatchObject([{ counted: 100n, cap: 100n, index: 2 }]);
  });

  it('are those with a cap: none of nothing, none that nobody asked about', () => {
    const ever = { window: 'lifetime', seconds: undefined, until: undefined };
    expect(fullest(9)).toEqual([]);
    expect(
      fullest(
        9,
        allow(reservation('a', '0', { cap: '0' })),
        allow(reservation('b', '5', { cap: undefined })),
        allow(reservation('c', '5', ever)),
      ),
    ).toMatchObject([{ bucket: 'c', window: 'lifetime', seconds: 0 }]);
  });

  it('have their digest alone until an entry names them', () => {
    const nameless = reservation('a', '5', { bucket: undefined, bucketSha256: sha256('a') });
    expect(fullest(9, allow(nameless))).toMatchObject([
      { bucket: undefined, bucketSha256: sha256('a') },
    ]);
    expect(fullest(9, allow(nameless), allow(reservation('a', '5')))).toMatchObject([
      { bucket: 'a', counted: 10n, index: 1 },
    ]);
  });

  it('end at a fault', () => {
    const entries = [allow(reservation('a', '5')), allow(reservation('a', '500'))];
    expect(fullest(9, ...entries)).toMatchObject([{ counted: 5n, index: 0 }]);
  });
});
