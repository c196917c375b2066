/**
 * Values of a database row, with their types checked: a damaged row must not become `undefined`.
 *
 * @module
 */

import { corruptStore } from './store-error.ts';

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** A safe integer, not negative. @throws BoundaryError ERR_STORE_CORRUPT. */
export function readCount(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrongType(column);
}

/** @throws BoundaryError ERR_STORE_CORRUPT when the column is no text. */
export function readText(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw wrongType(column);
}

/** @throws BoundaryError ERR_STORE_CORRUPT when the column is no blob. */
export function readBytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (value instanceof Uint8Array) return value;
  throw wrongType(column);
}

function wrongType(column: string): Error {
  return corruptStore(`the column ${column} holds a value of another type`);
}
