import { Secret } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { CHEAP, PASSPHRASE, refusalOf } from '../test/keystore-fixture.ts';
import { openSeal } from './seal.ts';

const SEED = Buffer.alloc(32, 7);

describe('seal', () => {
  it.each([
    ['passphrase', PASSPHRASE],
    ['none', undefined],
  ])('opens what it sealed, protection %s', (protection, passphrase) => {
    const seal = openSeal(passphrase, { cost: CHEAP });
    expect(seal.protection).toBe(protection);
    const sealed = seal.seal(SEED);
    expect(Buffer.from(sealed).includes(SEED.toString('hex'))).toBe(protection === 'none');
    expect(Buffer.from(openSeal(passphrase).open(sealed))).toEqual(SEED);
  });

  it('derives once for several files', () => {
    let salts = 0;
    const randomBytes = (size: number): Uint8Array => {
      if (size === 32) salts += 1;
      return Buffer.alloc(size, 1);
    };
    const seal = openSeal(PASSPHRASE, { cost: CHEAP, randomBytes });
    seal.seal(SEED);
    seal.seal(SEED);
    expect(salts).toBe(1);
  });

  it.each([
    ['another passphrase', openSeal(new Secret('other'), { cost: CHEAP })],
    ['no passphrase', openSeal(undefined)],
  ])('refuses %s', (_, other) => {
    const sealed = openSeal(PASSPHRASE, { cost: CHEAP }).seal(SEED);
    expect(refusalOf(() => other.open(sealed)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('refuses a plain file when a passphrase is set', () => {
    const sealed = openSeal(undefined).seal(SEED);
    expect(refusalOf(() => openSeal(PASSPHRASE).open(sealed)).code).toBe('ERR_KEYSTORE_LOCKED');
  });

  it('refuses a box of another purpose', () => {
    const sealed = openSeal(PASSPHRASE, { cost: CHEAP, purpose: 'other' }).seal(SEED);
    expect(refusalOf(() => openSeal(PASSPHRASE).open(sealed))).toMatchObject({
      code: 'ERR_KEYSTORE_MALFORMED',
      details: { field: 'purpose' },
    });
  });
});
