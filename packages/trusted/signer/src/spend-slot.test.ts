import type { SessionMessage } from '@countersign/crypto';
import { describe, expect, it } from 'vitest';
import { slotOf, spendableUntilMs } from './spend-slot.ts';

const MESSAGE: SessionMessage = {
  kind: 'invoke-v2',
  accountAddress: 0xacc0n,
  chainId: 0x534en,
  accountNonce: 7n,
  validUntilSec: 7_200n,
  calls: [],
};

describe('the slot', () => {
  it('is one for everything signed for a transaction nonce', () => {
    const calls = [{ to: 1n, selector: 2n, calldata: [] }];
    expect(slotOf({ ...MESSAGE, calls, validUntilSec: 1n })).toBe(slotOf(MESSAGE));
    expect(slotOf({ ...MESSAGE, kind: 'invoke-v1' })).toBe(slotOf(MESSAGE));
  });

  it.each<readonly [string, Partial<SessionMessage>]>([
    ['account', { accountAddress: 0xacc1n }],
    ['chain', { chainId: 1n }],
    ['nonce', { accountNonce: 8n }],
    ['counter of nonces', { kind: 'outside-v2' }],
  ])('is another for another %s', (_, change) => {
    expect(slotOf({ ...MESSAGE, ...change })).not.toBe(slotOf(MESSAGE));
  });
});

describe('a signature can be used', () => {
  it.each([
    ['from the first second of an hour', 7_200n, 10_799_999],
    ['in the middle of an hour', 9_000n, 10_799_999],
    ['up to the last second of an hour', 10_799n, 10_799_999],
  ])('until the end of the hour: %s', (_, validUntilSec, last) => {
    expect(spendableUntilMs({ ...MESSAGE, validUntilSec })).toBe(last);
  });

  it('in an outside execution until the end of the second', () => {
    expect(spendableUntilMs({ ...MESSAGE, kind: 'outside-v2' })).toBe(7_200_999);
  });

  it('never after the last time there is', () => {
    const validUntilSec = BigInt(Number.MAX_SAFE_INTEGER);
    expect(spendableUntilMs({ ...MESSAGE, validUntilSec })).toBe(8_640_000_000_000_000);
  });
});
