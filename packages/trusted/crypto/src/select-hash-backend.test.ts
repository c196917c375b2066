import type { BoundaryError } from '@countersign/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { HashBackend } from './hash-backend.ts';
import { createScureHashBackend } from './scure-hash-backend.ts';
import { selectHashBackend } from './select-hash-backend.ts';

const good = createScureHashBackend();
const wrong: HashBackend = { name: 'wasm', hashMany: () => 0n };
const unmakeable = (): HashBackend => {
  throw new Error('no module');
};

function select(candidates: readonly (() => HashBackend)[]) {
  const onWarning = vi.fn<(warning: BoundaryError) => void>();
  const run = () => selectHashBackend({ candidates, onWarning });
  return { run, onWarning };
}

describe('selectHashBackend', () => {
  it('takes the first that passes and makes no other', () => {
    const second = vi.fn(() => wrong);
    const { run, onWarning } = select([() => good, second]);
    expect(run()).toBe(good);
    expect(second).not.toHaveBeenCalled();
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('passes over a backend with wrong hashes and says so', () => {
    const { run, onWarning } = select([() => wrong, () => good]);
    expect(run()).toBe(good);
    expect(onWarning).toHaveBeenCalledTimes(1);
    expect(onWarning.mock.calls[0]?.[0]).toMatchObject({
      code: 'ERR_HASH_BACKEND_SELF_TEST',
      details: { candidate: 1, backend: 'wasm', reason: 'wrong hash: empty list' },
    });
  });

  it('passes over a backend that cannot be made and keeps the cause', () => {
    const { run, onWarning } = select([unmakeable, () => good]);
    expect(run()).toBe(good);
    expect(onWarning.mock.calls[0]?.[0]).toMatchObject({
      code: 'ERR_HASH_BACKEND_SELF_TEST',
      details: { candidate: 1, backend: 'unknown', reason: 'could not be made' },
      cause: new Error('no module'),
    });
  });

  it('throws when none passes', () => {
    const { run, onWarning } = select([unmakeable, () => wrong]);
    expect(run).toThrow(
      expect.objectContaining({
        code: 'ERR_HASH_BACKEND_SELF_TEST',
        details: { reasons: ['unknown: could not be made', 'wasm: wrong hash: empty list'] },
      }),
    );
    expect(onWarning).toHaveBeenCalledTimes(2);
  });

  it('throws when there is none to try', () => {
    const { run } = select([]);
    expect(run).toThrow(expect.objectContaining({ code: 'ERR_HASH_BACKEND_SELF_TEST' }));
  });
});
