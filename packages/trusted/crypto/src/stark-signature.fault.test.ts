/** A library that fails with the key in its text: nothing of it may come through. */

import { inspect } from 'node:util';
import { Secret } from '@countersign/protocol';
import * as scure from '@scure/starknet';
import { describe, expect, it, vi } from 'vitest';
import { publicKeyX, signHash } from './stark-signature.ts';

vi.mock(import('@scure/starknet'), async (original) => ({
  ...(await original()),
  sign: vi.fn((_hash, key) => {
    throw new Error(`invalid private key ${key}`);
  }),
  getStarkKey: vi.fn((key) => {
    throw new Error(`invalid private key ${key}`);
  }),
}));

describe('a failing library', () => {
  const key = new Secret(0xabcdef0123456789n);

  it.each([
    ['sign', scure.sign, () => signHash(1n, key)],
    ['publicKey', scure.getStarkKey, () => publicKeyX(key)],
  ])('%s: ERR_INTERNAL without a cause and without the key', (step, called, run) => {
    const error: unknown = (() => {
      try {
        return run();
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(called).toHaveBeenCalledTimes(1);
    expect(error).toMatchObject({ code: 'ERR_INTERNAL', details: { step } });
    expect(error).not.toHaveProperty('cause');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/abcdef0123456789/i);
  });
});
