/**
 * The refusals of this package, so that every file words them alike.
 *
 * @module
 */

import { BoundaryError, type ErrorDetails } from '@countersign/protocol';

/** The input cannot be read: ERR_PROOF_MALFORMED with `reason`. */
export function malformed(reason: string, details: ErrorDetails = {}): BoundaryError {
  return new BoundaryError('ERR_PROOF_MALFORMED', { details: { reason, ...details } });
}

/** The input can be read and does not hold: ERR_PROOF_INVALID with `reason`. */
export function invalid(reason: string, details: ErrorDetails = {}): BoundaryError {
  return new BoundaryError('ERR_PROOF_INVALID', { details: { reason, ...details } });
}

/** A key or a name the operator configured is unusable: ERR_CONFIG_INVALID with both. */
export function misconfigured(setting: string, reason: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { setting, reason } });
}
