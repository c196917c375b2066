/**
 * A shared ledger copied into the tables of the SQLite ledger, as it is at one moment.
 *
 * Reading, proving and checking are written once, for SQLite; whoever wants to look into a shared store
 * looks into such a copy. Digests are copied as they are, so what was altered in the store is altered in
 * the copy.
 *
 * @module
 */

import { mkdirSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Secret } from '@countersign/protocol';
import { amountBytes } from '../amount-column.ts';
import { type Row, readText } from '../columns.ts';
import { openNew } from '../connection.ts';
import { dataDirectoryAt } from '../data-directory.ts';
import { createPrivateFile } from '../private-file.ts';
import { migrate } from '../schema.ts';
import { type Connection, openConnection } from './connection.ts';
import { parseStoreAddress } from './store-address.ts';

/** A table, and how to go through it in order. */
interface Table {
  readonly name: string;
  /** Columns of both; `::text` where an amount becomes bytes. */
  readonly columns: readonly string[];
  /** Columns that tell rows apart, in whose order they are read. */
  readonly key: readonly string[];
  readonly amounts?: readonly string[];
}

const TABLES: readonly Table[] = [
  { name: 'log_entries', columns: ['idx', 'entry'], key: ['idx'] },
  { name: 'log_nodes', columns: ['idx', 'hashes'], key: ['idx'] },
  {
    name: 'checkpoints',
    columns: ['size', 'note', 'high_water_ms', 'forgotten_through_ms', 'digest'],
    key: ['size'],
  },
  { name: 'request_nonces', columns: ['nonce_key', 'expires_at_ms'], key: ['digest'] },
  {
    name: 'buckets',
    columns: [
      ...['id', 'name', 'window_type', 'window_ms', 'total'],
      ...['anchor_ms', 'freed_through_ms', 'digest'],
    ],
    key: ['id'],
    amounts: ['total'],
  },
  {
    name: 'reservations',
    columns: ['slot', 'bucket_id', 'amount', 'until_ms'],
    key: ['slot', 'bucket_id'],
    amounts: ['amount'],
  },
  { name: 'freezes', columns: ['scope', 'since_ms'], key: ['scope'] },
  {
    name: 'intents',
    columns: ['id', 'document', 'digest', 'owner', 'asked_at', 'expires_at_ms', 'executed_at'],
    key: ['id'],
  },
  {
    name: 'intent_answers',
    columns: ['intent_id', 'approver', 'answer', 'evidence', 'entry'],
    key: ['intent_id', 'approver'],
  },
];

/** Rows fetched at once. */
const CHUNK = 2_000;

/**
 * Copies a store into a directory, where `openLedgerReader` can open it.
 *
 * @param dataDir - Made (0700) when missing; must hold no ledger.
 * @throws BoundaryError ERR_STORE_UNAVAILABLE, ERR_STORE_CORRUPT, ERR_CONFIG_INVALID.
 */
export async function copyToSqlite(url: Secret, dataDir: string, caPem?: string): Promise<void> {
  const connection = await openConnection(parseStoreAddress(url, caPem));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = dataDirectoryAt(dataDir).database;
  createPrivateFile(path);
  const db = openNew(path);
  try {
    migrate(db);
    db.exec('BEGIN');
    await copyAll(connection, db);
    db.exec('COMMIT');
  } finally {
    db.close();
    connection.destroy();
  }
}

async function copyAll(connection: Connection, db: DatabaseSync): Promise<void> {
  await connection.send('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await connection.send('SET LOCAL statement_timeout = 60000');
  const { rows } = await connection.send('SELECT origin, verifier_key FROM countersign.identity');
  const insert = db.prepare('INSERT INTO identity (only, origin, verifier_key) VALUES (1, ?, ?)');
  for (const row of rows) insert.run(readText(row, 'origin'), readText(row, 'verifier_key'));
  for (const table of TABLES) await copyTable(connection, db, table);
  await connection.send('COMMIT');
}

/** In chunks, by a cursor: one row after the other would take its time, all at once the memory. */
async function copyTable(connection: Connection, db: DatabaseSync, table: Table): Promise<void> {
  const { name, columns, key, amounts = [] } = table;
  const selected = columns.map((column) =>
    amounts.includes(column) ? `${column}::text AS ${column}` : column,
  );
  const insert = db.prepare(
    `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  await connection.send(
    `DECLARE copied NO SCROLL CURSOR FOR SELECT ${selected.join(', ')}` +
      ` FROM countersign.${name} ORDER BY ${key.join(', ')}`,
  );
  for (;;) {
    const { rows } = await connection.send(`FETCH ${CHUNK} FROM copied`);
    for (const row of rows) insert.run(...columns.map((column) => toColumn(row, column, amounts)));
    if (rows.length < CHUNK) break;
  }
  await connection.send('CLOSE copied');
}

function toColumn(row: Row, column: string, amounts: readonly string[]): SQLInputValue {
  if (amounts.includes(column)) return amountBytes(BigInt(readText(row, column)));
  return row[column] as SQLInputValue;
}
