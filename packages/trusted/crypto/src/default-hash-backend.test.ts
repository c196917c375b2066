import type { BoundaryError } from '@countersign/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDefaultHashBackend } from './default-hash-backend.ts';
import * as scure from './scure-hash-backend.ts';
import * as wasm from './wasm/hash-backend.ts';

vi.mock(import('./wasm/hash-backend.ts'), { spy: true });
vi.mock(import('./scure-hash-backend.ts'), { spy: true });

const onWarning = vi.fn<(warning: BoundaryError) => void>();

afterEach(() => {
  vi.clearAllMocks();
});

describe('createDefaultHashBackend', () => {
  it('takes WebAssembly', () => {
    expect(createDefaultHashBackend({ onWarning }).name).toBe('wasm');
    expect(onWarning).not.toHaveBeenCalled();
  });

  it('takes scure when asked to, without loading the module', () => {
    expect(createDefaultHashBackend({ prefer: 'scure', onWarning }).name).toBe('scure');
    expect(wasm.createWasmHashBackend).not.toHaveBeenCalled();
  });

  it('falls back to scure, with a warning, when WebAssembly hashes wrongly', () => {
    vi.mocked(wasm.createWasmHashBackend).mockReturnValueOnce({ name: 'wasm', hashMany: () => 1n });
    expect(createDefaultHashBackend({ onWarning }).name).toBe('scure');
    expect(onWarning).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'ERR_HASH_BACKEND_SELF_TEST' }),
    );
  });

  it('falls back to scure, with a warning, when the module cannot be loaded', () => {
    vi.mocked(wasm.createWasmHashBackend).mockImplementationOnce(() => {
      throw new Error('no file');
    });
    expect(createDefaultHashBackend({ onWarning }).name).toBe('scure');
    expect(onWarning).toHaveBeenCalledTimes(1);
  });

  it('refuses when both fail', () => {
    const broken = { name: 'wasm', hashMany: () => 1n } as const;
    vi.mocked(wasm.createWasmHashBackend).mockReturnValueOnce(broken);
    vi.mocked(scure.createScureHashBackend).mockReturnValueOnce({ ...broken, name: 'scure' });
    expect(() => createDefaultHashBackend({ onWarning })).toThrow(
      expect.objectContaining({ code: 'ERR_HASH_BACKEND_SELF_TEST' }),
    );
  });
});
