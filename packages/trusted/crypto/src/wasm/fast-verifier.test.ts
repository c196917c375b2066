import { CURVE_ORDER, FIELD_PRIME, Secret } from '@countersign/protocol';
import { Point, poseidonHashMany } from '@scure/starknet';
import { describe, expect, it } from 'vitest';
import { publicPointOf } from '../public-point.ts';
import { MESSAGE_HASH_LIMIT, signHash, verifySignature } from '../stark-signature.ts';
import {
  createFastVerifier,
  type FastKey,
  MAX_FAST_KEYS,
  type TableVerifier,
} from './fast-verifier.ts';
import { inverseModN, modN } from './fixtures/raw-stark.ts';
import { createWasmHashBackend } from './hash-backend.ts';

const HASH = 0x41a4c7da42592bb690030fe2f82a3cbcf5da18e7a22cbb3d079ea460cbe4c76n;
const SCALAR = 0x5ec4e7n;

const pointOf = (scalar: bigint) => Point.BASE.multiply(scalar).toAffine();
const secret = (scalar: bigint) => new Secret(scalar);

async function keyOf(verifier: TableVerifier, scalar: bigint): Promise<FastKey> {
  const { x, y } = pointOf(scalar);
  return await verifier.prepare(x, y);
}

const verifier = createFastVerifier();
const key = await keyOf(verifier, SCALAR);
const { r, s } = signHash(HASH, secret(SCALAR));

describe('verify', () => {
  it('takes a signature with either s', () => {
    expect(verifier.verify(key, HASH, r, s)).toBe(true);
    expect(verifier.verify(key, HASH, r, CURVE_ORDER - s)).toBe(true);
  });

  it.each([
    ['another hash', HASH + 1n, r, s],
    ['another r', HASH, r + 1n, s],
    ['another s', HASH, r, s + 1n],
    ['r and s exchanged', HASH, s, r],
    ['a hash of zero', 0n, r, s],
    ['r of one', HASH, 1n, s],
    ['s of one', HASH, r, 1n],
  ])('refuses %s', (_, hash, otherR, otherS) => {
    expect(verifier.verify(key, hash, otherR, otherS)).toBe(false);
  });

  // Each of these is the good signature again, mod something, so only the range check can refuse it.
  it.each([
    ['r = 0', HASH, 0n, s],
    ['r = -r', HASH, -r, s],
    ['r + P', HASH, r + FIELD_PRIME, s],
    ['r + 2^256', HASH, r + (1n << 256n), s],
    ['r = 2^251', HASH, MESSAGE_HASH_LIMIT, s],
    ['s = 0', HASH, r, 0n],
    ['s = n', HASH, r, CURVE_ORDER],
    ['s + n', HASH, r, s + CURVE_ORDER],
    ['s - n', HASH, r, s - CURVE_ORDER],
    ['s + 2^256', HASH, r, s + (1n << 256n)],
    ['hash + n', HASH + CURVE_ORDER, r, s],
    ['hash - n', HASH - CURVE_ORDER, r, s],
    ['hash = 2^251', MESSAGE_HASH_LIMIT, r, s],
    ['a hash that is no bigint', Number(HASH) as never, r, s],
    ['an r that is no bigint', HASH, undefined as never, s],
    ['an s that is no bigint', HASH, r, `0x${s.toString(16)}` as never],
  ])('refuses %s', (_, hash, otherR, otherS) => {
    expect(verifier.verify(key, hash, otherR, otherS)).toBe(false);
  });

  it('refuses a signature that only the hash above its range makes valid', () => {
    // u1 and u2 first, then the hash that belongs to them; n - 1 is above 2^251.
    const [u2, hash] = [3n, CURVE_ORDER - 1n];
    const largeR = pointOf(modN(modN(hash) * u2 + SCALAR * u2)).x;
    expect(hash >= MESSAGE_HASH_LIMIT).toBe(true);
    expect(verifier.verify(key, hash, largeR, modN(largeR * inverseModN(u2)))).toBe(false);
  });

  it('takes a signature for a hash of zero, where the generator has no part', () => {
    const signed = signHash(0n, secret(SCALAR));
    expect(verifier.verify(key, 0n, signed.r, signed.s)).toBe(true);
    expect(verifier.verify(key, 1n, signed.r, signed.s)).toBe(false);
  });

  it.each([0n, 1n, MESSAGE_HASH_LIMIT - 1n, 1n << 250n])('takes edge hashes: %#', (hash) => {
    const signed = signHash(hash, secret(SCALAR));
    expect(verifier.verify(key, hash, signed.r, signed.s)).toBe(true);
    expect(verifier.verify(key, hash ^ 1n, signed.r, signed.s)).toBe(false);
  });
});

