/**
 * Exit statuses of every command, one per kind of the error table.
 *
 * @module
 */

import type { ErrorKind } from '@countersign/protocol';

export const EXIT_OK = 0;
/** A fault: something that should work did not. */
export const EXIT_FAILED = 1;
/** Wrong use: an unknown option, a bad value, a file that cannot be read. */
export const EXIT_USAGE = 2;
/** A decision against what was asked: a denial, a case that differs, a policy that widens. */
export const EXIT_REFUSED = 3;

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  failed: EXIT_FAILED,
  malformed: EXIT_USAGE,
  denied: EXIT_REFUSED,
  unauthenticated: 4,
  conflict: 5,
  throttled: 6,
  unavailable: 7,
};

export function exitStatusOf(kind: ErrorKind): number {
  return BY_KIND[kind];
}
