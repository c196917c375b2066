/**
 * What an error of the driver or of the server means to a caller of the ledger.
 *
 * The error itself is left behind: it quotes hosts, and parameters of statements.
 *
 * @module
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

import { BoundaryError, isBoundaryError } from '@countersign/protocol';
import { corruptStore } from '../store-error.ts';

/** SQLSTATE codes, or their first two characters, that pass when the server is put right. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  '08': 'the connection to the store failed',
  '25006': 'the store can only be read',
  '25P03': 'the store ended a transaction that stood still',
  '28': 'the store refuses the user or the password',
  '3D000': 'the database does not exist',
  '40': 'the store undid the transaction',
  '42501': 'the user of the store lacks a right',
  '53': 'the store has no room left',
  '55P03': 'the store was locked for too long',
  '57014': 'the store took too long',
  '57': 'the store is stopping or starting',
  '58': 'the store cannot read or write its files',
};

/** Codes that mean that tables or rows are not what was written. */
const CORRUPT: Readonly<Record<string, string>> = {
  '22': 'the store holds a value that cannot be',
  '3F000': 'the tables are not those of a ledger',
  '42703': 'the tables are not those of a ledger',
  '42P01': 'the tables are not those of a ledger',
  XX: 'the files of the store are damaged',
};

/** Answers whether the server said it, so that the connection can still be used. */
export function isServerError(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'PostgresError';
}

/**
 * Translates anything thrown by the driver.
 *
 * @returns ERR_STORE_UNAVAILABLE or ERR_STORE_CORRUPT with a reason; ERR_INTERNAL with the SQLSTATE
 *   for what only a fault of ours explains.
 */
export function toPostgresError(cause: unknown): BoundaryError {
  if (isBoundaryError(cause)) return cause;
  if (!isServerError(cause)) return unavailable('the store cannot be reached');
  const state = stateOf(cause);
  const reason = UNAVAILABLE[state] ?? UNAVAILABLE[state.slice(0, 2)];
  if (reason !== undefined) return unavailable(reason);
  const damage = CORRUPT[state] ?? CORRUPT[state.slice(0, 2)];
  if (damage !== undefined) return corruptStore(damage, { state });
  return new BoundaryError('ERR_INTERNAL', { details: { area: 'ledger', state } });
}

/** ERR_STORE_UNAVAILABLE with a reason that is safe to show. */
export function unavailable(reason: string): BoundaryError {
  return new BoundaryError('ERR_STORE_UNAVAILABLE', { details: { reason } });
}

function stateOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
