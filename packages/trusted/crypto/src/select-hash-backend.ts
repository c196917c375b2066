/**
 * Picks the first hash backend that proves itself.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { HashBackend } from './hash-backend.ts';
import { findHashFault } from './hash-self-test.ts';

export interface HashBackendSelection {
  /** Makers of backends, best first. A maker may throw: its backend counts as failed. */
  readonly candidates: readonly (() => HashBackend)[];
  /** Told about each candidate that failed, before the next one is tried. */
  readonly onWarning: (warning: BoundaryError) => void;
}

/**
 * Makes the candidates one by one and returns the first that passes the self-test.
 *
 * INVARIANT: no hash leaves this package from a backend that has not passed. Tested in
 * `select-hash-backend.test.ts`.
 *
 * @throws BoundaryError ERR_HASH_BACKEND_SELF_TEST when none passes; `details.reasons` lists why.
 * The warnings carry the same code, with `details`: `candidate` (position, from 1), `backend` (its
 * name, when it got that far), `reason`.
 */
export function selectHashBackend({ candidates, onWarning }: HashBackendSelection): HashBackend {
  const reasons: string[] = [];
  for (const [index, create] of candidates.entries()) {
    const attempt = tryCandidate(create);
    if ('passed' in attempt) return attempt.passed;
    const { backend, reason, cause } = attempt;
    reasons.push(`${backend}: ${reason}`);
    onWarning(selfTestError({ candidate: index + 1, backend, reason }, cause));
  }
  throw selfTestError({ reasons });
}

type Attempt =
  | { readonly passed: HashBackend }
  | { readonly backend: string; readonly reason: string; readonly cause?: unknown };

function tryCandidate(create: () => HashBackend): Attempt {
  let backend: HashBackend;
  try {
    backend = create();
  } catch (cause) {
    return { backend: 'unknown', reason: 'could not be made', cause };
  }
  const fault = findHashFault(backend);
  return fault === undefined ? { passed: backend } : { backend: backend.name, reason: fault };
}

function selfTestError(
  details: Record<string, string | number | readonly string[]>,
  cause?: unknown,
): BoundaryError {
  return new BoundaryError('ERR_HASH_BACKEND_SELF_TEST', { details, cause });
}