describe('chosen scalars', () => {
  /** The signature with u1 = hash/s and u2 = r/s, for a given r. */
  function forge(u1: bigint, u2: bigint, x: bigint) {
    const forged = modN(x * inverseModN(u2));
    return { hash: modN(u1 * forged), r: x, s: forged };
  }

  const KEYS = [1n, 2n, CURVE_ORDER - 1n, CURVE_ORDER - 2n, CURVE_ORDER >> 1n, SCALAR];
  const PARTS = [1n, 2n, 3n, 31n, 32n, 33n, 64n, CURVE_ORDER - 1n, CURVE_ORDER >> 1n, 1n << 251n];

  it.each(KEYS)(
    'equal, opposite and other parts agree with the reference, key %#',
    async (scalar) => {
      const { x: publicX } = pointOf(scalar);
      const fastKey = await keyOf(verifier, scalar);
      for (const u2 of PARTS) {
        for (const u1 of [modN(scalar * u2), modN(-scalar * u2), 0n, 1n, u2]) {
          const sums = [modN(u1 + scalar * u2), modN(u1 - scalar * u2)].filter((sum) => sum > 0n);
          for (const x of [...sums.map((sum) => pointOf(sum).x), 1n]) {
            const { hash, ...signature } = forge(u1, u2, x);
            if (hash >= MESSAGE_HASH_LIMIT || x >= MESSAGE_HASH_LIMIT) continue;
            const answer = verifier.verify(fastKey, hash, signature.r, signature.s);
            expect(answer).toBe(x !== 1n);
          }
        }
      }
      expect(publicX).toBe(fastKey.publicKeyX);
      verifier.release(fastKey);
    },
  );

  it('and the reference says the same of some of them', () => {
    const u2 = 32n;
    for (const u1 of [modN(SCALAR * u2), modN(-SCALAR * u2), 1n]) {
      const x = pointOf(modN(u1 + SCALAR * u2) || modN(u1 - SCALAR * u2)).x;
      const { hash, ...signature } = forge(u1, u2, x);
      if (hash >= MESSAGE_HASH_LIMIT) continue;
      expect(verifySignature(hash, signature, pointOf(SCALAR).x)).toBe(true);
      expect(verifier.verify(key, hash, signature.r, signature.s)).toBe(true);
    }
  });
});

describe('either y', () => {
  it.each([SCALAR, CURVE_ORDER - SCALAR, 3n, CURVE_ORDER - 3n])(
    'the table of (x, y) and of (x, -y) answer alike, key %#',
    async (scalar) => {
      const { x, y } = pointOf(scalar);
      const signed = signHash(HASH, secret(scalar));
      for (const tableY of [y, FIELD_PRIME - y]) {
        const fastKey = await verifier.prepare(x, tableY);
        expect(verifier.verify(fastKey, HASH, signed.r, signed.s)).toBe(true);
        expect(verifier.verify(fastKey, HASH + 1n, signed.r, signed.s)).toBe(false);
        verifier.release(fastKey);
      }
    },
  );

  it('so the even y that the package knows a key by is enough', async () => {
    const x = pointOf(7n).x;
    const fastKey = await verifier.prepare(x, publicPointOf(x)?.y ?? 0n);
    const signed = signHash(HASH, secret(7n));
    expect(verifier.verify(fastKey, HASH, signed.r, signed.s)).toBe(true);
    verifier.release(fastKey);
  });
});

