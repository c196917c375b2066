/**
 * Figures about buckets, from the log alone.
 *
 * @module
 */

import { type HighMark, replaySpending } from './check-spending.ts';

/** How near one bucket ever came to its cap. */
export interface BucketFigures extends HighMark {
  /** Name of the bucket; `undefined` when its entries carry the digest only. */
  readonly bucket: string | undefined;
  /** SHA-256 of the name, hex. */
  readonly bucketSha256: string;
  readonly window: 'sliding' | 'fixed' | 'lifetime';
  /** 0 for `lifetime`. */
  readonly seconds: number;
}

/**
 * The buckets that came nearest to their caps, the nearest first.
 *
 * @param entries - The log from its first entry on; what follows a fault is not looked at.
 * @param most - How many at most.
 */
export function fullestBuckets(
  entries: Iterable<Uint8Array>,
  most: number,
): readonly BucketFigures[] {
  const figures = replaySpending(entries).state.flatMap((state): BucketFigures[] => {
    const { key, name, window, lengthMs, highMark } = state;
    if (highMark === undefined) return [];
    const bucketSha256 = key.slice(key.lastIndexOf(' ') + 1);
    return [{ bucket: name, bucketSha256, window, seconds: lengthMs / 1_000, ...highMark }];
  });
  return figures.sort(byShare).slice(0, most);
}

/** Larger shares of their caps first, compared without dividing. */
function byShare(a: HighMark, b: HighMark): number {
  const difference = b.counted * a.cap - a.counted * b.cap;
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}
