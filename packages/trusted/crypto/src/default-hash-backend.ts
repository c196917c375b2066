/**
 * The hash backends of this package, best first.
 *
 * @module
 */

import type { BoundaryError } from '@countersign/protocol';
import type { HashBackend } from './hash-backend.ts';
import { createScureHashBackend } from './scure-hash-backend.ts';
import { selectHashBackend } from './select-hash-backend.ts';
import { createWasmHashBackend } from './wasm/hash-backend.ts';

export interface DefaultHashBackendOptions {
  /** Tried first; the other one is what is left when it fails. Default `wasm`, the fast one. */
  readonly prefer?: HashBackend['name'];
  /** Told when the preferred one failed, with its ERR_HASH_BACKEND_SELF_TEST. */
  readonly onWarning: (warning: BoundaryError) => void;
}

/**
 * Makes a backend that has passed its self-test: WebAssembly, or scure when that fails.
 *
 * @throws BoundaryError ERR_HASH_BACKEND_SELF_TEST when both fail.
 * @remarks Reads `wasm/stark.wasm` unless scure is preferred. Takes a few milliseconds, 30 with scure.
 */
export function createDefaultHashBackend({
  prefer = 'wasm',
  onWarning,
}: DefaultHashBackendOptions): HashBackend {
  const candidates = [createWasmHashBackend, createScureHashBackend];
  if (prefer === 'scure') candidates.reverse();
  return selectHashBackend({ candidates, onWarning });
}
