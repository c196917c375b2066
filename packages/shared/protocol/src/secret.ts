/**
 * A value that must not be printed.
 *
 * @module
 */

import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * Holds a secret so that printing, joining, logging or serialising it yields `[redacted]`.
 *
 * The value leaves only through {@link Secret.reveal}, which reviewers can search for.
 */
export class Secret<T extends string | Uint8Array | bigint = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The secret itself. Every call site is a place to review. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
