import { type BoundaryError, CURVE_ORDER } from '@countersign/protocol';
import { describe, expect, it, vi } from 'vitest';
import { createDefaultSignatureChecker } from './default-signature-checker.ts';
import { readSessionVectors } from './fixtures/session-vectors.ts';

const vectors = readSessionVectors().filter((_, i) => i % 4 === 0);

function create(createFast?: () => never) {
  const onWarning = vi.fn<(warning: BoundaryError) => void>();
  const options = createFast === undefined ? { onWarning } : { onWarning, createFast };
  return { checker: createDefaultSignatureChecker(options), onWarning };
}

describe('createDefaultSignatureChecker', { timeout: 120_000 }, () => {
  it('verifies vectors and no damaged one, before and after the tables are made', async () => {
    const { checker, onWarning } = create();
    for (const round of ['before', 'after']) {
      for (const { messageHash, r, s, publicKeyX, id } of vectors) {
        const name = `${id} ${round}`;
        const holds = (hash: bigint, signature: { r: bigint; s: bigint }) =>
          checker.verify(hash, signature, publicKeyX);
        expect.soft(holds(messageHash, { r, s }), name).toBe(true);
        expect.soft(holds(messageHash, { r, s: CURVE_ORDER - s }), name).toBe(true);
        expect.soft(holds(messageHash ^ 4n, { r, s }), name).toBe(false);
      }
      const prepared = await Promise.all(vectors.map((v) => checker.prepare(v.publicKeyX)));
      expect(prepared).not.toContain(false);
    }
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('works without the fast verifier, with a warning', async () => {
    const { checker, onWarning } = create(() => {
      throw new Error('no module');
    });
    const [vector] = vectors;
    if (vector === undefined) throw new Error('no vectors');
    expect(checker.verify(vector.messageHash, vector, vector.publicKeyX)).toBe(true);
    expect(checker.verify(vector.messageHash ^ 1n, vector, vector.publicKeyX)).toBe(false);
    expect(await checker.prepare(vector.publicKeyX)).toBe(false);
    expect(onWarning).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ details: { part: 'fast verifier', reason: 'could not be made' } }),
    );
  });
});
