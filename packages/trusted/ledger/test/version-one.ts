/**
 * A data directory as version 1 of the ledger left it: tables by the migration of that time, rows as
 * they were written then.
 *
 * @module
 */

import { mkdirSync } from 'node:fs';
import {
  createFrontier,
  EMPTY_ROOT,
  formatCheckpoint,
  formatVerifierKey,
  frontierRoot,
  signNote,
} from '@countersign/tlog';
import { openNew } from '../src/connection.ts';
import { dataDirectoryAt } from '../src/data-directory.ts';
import { createDraft } from '../src/draft.ts';
import { createHeadStore } from '../src/head-store.ts';
import { insertIdentity } from '../src/identity.ts';
import { createLogKey } from '../src/log-key.ts';
import { createLogStore } from '../src/log-store.ts';
import { createPrivateFile } from '../src/private-file.ts';
import { createRequestNonces } from '../src/request-nonces.ts';
import { MIGRATIONS, migrate } from '../src/schema.ts';
import { bytesOf, decisionOf, NOW_MS, newDataDir, TEST_SEAL, TTL_MS } from './harness.ts';

const ORIGIN = 'countersign.local/version-1';

/** A closed ledger of version 1 with one allowed decision per id, all in one commit. */
export function versionOne(ids: readonly string[]): string {
  const dataDir = newDataDir();
  mkdirSync(dataDir, { mode: 0o700 });
  const directory = dataDirectoryAt(dataDir);
  const signer = createLogKey(directory, TEST_SEAL, ORIGIN);
  createPrivateFile(directory.database);
  const db = openNew(directory.database);
  migrate(db, MIGRATIONS.slice(0, 1));
  insertIdentity(db, ORIGIN, formatVerifierKey(signer.key));
  const heads = createHeadStore(db);
  const headOf = (size: number, rootHash: Uint8Array) => ({
    size,
    note: signNote(formatCheckpoint({ origin: ORIGIN, size, rootHash }), signer),
    highWaterMs: NOW_MS,
    forgottenThroughMs: 0,
  });
  heads.insert(headOf(0, EMPTY_ROOT));
  const store = createLogStore(db);
  const draft = createDraft(store, createFrontier(0, store));
  const nonces = createRequestNonces(db);
  for (const id of ids) {
    nonces.use(decisionOf(id).nonceKey, NOW_MS + TTL_MS);
    draft.append(bytesOf(`allow ${id}`));
  }
  heads.insert(headOf(ids.length, frontierRoot(draft.frontier)));
  db.close();
  return dataDir;
}
