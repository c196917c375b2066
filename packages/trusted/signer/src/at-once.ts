/**
 * Answers of a ledger that does not have to wait.
 *
 * @module
 */

import type { Awaitable } from '@countersign/ledger';
import { BoundaryError } from '@countersign/protocol';

/** @throws BoundaryError ERR_INTERNAL when the answer is still to come. */
export function atOnce<T>(answer: Awaitable<T>): T {
  if (answer instanceof Promise) throw new BoundaryError('ERR_INTERNAL');
  return answer;
}
