/**
 * Which log a database holds.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import { isBoundaryError } from '@countersign/protocol';
import { parseVerifierKey, type VerifierKey } from '@countersign/tlog';
import { type Row, readText } from './columns.ts';
import { corruptStore } from './store-error.ts';

/** Name and public key of a log; neither ever changes. */
export interface Identity {
  readonly origin: string;
  /** `origin+id+base64`, as published. */
  readonly verifierKey: string;
  readonly key: VerifierKey;
}

/** Writes the identity of a new log. */
export function insertIdentity(db: DatabaseSync, origin: string, verifierKey: string): void {
  db.prepare('INSERT INTO identity (only, origin, verifier_key) VALUES (1, ?, ?)').run(
    origin,
    verifierKey,
  );
}

/** @throws BoundaryError ERR_STORE_CORRUPT when it is missing, malformed or at odds with itself. */
export function readIdentity(db: DatabaseSync): Identity {
  const row = db.prepare('SELECT origin, verifier_key FROM identity').get();
  if (row === undefined) throw corruptStore('the ledger does not say which log it holds');
  return identityOf(row);
}

/** Identity of a row. @throws BoundaryError ERR_STORE_CORRUPT as {@link readIdentity}. */
export function identityOf(row: Row): Identity {
  const origin = readText(row, 'origin');
  const verifierKey = readText(row, 'verifier_key');
  const key = parseKey(verifierKey);
  if (key.name !== origin) throw corruptStore('name and key of the log do not fit together');
  return { origin, verifierKey, key };
}

function parseKey(verifierKey: string): VerifierKey {
  try {
    return parseVerifierKey(verifierKey);
  } catch (cause) {
    if (isBoundaryError(cause))
      throw corruptStore('the public key of the log is unreadable', {}, cause);
    throw cause;
  }
}
