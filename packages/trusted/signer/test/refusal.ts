/**
 * Catching a refusal.
 *
 * @module
 */

import { type BoundaryError, isBoundaryError } from '@countersign/protocol';

/** Runs `act` and returns the BoundaryError it throws; anything else is a failed test. */
export function refusalOf(act: () => unknown): BoundaryError {
  try {
    act();
  } catch (error) {
    if (isBoundaryError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** As {@link refusalOf}, of something that takes its time. */
export async function refusalLater(act: () => Promise<unknown>): Promise<BoundaryError> {
  const settled = await act().then(
    () => undefined,
    (error: unknown) => error,
  );
  return refusalOf(() => {
    if (settled !== undefined) throw settled;
  });
}
