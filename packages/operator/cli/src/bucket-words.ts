/**
 * Buckets of the ledger in words.
 *
 * @module
 */

import type { BucketFigures } from '@countersign/ledger';
import { visible } from './terminal/table.ts';

type Named = Pick<BucketFigures, 'bucket' | 'bucketSha256' | 'window' | 'seconds'>;

/**
 * What a bucket counts: `hourly of rent, token 0x70ce, client tenant, in 3600 seconds (sliding)`.
 *
 * A name that the policy language did not give stands as it is, and a digest where there is no name.
 */
export function bucketWords({ bucket, bucketSha256, window, seconds }: Named): string {
  const over = window === 'lifetime' ? 'ever' : `in ${seconds} seconds (${window})`;
  const name = bucket === undefined ? `sha256 ${bucketSha256}` : nameWords(bucket);
  return `${visible(name)}, ${over}`;
}

/** How much of a cap: `95 of 100 (95.00 %)`. */
export function shareWords({ counted, cap }: Pick<BucketFigures, 'counted' | 'cap'>): string {
  const hundredths = (counted * 10_000n) / cap;
  const digits = String(hundredths % 100n).padStart(2, '0');
  return `${counted} of ${cap} (${hundredths / 100n}.${digits} %)`;
}

/** Names of the policy language are JSON: policy, limit, window, its length, groups. */
function nameWords(bucket: string): string {
  const parts = parse(bucket);
  const [policy, limit, , , groups] = Array.isArray(parts) ? parts : [];
  if (typeof policy !== 'string' || typeof limit !== 'string' || !Array.isArray(groups)) {
    return bucket;
  }
  const apart = groups.map((group) => (Array.isArray(group) ? group.join(' ') : String(group)));
  return [`${limit} of ${policy}`, ...apart].join(', ');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
