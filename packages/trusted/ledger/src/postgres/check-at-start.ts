/**
 * What must hold before a signer uses a shared store: what `startup-check.ts` asks of SQLite.
 *
 * @module
 */

import { frontierRoot } from '@countersign/tlog';
import { type Row, readBytes, readCount } from '../columns.ts';
import type { DataDirectory } from '../data-directory.ts';
import { type Identity, identityOf } from '../identity.ts';
import { requireSigned } from '../signed-head.ts';
import { checkAcknowledged, checkPublished, checkTail, TAIL_ENTRIES } from '../startup-check.ts';
import { corruptStore } from '../store-error.ts';
import type { Connection } from './connection.ts';
import { readThrough } from './read-through.ts';
import { HEAD_COLUMNS, type SharedHead, sharedHeadOf } from './rows.ts';

/** Which log a store holds, and its newest head. */
export interface SharedLog {
  readonly identity: Identity;
  readonly sealedKey: Uint8Array;
  readonly head: SharedHead;
}

/** First and last index of the tables of the log. */
const BOUNDS =
  'SELECT (SELECT min(idx) FROM countersign.log_entries) AS first_entry,' +
  ' (SELECT max(idx) FROM countersign.log_entries) AS last_entry,' +
  ' (SELECT min(idx) FROM countersign.log_nodes) AS first_node,' +
  ' (SELECT max(idx) FROM countersign.log_nodes) AS last_node,' +
  ' (SELECT max(size) FROM countersign.checkpoints) AS newest,' +
  ' (SELECT count(*) FROM countersign.request_nonces) AS nonces';

/** Buckets that do not count what is reserved in them. */
const WRONG_BUCKETS =
  'SELECT b.id FROM countersign.buckets b LEFT JOIN (' +
  ' SELECT bucket_id, sum(amount) AS total FROM countersign.reservations GROUP BY bucket_id) r' +
  ' ON r.bucket_id = b.id WHERE b.total <> coalesce(r.total, 0) LIMIT 1';

/**
 * Checks the store as it is at one moment, also while others write: signature and root of the newest
 * checkpoint, the newest 512 entries, the ends of the tables, buckets against reservations, and all of it
 * against the marks in the data directory of this signer.
 *
 * @throws BoundaryError ERR_STORE_CORRUPT, ERR_LOG_ROLLED_BACK, and as `toPostgresError`.
 */
export async function checkSharedLog(
  connection: Connection,
  directory: DataDirectory,
): Promise<SharedLog> {
  await connection.send('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const log = await readLog(connection);
  const { head, identity } = log;
  checkAcknowledged(directory, head);
  const checkpoint = requireSigned(head, identity);
  const root = frontierRoot({ size: head.size, peaks: [...head.peaks] });
  if (Buffer.compare(root, checkpoint.rootHash) !== 0) {
    throw corruptStore('the right edge of the tree does not have the root of the checkpoint');
  }
  requireBounds(await one(connection, BOUNDS), head);
  await readThrough(
    (text, parameters) => connection.send(text, parameters),
    ({ store, nodes }) => {
      // Asked for together: one after the other they would be fetched one after the other.
      for (let at = Math.max(0, head.size - TAIL_ENTRIES); at < head.size; at += 1)
        store.hashes(at);
      checkTail(store, head, checkpoint);
      checkPublished(directory, nodes, head, identity);
    },
  );
  const { rows } = await connection.send(WRONG_BUCKETS);
  if (rows.length > 0) throw corruptStore('a bucket does not count what is reserved in it');
  await connection.send('COMMIT');
  return log;
}

async function readLog(connection: Connection): Promise<SharedLog> {
  const identity = await one(connection, 'SELECT * FROM countersign.identity');
  const head = await one(connection, `SELECT ${HEAD_COLUMNS} FROM countersign.head`);
  return {
    identity: identityOf(identity),
    sealedKey: readBytes(identity, 'sealed_key'),
    head: sharedHeadOf(head),
  };
}

async function one(connection: Connection, text: string): Promise<Row> {
  const [row] = (await connection.send(text)).rows;
  if (row === undefined) throw corruptStore('the store does not say which log it holds');
  return row;
}

function requireBounds(row: Row, { size, nonceCount }: SharedHead): void {
  const isRight = (first: string, last: string): boolean =>
    size === 0
      ? row[first] === null && row[last] === null
      : readCount(row, first) === 0 && readCount(row, last) === size - 1;
  const isWhole = isRight('first_entry', 'last_entry') && isRight('first_node', 'last_node');
  if (!isWhole || readCount(row, 'newest') !== size) {
    throw corruptStore('the log is not as long as its newest checkpoint says', { size });
  }
  if (readCount(row, 'nonces') !== nonceCount) {
    throw corruptStore('request nonces are missing or were added');
  }
}
