/**
 * Making the tables of a shared ledger, or bringing older ones to this version.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import {
  EMPTY_ROOT,
  formatCheckpoint,
  formatVerifierKey,
  type NoteSigner,
  signNote,
} from '@countersign/tlog';
import { readCount } from '../columns.ts';
import { headDigest } from '../head-store.ts';
import type { Connection } from './connection.ts';
import { MIGRATIONS } from './migrations.ts';

/** A number nobody else locks in this database: the letters CSLG. */
const LOCK = 0x43_53_4c_47;
/** Another signer may be making the tables, and a key takes its time. */
const PATIENCE = 'SET LOCAL lock_timeout = 20000; SET LOCAL statement_timeout = 30000';

/** Makes the key of a new log; called only when there is none, under the lock. */
export type MakeKey = () => { readonly signer: NoteSigner; readonly sealed: Uint8Array };

/**
 * Brings the tables to the newest version in one transaction, one signer at a time.
 *
 * @param nowMs - First high water of a new log.
 * @throws BoundaryError ERR_STORE_NEWER when a newer program wrote it; as `toPostgresError`.
 */
export async function migrate(
  connection: Connection,
  nowMs: number,
  makeKey: MakeKey,
  migrations: readonly string[] = MIGRATIONS,
): Promise<void> {
  await connection.send('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
  await connection.send(PATIENCE);
  await connection.send(`SELECT pg_advisory_xact_lock(${LOCK})`);
  const version = await readVersion(connection);
  if (version > migrations.length) {
    const details = { version, newest: migrations.length };
    throw new BoundaryError('ERR_STORE_NEWER', { details });
  }
  for (const step of migrations.slice(version)) await connection.send(step);
  if (version === 0) await fill(connection, nowMs, makeKey, migrations.length);
  else
    await connection.send('UPDATE countersign.head SET schema_version = $1', [migrations.length]);
  await connection.send('COMMIT');
}

/** 0 when there is nothing yet; then the schema is made. */
async function readVersion(connection: Connection): Promise<number> {
  const known = await connection.send(
    "SELECT to_regnamespace('countersign') IS NOT NULL AS has_schema," +
      " to_regclass('countersign.head') IS NOT NULL AS has_head",
  );
  const [row] = known.rows;
  if (row?.has_schema !== true) await connection.send('CREATE SCHEMA countersign');
  if (row?.has_head !== true) return 0;
  const { rows } = await connection.send('SELECT schema_version FROM countersign.head');
  return readCount(rows[0] ?? {}, 'schema_version');
}

async function fill(
  connection: Connection,
  highWaterMs: number,
  makeKey: MakeKey,
  version: number,
): Promise<void> {
  const { signer, sealed } = makeKey();
  const origin = signer.key.name;
  const text = formatCheckpoint({ origin, size: 0, rootHash: EMPTY_ROOT });
  const head = { size: 0, note: signNote(text, signer), highWaterMs, forgottenThroughMs: 0 };
  const digest = headDigest(head);
  await connection.send(
    'INSERT INTO countersign.identity (only_row, origin, verifier_key, sealed_key)' +
      ' VALUES (1, $1, $2, $3)',
    [origin, formatVerifierKey(signer.key), sealed],
  );
  await connection.send(
    'INSERT INTO countersign.checkpoints (size, note, high_water_ms, forgotten_through_ms, digest)' +
      ' VALUES (0, $1, $2, 0, $3)',
    [head.note, highWaterMs, digest],
  );
  await connection.send(
    'INSERT INTO countersign.head (only_row, schema_version, size, note, high_water_ms,' +
      ' forgotten_through_ms, digest, peaks, nonce_count, next_bucket_id)' +
      " VALUES (1, $1, 0, $2, $3, 0, $4, '', 0, 1)",
    [version, head.note, highWaterMs, digest],
  );
}
