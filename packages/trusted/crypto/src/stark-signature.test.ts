import { inspect } from 'node:util';
import { CURVE_ORDER, FIELD_PRIME, Secret, toHex } from '@countersign/protocol';
import { Point } from '@scure/starknet';
import { ec } from 'starknet';
import { describe, expect, it } from 'vitest';
import { SIGNED_VECTORS, SIGNING_KEY, SIGNING_KEY_X } from './fixtures/published-vectors.ts';
import { readSessionVectors } from './fixtures/session-vectors.ts';
import {
  isMessageHash,
  isStarkSignature,
  MESSAGE_HASH_LIMIT,
  parsePrivateKey,
  prepareSigning,
  publicKeyX,
  signHash,
  verifySignature,
} from './stark-signature.ts';

const N = CURVE_ORDER;
const LIMIT = 1n << 251n;
const KEY = parsePrivateKey(SIGNING_KEY, 'key');
const HASH = 0xebb2441c7730aa89644fb8713a30a665e81bdddb843101da568f7986ed0d8bn;
const SIGNATURE = signHash(HASH, KEY);

describe('vectors', () => {
  it.each(SIGNED_VECTORS.filter(({ r }) => r !== undefined))('$id', ({ messageHash, r, s }) => {
    expect(signHash(messageHash, KEY)).toEqual({ r, s });
    expect(verifySignature(messageHash, signHash(messageHash, KEY), SIGNING_KEY_X)).toBe(true);
  });

  it('every signature of session-hashes.json', () => {
    for (const vector of readSessionVectors()) {
      const key = parsePrivateKey(vector.privateKey, 'key');
      const { messageHash, r, s, id } = vector;
      expect.soft(publicKeyX(key), id).toBe(vector.publicKeyX);
      expect.soft(signHash(messageHash, key), id).toEqual({ r, s });
      expect.soft(verifySignature(messageHash, { r, s }, vector.publicKeyX), id).toBe(true);
    }
  });
});

describe('signHash', () => {
  prepareSigning();

  it('is deterministic, and another hash or key gives another r', () => {
    expect(signHash(HASH, KEY)).toEqual(SIGNATURE);
    expect(signHash(HASH + 1n, KEY).r).not.toBe(SIGNATURE.r);
    expect(signHash(HASH, new Secret(2n)).r).not.toBe(SIGNATURE.r);
  });

  it.each([0n, 1n, 0xffn, 1n << 240n, (1n << 248n) - 1n, 1n << 248n, 1n << 250n, LIMIT - 1n])(
    'signs the edge hash %i as starknet.js does, up to the sign of s',
    (hash) => {
      const { r, s } = signHash(hash, KEY);
      const theirs = ec.starkCurve.sign(hash.toString(16).padStart(64, '0'), SIGNING_KEY);
      expect(r).toBe(theirs.r);
      expect([theirs.s, N - theirs.s]).toContain(s);
      expect(verifySignature(hash, { r, s }, SIGNING_KEY_X)).toBe(true);
    },
  );

  it('always gives s in the lower half, whichever half it came from', () => {
    let upper = 0;
    for (let i = 0n; i < 60n; i += 1n) {
      const { r, s } = signHash(i, KEY);
      const theirs = ec.starkCurve.sign(i.toString(16).padStart(64, '0'), SIGNING_KEY);
      expect(s).toBeGreaterThan(0n);
      expect(s).toBeLessThanOrEqual((N - 1n) / 2n);
      expect(r).toBeLessThan(LIMIT);
      if (theirs.s > N / 2n) upper += 1;
    }
    expect(upper).toBeGreaterThan(10);
  });

  it.each([LIMIT, LIMIT + 1n, N, FIELD_PRIME - 1n, FIELD_PRIME, 1n << 256n, -1n])(
    'refuses the hash %i',
    (hash) => {
      expect(() => signHash(hash, KEY)).toThrow(
        expect.objectContaining({
          code: 'ERR_FELT_OUT_OF_RANGE',
          details: { field: 'messageHash', expected: '0 to 2^251 - 1' },
        }),
      );
    },
  );

  it.each([undefined, null, 1, '0x1'])('refuses %s, which is no hash', (hash) => {
    expect(() => signHash(hash as never, KEY)).toThrow(
      expect.objectContaining({ code: 'ERR_FELT_OUT_OF_RANGE' }),
    );
  });

  it.each([0n, N, N + 1n, -1n, 1n << 256n])('refuses the key %i', (scalar) => {
    const key = new Secret(scalar);
    expect(() => signHash(HASH, key)).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
    expect(() => publicKeyX(key)).toThrow(expect.objectContaining({ code: 'ERR_KEY_INVALID' }));
  });

  it.each([1n, 2n, N - 1n])('signs with the edge key %i', (scalar) => {
    const key = new Secret(scalar);
    expect(publicKeyX(key)).toBe(BigInt(ec.starkCurve.getStarkKey(toHex(scalar))));
    expect(verifySignature(HASH, signHash(HASH, key), publicKeyX(key))).toBe(true);
  });
});

