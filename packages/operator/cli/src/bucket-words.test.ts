import { describe, expect, it } from 'vitest';
import { bucketWords, shareWords } from './bucket-words.ts';

const NAME = '["rent","hourly","sliding",3600,[["token","0x70ce"],["client","tenant"]]]';

describe('a bucket in words', () => {
  const of = (bucket: string | undefined, window: 'sliding' | 'lifetime' = 'sliding') =>
    bucketWords({ bucket, bucketSha256: 'ab12', window, seconds: 3_600 });

  it.each([
    [NAME, 'hourly of rent, token 0x70ce, client tenant, in 3600 seconds (sliding)'],
    ['["rent","hourly","sliding",3600,[]]', 'hourly of rent, in 3600 seconds (sliding)'],
    ['daily', 'daily, in 3600 seconds (sliding)'],
    ['["rent"]', '["rent"], in 3600 seconds (sliding)'],
    ['{}', '{}, in 3600 seconds (sliding)'],
    ['null', 'null, in 3600 seconds (sliding)'],
    [undefined, 'sha256 ab12, in 3600 seconds (sliding)'],
    ['a\u001b[2Jb', 'a\ufffd[2Jb, in 3600 seconds (sliding)'],
  ])('%s', (name, words) => {
    expect(of(name)).toBe(words);
  });

  it('counts for ever', () => {
    expect(of('daily', 'lifetime')).toBe('daily, ever');
  });
});

describe('a share in words', () => {
  it.each([
    [0n, 100n, '0 of 100 (0.00 %)'],
    [95n, 100n, '95 of 100 (95.00 %)'],
    [1n, 3n, '1 of 3 (33.33 %)'],
    [1n, 2_000n, '1 of 2000 (0.05 %)'],
    [100n, 100n, '100 of 100 (100.00 %)'],
    [10n ** 40n - 1n, 10n ** 40n, `${10n ** 40n - 1n} of ${10n ** 40n} (99.99 %)`],
  ])('%d of %d', (counted, cap, words) => {
    expect(shareWords({ counted, cap })).toBe(words);
  });
});
