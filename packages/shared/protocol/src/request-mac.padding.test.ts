import { describe, expect, it, vi } from 'vitest';
import { type MacInput, verifyRequestMac } from './request-mac.ts';
import { Secret } from './secret.ts';

const counts = vi.hoisted(() => ({ macs: 0, comparisons: 0 }));

vi.mock('node:crypto', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:crypto')>();
  return {
    ...real,
    createHmac: (...given: Parameters<typeof real.createHmac>) => {
      counts.macs += 1;
      return real.createHmac(...given);
    },
    timingSafeEqual: (...given: Parameters<typeof real.timingSafeEqual>) => {
      counts.comparisons += 1;
      return real.timingSafeEqual(...given);
    },
  };
});

const REQUEST: MacInput = {
  timestamp: '1770983999900',
  requestNonce: 'nonce-valid-0001',
  method: 'POST',
  target: '/v1/sign/session-transaction',
  body: Buffer.from('{"accountAddress":"0xabc"}'),
};
const MAC = 'b458313d1c683743b3551ec4efbc9b16073cf43e57fa9f4453e6941c56551d26';
const secrets = (count: number): Secret<string>[] =>
  Array.from({ length: count }, (_, i) => new Secret(`secret-${i}`));

describe('the work of one verification', () => {
  it.each([
    ['no client', [], MAC, 4],
    ['one secret', secrets(1), MAC, 4],
    ['one secret that matches', [new Secret('current-secret')], MAC, 4],
    ['a match at the first place', [new Secret('current-secret'), ...secrets(3)], MAC, 4],
    ['a match at the last place', [...secrets(3), new Secret('current-secret')], MAC, 4],
    ['more secrets than the padding', secrets(6), MAC, 6],
    ['a signature of another length', secrets(1), 'abcd', 4],
  ])('is the same for %s', (_name, known, signature, expected) => {
    counts.macs = 0;
    counts.comparisons = 0;
    verifyRequestMac(known, REQUEST, signature);
    expect(counts).toEqual({ macs: expected, comparisons: expected });
  });
});