describe('verifySignature', () => {
  const { r, s } = SIGNATURE;

  it('takes a good signature, and the same one with s negated, as the chain does', () => {
    expect(verifySignature(HASH, { r, s }, SIGNING_KEY_X)).toBe(true);
    expect(verifySignature(HASH, { r, s: N - s }, SIGNING_KEY_X)).toBe(true);
  });

  it('takes keys of either parity: k and n - k share their x', () => {
    const negated = new Secret(N - KEY.reveal());
    expect(publicKeyX(negated)).toBe(SIGNING_KEY_X);
    expect(verifySignature(HASH, signHash(HASH, negated), SIGNING_KEY_X)).toBe(true);
  });

  const MALFORMED: readonly (readonly [string, unknown, unknown])[] = [
    ['r = 0', 0n, s],
    ['s = 0', r, 0n],
    ['both zero', 0n, 0n],
    ['r = 0, s = n', 0n, N],
    ['r = 1', 1n, s],
    ['s = 1', r, 1n],
    ['r = 1, s = 1', 1n, 1n],
    ['r = n', N, s],
    ['s = n', r, N],
    ['r = n - 1', N - 1n, s],
    ['s = n - 1', r, N - 1n],
    ['r = 2^251', LIMIT, s],
    ['r = 2^251 - 1', LIMIT - 1n, s],
    ['r = P', FIELD_PRIME, s],
    ['r + n', r + N, s],
    ['r + P', r + FIELD_PRIME, s],
    ['s + n', r, s + N],
    ['s = 2^256 + s', r, s + (1n << 256n)],
    ['r negative', -r, s],
    ['s negative', r, -s],
    ['r = n - r', N - r, s],
    ['swapped', s, r],
    ['r off by one', r + 1n, s],
    ['s off by one', r, s + 1n],
    ['r a number', 1, s],
    ['s a string', r, toHex(s)],
    ['r absent', undefined, s],
    ['s null', r, null],
    ['s an object', r, { valueOf: () => s }],
  ];

  it.each(MALFORMED)('refuses %s', (_, badR, badS) => {
    expect(verifySignature(HASH, { r: badR, s: badS } as never, SIGNING_KEY_X)).toBe(false);
  });

  it.each([undefined, null, 1n, 'rs', [], [r, s], () => SIGNATURE])(
    'refuses what is no signature: %s',
    (signature) => {
      expect(verifySignature(HASH, signature as never, SIGNING_KEY_X)).toBe(false);
      expect(isStarkSignature(signature)).toBe(false);
    },
  );

  it.each([
    ['another hash', HASH + 1n],
    ['hash 0', 0n],
    ['hash + n', HASH + N],
    ['hash 2^251', LIMIT],
    ['hash n', N],
    ['hash P - 1', FIELD_PRIME - 1n],
    ['a negative hash', -HASH],
    ['a number', 5],
    ['nothing', undefined],
  ])('refuses %s', (_, hash) => {
    expect(verifySignature(hash as bigint, SIGNATURE, SIGNING_KEY_X)).toBe(false);
  });

  it.each([
    ['another key', publicKeyX(new Secret(5n))],
    ['x = 0', 0n],
    ['x = 5, which is not on the curve', 5n],
    ['x + P', SIGNING_KEY_X + FIELD_PRIME],
    ['x = P', FIELD_PRIME],
    ['x = 2^256', 1n << 256n],
    ['a negative x', -SIGNING_KEY_X],
    ['the generator', Point.BASE.x],
    ['a string', toHex(SIGNING_KEY_X)],
    ['bare hex digits', SIGNING_KEY_X.toString(16)],
    ['nothing', undefined],
  ])('refuses %s', (_, x) => {
    expect(verifySignature(HASH, SIGNATURE, x as bigint)).toBe(false);
  });

  it('refuses a signature whose point would be at infinity', () => {
    // For hash = r·k both halves are equal, so their difference is the point at infinity.
    const hash = 1_000n * KEY.reveal();
    expect(verifySignature(hash, { r: 1_000n, s: 1n }, SIGNING_KEY_X)).toBe(false);
  });

  it('takes hash 0, where only the key contributes', () => {
    expect(verifySignature(0n, signHash(0n, KEY), SIGNING_KEY_X)).toBe(true);
  });

  it('gives up the largest hash for a larger one only by refusing', () => {
    const signature = signHash(LIMIT - 1n, KEY);
    expect(verifySignature(LIMIT - 1n, signature, SIGNING_KEY_X)).toBe(true);
    expect(verifySignature(LIMIT, signature, SIGNING_KEY_X)).toBe(false);
  });
});

