import { type BoundaryError, CURVE_ORDER } from '@countersign/protocol';
import { describe, expect, it, vi } from 'vitest';
import { SIGNING_KEY, SIGNING_KEY_X } from './fixtures/published-vectors.ts';
import { createSignatureChecker, type FastVerifier } from './own-signature-check.ts';
import { publicPointOf } from './public-point.ts';
import { parsePrivateKey, publicKeyX, signHash, verifySignature } from './stark-signature.ts';

const KEY = parsePrivateKey(SIGNING_KEY, 'key');
const HASH = 0x1234567890n;
const SIGNATURE = signHash(HASH, KEY);
const OTHER_KEY = parsePrivateKey('0x77', 'key');
const OTHER_X = publicKeyX(OTHER_KEY);
const OFF_CURVE = 5n;

type Verify = FastVerifier<bigint>['verify'];

const rightVerify: Verify = (x, hash, r, s) => verifySignature(hash, { r, s }, x);

/** A fast verifier whose table is the x coordinate, made when `release` is called. */
function createFake(verifyWith: Verify = rightVerify) {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const prepare = vi.fn(async (x: bigint, _y: bigint) => {
    await gate;
    return x;
  });
  const verify = vi.fn(verifyWith);
  const onWarning = vi.fn<(warning: BoundaryError) => void>();
  return { fast: { prepare, verify }, prepare, verify, onWarning, release };
}

async function createReady(verifyWith?: Verify) {
  const fake = createFake(verifyWith);
  const checker = createSignatureChecker(fake);
  fake.release();
  expect(await checker.prepare(SIGNING_KEY_X)).toBe(true);
  return { ...fake, checker };
}

describe.each([
  ['without a fast verifier', () => createSignatureChecker()],
  ['with a fast verifier', () => createSignatureChecker({ fast: createFake().fast })],
])('createSignatureChecker %s', (_, create) => {
  it('takes what holds and refuses the rest', () => {
    const checker = create();
    const { r, s } = SIGNATURE;
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(checker.verify(HASH, { r, s: CURVE_ORDER - s }, SIGNING_KEY_X)).toBe(true);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, { r: s, s: r }, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, SIGNATURE, OTHER_X)).toBe(false);
    expect(checker.verify(HASH, SIGNATURE, OFF_CURVE)).toBe(false);
  });

  it('never throws', async () => {
    const checker = create();
    expect(checker.verify(undefined as never, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, undefined as never, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, SIGNATURE, undefined as never)).toBe(false);
    expect(await checker.prepare(OFF_CURVE)).toBe(false);
    expect(await checker.prepare(undefined as never)).toBe(false);
  });
});

describe('table of a key', () => {
  it('is asked for once, by the first signature, with the point of the key', () => {
    const { fast, prepare } = createFake();
    const checker = createSignatureChecker({ fast });
    for (let i = 0; i < 3; i += 1) checker.verify(HASH, SIGNATURE, SIGNING_KEY_X);
    expect(prepare.mock.calls).toEqual([[SIGNING_KEY_X, publicPointOf(SIGNING_KEY_X)?.y]]);
  });

  it('is not waited for: JavaScript answers until it is there', () => {
    const { fast, verify } = createFake();
    const checker = createSignatureChecker({ fast });
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(verify).not.toHaveBeenCalled();
  });

  it('is not made for a number that is no key', () => {
    const { fast, prepare } = createFake();
    const checker = createSignatureChecker({ fast });
    checker.verify(HASH, SIGNATURE, OFF_CURVE);
    expect(prepare).not.toHaveBeenCalled();
  });

  it('is made for so many keys and no more; the others still verify', async () => {
    const { fast, prepare, release } = createFake();
    const checker = createSignatureChecker({ fast, maxPreparedKeys: 1 });
    release();
    expect(await checker.prepare(SIGNING_KEY_X)).toBe(true);
    expect(await checker.prepare(OTHER_X)).toBe(false);
    expect(checker.verify(HASH, signHash(HASH, OTHER_KEY), OTHER_X)).toBe(true);
    expect(prepare).toHaveBeenCalledTimes(1);
  });
});

describe('fast verifier', () => {
  it('proves itself on a yes and a no, then answers alone', async () => {
    const { checker, verify } = await createReady();
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    const { r, s } = SIGNATURE;
    expect(verify.mock.calls).toEqual([
      [SIGNING_KEY_X, HASH, r, s],
      [SIGNING_KEY_X, HASH ^ 1n, r, s],
    ]);
    verify.mockImplementation(() => true);
    // Not a right answer: it shows that nobody else was asked.
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(true);
  });

  it('is not proven by signatures that do not hold', async () => {
    const { checker, verify } = await createReady(() => true);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH + 2n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(verify).not.toHaveBeenCalled();
  });

  it.each<[string, Verify, string]>([
    ['says yes to everything', () => true, 'disagreed with the reference'],
    ['says no to everything', () => false, 'disagreed with the reference'],
    [
      'throws',
      () => {
        throw new Error('trap');
      },
      'failed while verifying',
    ],
  ])('is dropped for good when it %s', async (_, verifyWith, reason) => {
    const { checker, fast, prepare, verify, onWarning } = await createReady(verifyWith);
    expect(fast.verify).toBe(verify);
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(onWarning).toHaveBeenCalledTimes(1);
    expect(onWarning.mock.calls[0]?.[0]).toMatchObject({
      details: { part: 'fast verifier', reason },
    });
    const asked = verify.mock.calls.length;
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(await checker.prepare(SIGNING_KEY_X)).toBe(false);
    expect(await checker.prepare(OTHER_X)).toBe(false);
    expect(verify).toHaveBeenCalledTimes(asked);
    expect(prepare).toHaveBeenCalledTimes(1);
  });

  it('that refuses a good signature later is overruled and dropped', async () => {
    const { checker, verify, onWarning } = await createReady();
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    verify.mockImplementation(() => false);
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(onWarning).toHaveBeenCalledTimes(1);
    verify.mockImplementation(() => true);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
  });

  it('that rightly refuses stays in use', async () => {
    const { checker, verify, onWarning } = await createReady();
    checker.verify(HASH, SIGNATURE, SIGNING_KEY_X);
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(onWarning).not.toHaveBeenCalled();
    expect(checker.verify(HASH, SIGNATURE, SIGNING_KEY_X)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(4);
  });

  it('that cannot make a table is dropped with a warning', async () => {
    const cause = new Error('out of memory');
    const onWarning = vi.fn<(warning: BoundaryError) => void>();
    const fast: FastVerifier<bigint> = { prepare: () => Promise.reject(cause), verify: () => true };
    const checker = createSignatureChecker({ fast, onWarning });
    expect(await checker.prepare(SIGNING_KEY_X)).toBe(false);
    expect(onWarning.mock.calls[0]?.[0]).toMatchObject({
      details: { part: 'fast verifier', reason: 'could not make a table' },
      cause,
    });
    expect(checker.verify(HASH + 1n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
  });

  it('never sees numbers out of range', async () => {
    const { checker, verify } = await createReady();
    checker.verify(HASH, SIGNATURE, SIGNING_KEY_X);
    verify.mockImplementation(() => true);
    const { r, s } = SIGNATURE;
    expect(checker.verify(1n << 251n, SIGNATURE, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, { r: r + CURVE_ORDER, s }, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, { r, s: s + CURVE_ORDER }, SIGNING_KEY_X)).toBe(false);
    expect(checker.verify(HASH, { r: 0n, s }, SIGNING_KEY_X)).toBe(false);
    expect(verify).toHaveBeenCalledTimes(2);
  });
});
