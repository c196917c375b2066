/**
 * Amounts as SQLite keeps them: 32 bytes, big end first.
 *
 * SQLite's integers end at 2^63. A fixed width has one spelling per amount, so the table can demand
 * it by a CHECK, and a lost or added byte is no other amount but an error.
 *
 * @module
 */

import { type Row, readBytes } from './columns.ts';
import { corruptStore } from './store-error.ts';

const BYTES = 32;

/** @param amount - 0 to 2^256 − 1. */
export function amountBytes(amount: bigint): Uint8Array {
  return Buffer.from(amount.toString(16).padStart(2 * BYTES, '0'), 'hex');
}

/** @throws BoundaryError ERR_STORE_CORRUPT unless the column holds 32 bytes. */
export function readAmount(row: Row, column: string): bigint {
  const bytes = readBytes(row, column);
  if (bytes.length !== BYTES) throw corruptStore('an amount is not 32 bytes long');
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