describe('ranges', () => {
  it('MESSAGE_HASH_LIMIT is 2^251', () => {
    expect(MESSAGE_HASH_LIMIT).toBe(LIMIT);
    expect([0n, LIMIT - 1n].every(isMessageHash)).toBe(true);
    expect([-1n, LIMIT, 1, '1', undefined].some(isMessageHash)).toBe(false);
  });

  it('r below 2^251, s below n, both above 0', () => {
    expect(isStarkSignature({ r: LIMIT - 1n, s: N - 1n })).toBe(true);
    expect(isStarkSignature({ r: 1n, s: 1n })).toBe(true);
    expect(isStarkSignature({ r: LIMIT, s: 1n })).toBe(false);
    expect(isStarkSignature({ r: 1n, s: N })).toBe(false);
    expect(isStarkSignature({ r: 0n, s: 1n })).toBe(false);
    expect(isStarkSignature({ r: 1n, s: 0n })).toBe(false);
    expect(isStarkSignature({ r: 1n })).toBe(false);
  });
});

describe('parsePrivateKey', () => {
  it.each(['0x1', '0x5ec4e7', toHex(N - 1n), `0x${'0'.repeat(63)}1`, '0xAB'])(
    'takes %s',
    (text) => {
      expect(parsePrivateKey(text, 'key').reveal()).toBe(BigInt(text));
    },
  );

  const REFUSED = [
    '',
    '0x',
    '0x0',
    '0',
    toHex(N),
    toHex(N + 1n),
    toHex(FIELD_PRIME),
    `0x${'f'.repeat(64)}`,
    `0x${'0'.repeat(64)}1`,
    '5ec4e7',
    '6210791',
    '0X5ec4e7',
    ' 0x5ec4e7',
    '0x5ec4e7\n',
    '-0x5ec4e7',
    '0xsecret',
  ];

  it.each(REFUSED)('refuses %j', (text) => {
    expect(() => parsePrivateKey(text, 'keys[0].privateKey')).toThrow(
      expect.objectContaining({
        code: 'ERR_KEY_INVALID',
        details: expect.objectContaining({ field: 'keys[0].privateKey' }),
      }),
    );
  });

  it.each([undefined, null, 5, 5n, {}, ['0x1']])('refuses %s, which is no text', (value) => {
    expect(() => parsePrivateKey(value as never, 'key')).toThrow(
      expect.objectContaining({ code: 'ERR_KEY_INVALID' }),
    );
  });
});

describe('secrecy', () => {
  const SCALARS = [0n, N, N + 0x5ec4e7n, (1n << 256n) - 0x5ec4e7n, -0x5ec4e7n];
  const FORGED = Object.assign(new Secret(7n), { reveal: () => 'deadbeefdeadbeef' });

  /** All an error could tell: text, stack, fields, causes, as printed and as JSON. */
  function everythingIn(run: () => unknown): string {
    try {
      run();
    } catch (error) {
      const shown = inspect(error, { depth: 10, showHidden: true });
      return [shown, JSON.stringify(error), String(error), String((error as Error).cause)].join(
        ' ',
      );
    }
    throw new Error('expected a refusal');
  }

  const spellings = (scalar: bigint) => [
    scalar.toString(16).replace('-', ''),
    scalar.toString(10).replace('-', ''),
  ];

  it.each(SCALARS.filter((scalar) => scalar !== 0n))('no error shows the key %#', (scalar) => {
    const key = new Secret(scalar);
    const shown = [
      everythingIn(() => signHash(HASH, key)),
      everythingIn(() => publicKeyX(key)),
      everythingIn(() => parsePrivateKey(toHex(scalar), 'key')),
    ].join(' ');
    for (const spelling of spellings(scalar)) expect(shown).not.toContain(spelling);
  });

  it('not even when what is inside is no number', () => {
    const shown = [
      everythingIn(() => signHash(HASH, FORGED as never)),
      everythingIn(() => publicKeyX(FORGED as never)),
    ].join(' ');
    expect(shown).not.toContain('deadbeef');
  });

  it('a refused hash does not show the key', () => {
    const key = new Secret(0x123456789abcdef123n);
    const shown = everythingIn(() => signHash(LIMIT, key));
    for (const spelling of spellings(key.reveal())) expect(shown).not.toContain(spelling);
  });

  it('a refused text is not echoed', () => {
    const shown = everythingIn(() => parsePrivateKey('0xhunter2hunter2', 'key'));
    expect(shown).not.toContain('hunter2');
  });

  it('a parsed key prints as redacted', () => {
    const key = parsePrivateKey('0x5ec4e7', 'key');
    expect([`${key}`, JSON.stringify({ key }), inspect({ key })].join(' ')).not.toMatch(
      /5ec4e7|6210791/i,
    );
  });
});
