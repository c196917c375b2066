/**
 * A place in calldata, and what went wrong there.
 *
 * @module
 */

import { FIELD_PRIME } from '@countersign/protocol';

export interface CalldataCursor {
  readonly felts: readonly bigint[];
  /** Index of the felt that is read next. */
  at: number;
  /** Values that may still be read, those without felts included: a bound on the work. */
  valuesLeft: number;
  /** Names and indexes that lead to what is being read. */
  readonly path: (string | number)[];
  /** Why reading stopped; set once. */
  reason: string | undefined;
}

/** Structs and lists count too, so a felt may stand for several values. */
const VALUES_PER_FELT = 8;
const SPARE_VALUES = 1_024;

/** A cursor at the start. */
export function createCursor(felts: readonly bigint[]): CalldataCursor {
  const valuesLeft = felts.length * VALUES_PER_FELT + SPARE_VALUES;
  return { felts, at: 0, valuesLeft, path: [], reason: undefined };
}

/**
 * The next felt.
 *
 * @param expected - What it should be, for the reason.
 * @returns `undefined`, with a reason, when there is none or it is outside [0, P).
 */
export function take(cursor: CalldataCursor, expected: string): bigint | undefined {
  const felt = cursor.felts[cursor.at];
  if (felt === undefined) return fail(cursor, `the calldata ends where ${expected} was expected`);
  if (felt < 0n || felt >= FIELD_PRIME) return fail(cursor, 'a number outside the field');
  cursor.at += 1;
  return felt;
}

/** Notes why reading stops; gives `undefined`, so that a reader can return it. */
export function fail(cursor: CalldataCursor, reason: string): undefined {
  cursor.reason ??= `parameter \`${pathText(cursor.path)}\`: ${reason}`;
  return undefined;
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