describe('prepare', () => {
  const { x, y } = pointOf(SCALAR);

  it.each([
    ['a point off the curve', x, y + 1n],
    ['coordinates exchanged', y, x],
    ['zeros', 0n, 0n],
    ['x + P', x + FIELD_PRIME, y],
    ['y + P', x, y + FIELD_PRIME],
    ['a negative y', x, y - FIELD_PRIME],
    ['no bigint', 1 as never, y],
    ['nothing', undefined as never, undefined as never],
  ])('refuses %s', async (_, badX, badY) => {
    await expect(verifier.prepare(badX, badY)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
  });

  it('refuses keys beyond its limit, takes them again after a release, and mixes none up', async () => {
    const full = createFastVerifier();
    const scalars = Array.from({ length: MAX_FAST_KEYS }, (_, i) => BigInt(i + 2));
    const keys = await Promise.all(scalars.map((scalar) => keyOf(full, scalar)));
    await expect(keyOf(full, SCALAR)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });

    const signatures = scalars.map((scalar) => signHash(HASH, secret(scalar)));
    const answer = (i: number, j: number) => {
      const [fastKey, signature] = [keys[i], signatures[j]];
      if (fastKey === undefined || signature === undefined) throw new Error('no such key');
      return full.verify(fastKey, HASH, signature.r, signature.s);
    };
    for (const i of keys.keys()) {
      expect(answer(i, i)).toBe(true);
      expect(answer(i, (i + 1) % keys.length)).toBe(false);
    }

    const [released] = keys;
    if (released === undefined) throw new Error('no key');
    full.release(released);
    const late = await keyOf(full, SCALAR);
    expect(full.verify(late, HASH, r, s)).toBe(true);
    expect(() => answer(0, 0)).toThrowError(expect.objectContaining({ code: 'ERR_INTERNAL' }));
    await expect(keyOf(full, SCALAR)).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  });

  it('a refused key takes no table', async () => {
    const fresh = createFastVerifier();
    for (let i = 0; i <= MAX_FAST_KEYS; i += 1) {
      await expect(fresh.prepare(1n, 1n)).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' });
    }
    const fastKey = await keyOf(fresh, SCALAR);
    expect(fresh.verify(fastKey, HASH, r, s)).toBe(true);
  });

  it('lets the event loop go on before every table, however many are asked for', async () => {
    const fresh = createFastVerifier();
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const turnsWhenReady = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await keyOf(fresh, BigInt(i + 1));
        return turns;
      }),
    );
    isDone = true;
    for (const [i, turn] of turnsWhenReady.entries()) expect(turn).toBeGreaterThan(i);
  });
});

describe('release', () => {
  it('twice frees one table', async () => {
    const fresh = createFastVerifier();
    const first = await keyOf(fresh, 3n);
    fresh.release(first);
    fresh.release(first);
    const [a, b] = await Promise.all([keyOf(fresh, 5n), keyOf(fresh, 7n)]);
    const [ofA, ofB] = [signHash(HASH, secret(5n)), signHash(HASH, secret(7n))];
    expect(fresh.verify(a, HASH, ofA.r, ofA.s)).toBe(true);
    expect(fresh.verify(b, HASH, ofB.r, ofB.s)).toBe(true);
    expect(fresh.verify(a, HASH, ofB.r, ofB.s)).toBe(false);
  });

  it('a key of another verifier is refused, and releasing it does nothing', async () => {
    const fresh = createFastVerifier();
    const own = await keyOf(fresh, SCALAR);
    fresh.release(key);
    expect(verifier.verify(key, HASH, r, s)).toBe(true);
    expect(() => verifier.verify(own, HASH, r, s)).toThrowError(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    );
    expect(() => verifier.verify({ ...key }, HASH, r, s)).toThrowError(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    );
  });
});

describe('hashes, checks and tables in between each other', () => {
  it('give what they give alone', async () => {
    const backend = createWasmHashBackend();
    const fresh = createFastVerifier();
    const own = await keyOf(fresh, SCALAR);
    const lists = [[], [1n], [HASH, r, s % FIELD_PRIME], Array.from({ length: 300 }, () => HASH)];
    const expected = lists.map((values) => poseidonHashMany(values));
    const building = Array.from({ length: 20 }, (_, i) => keyOf(fresh, BigInt(i + 1)));
    let isBuilt = false;
    const built = Promise.all(building).then((keys) => {
      isBuilt = true;
      return keys;
    });
    let rounds = 0;
    while (!isBuilt || rounds < 50) {
      expect(fresh.verify(own, HASH, r, s)).toBe(true);
      expect(lists.map((values) => backend.hashMany(values))).toEqual(expected);
      expect(fresh.verify(own, HASH + 1n, r, s)).toBe(false);
      rounds += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [i, fastKey] of (await built).entries()) {
      const signed = signHash(HASH, secret(BigInt(i + 1)));
      expect(fresh.verify(fastKey, HASH, signed.r, signed.s)).toBe(true);
    }
  });
});
