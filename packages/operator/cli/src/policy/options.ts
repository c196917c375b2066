/**
 * Values of options, read strictly.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';

/** @throws BoundaryError ERR_CONFIG_INVALID when `text` is none of the words. */
export function oneOf<T extends string>(text: string, words: readonly T[], option: string): T {
  const found = words.find((word) => word === text);
  if (found === undefined) throw wrongOption(option, words.join(' or '));
  return found;
}

/**
 * A time, ISO 8601 with a zone.
 *
 * @returns Milliseconds since 1970.
 * @throws BoundaryError ERR_CONFIG_INVALID.
 */
export function timeOf(text: string, option: string): number {
  const timeMs = isTime(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs) || timeMs < 0) {
    throw wrongOption(option, 'a time such as 2026-12-01T12:00:00Z');
  }
  return timeMs;
}

/** A whole number from 0. @throws BoundaryError ERR_CONFIG_INVALID. */
export function countOf(text: string, option: string): number {
  const value = Number(text);
  if (/^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw wrongOption(option, 'a whole number');
}

export function wrongOption(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}

/** Without a zone a time would mean another moment on another machine. */
function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
}
