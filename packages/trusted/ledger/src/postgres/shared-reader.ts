/**
 * Looking into a shared store with everything a reader of a data directory can do.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '@countersign/protocol';
import { type LedgerReader, openLedgerReader } from '../ledger-reader.ts';
import { copyToSqlite } from './copy-to-sqlite.ts';

/**
 * Copies the store as it is now and lets `use` read the copy, which is gone afterwards.
 *
 * @throws BoundaryError as `copyToSqlite`; what `use` throws.
 * @remarks Reads all of the store, about 20 µs per entry; the copy lies in a private directory.
 */
export async function withSharedReader<T>(
  store: { readonly url: Secret; readonly caPem?: string },
  use: (reader: LedgerReader) => T | Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-copy-'));
  try {
    const dataDir = join(directory, 'data');
    await copyToSqlite(store.url, dataDir, store.caPem);
    const reader = openLedgerReader(dataDir);
    try {
      return await use(reader);
    } finally {
      reader.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
