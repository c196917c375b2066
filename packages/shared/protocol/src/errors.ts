/**
 * The one error class. Codes, kinds, statuses and sentences live in `error-table.ts`.
 *
 * @module
 */

import { ERROR_TABLE, type ErrorCode, type ErrorKind } from './error-table.ts';

/** A value that is safe to show to whoever receives the error. */
export type DetailValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, readonly string[]>>;

/** Facts about one failure: field names, expectations, rule names. Never keys, tokens or signatures. */
export type ErrorDetails = Readonly<Record<string, DetailValue>>;

export interface BoundaryErrorOptions {
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/**
 * A refusal or a fault, named by a code of the error table.
 *
 * Match on `code`, never on text. `details` may be shown to the caller; `cause` may not.
 */
export class BoundaryError extends Error {
  override readonly name = 'BoundaryError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, options: BoundaryErrorOptions = {}) {
    super(ERROR_TABLE[code].sentence, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.kind = ERROR_TABLE[code].kind;
    this.details = options.details ?? {};
  }
}

/** Answers whether `value` is a {@link BoundaryError}, also across duplicate installs of the package. */
export function isBoundaryError(value: unknown): value is BoundaryError {
  return value instanceof Error && value.name === 'BoundaryError' && 'code' in value;
}
