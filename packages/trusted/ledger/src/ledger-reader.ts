/**
 * Reading a ledger without its keys, alone or beside a running signer.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import { rootAt, verifyConsistency } from '@countersign/tlog';
import { type CheckRange, checkLog, type LogReport } from './check-log.ts';
import type { SpendingReport } from './check-spending.ts';
import { checkSpendingTables } from './check-spending-tables.ts';
import { openReadOnly } from './connection.ts';
import { dataDirectoryAt } from './data-directory.ts';
import { exportTiles, type TileExport } from './export-tiles.ts';
import { createFreezes } from './freezes.ts';
import { createHeadStore, type Head } from './head-store.ts';
import { type Identity, readIdentity } from './identity.ts';
import type { FrozenScope } from './ledger.ts';
import { createLogStore, type IndexedEntry } from './log-store.ts';
import {
  checkpointAt,
  consistencyBetween,
  entryAt,
  fileAt,
  type LogSource,
  receiptAt,
} from './log-view.ts';
import { readSchemaVersion, SPENDING_VERSION } from './schema.ts';
import { requireSigned } from './signed-head.ts';
import { corruptStore, toOpeningError } from './store-error.ts';

/** The state a ledger was in when it was asked. */
export interface ReaderStatus {
  /** Entries of the log. */
  readonly size: number;
  readonly origin: string;
  /** Latest time a commit was made at, milliseconds. */
  readonly highWaterMs: number;
  /** Latest expiry among the request nonces that were forgotten; 0 when none was. */
  readonly forgottenThroughMs: number;
}

/**
 * A read-only view. Each call sees what was committed at that moment; a running signer is never held
 * up. All methods throw BoundaryError ERR_STORE_UNAVAILABLE or ERR_STORE_CORRUPT when the database
 * does not cooperate.
 */
export interface LedgerReader {
  size(): number;
  status(): ReaderStatus;
  /** The log's public key, `origin+id+base64`. */
  verifierKey(): string;
  /** Entries `from` (0 when left out) to `to` − 1 (the last one when left out), in order. */
  entries(range?: CheckRange): Iterable<IndexedEntry>;
  /** `undefined` when the log has no such index. */
  entry(index: number): Uint8Array | undefined;
  /** C2SP tlog-proof against the latest checkpoint, `undefined` when the log has no such index. */
  receipt(index: number): string | undefined;
  /** The latest signed checkpoint, or the stored one of `size`. Throws ERR_NOT_FOUND. */
  checkpoint(size?: number): string;
  /** Sizes of all stored checkpoints, smallest first. */
  checkpointSizes(): Iterable<number>;
  /** RFC 6962 consistency proof. Throws ERR_NOT_FOUND for sizes the log did not have. */
  consistency(oldSize: number, newSize: number): Uint8Array[];
  /**
   * Answers whether the trees of two sizes are one log, by a proof and its verification; compares
   * with the stored checkpoints of these sizes too, where there are any. Throws as `consistency`.
   */
  isConsistent(oldSize: number, newSize: number): boolean;
  /** A file by its C2SP tlog-tiles path, `undefined` when there is none. */
  tile(path: string): Uint8Array | undefined;
  /** Checks the log against itself, see {@link LogReport}. Takes about 40 µs per entry and checkpoint. */
  checkLog(range?: CheckRange): LogReport;
  /**
   * Adds up all reservations from the log alone, see `check-spending.ts`, then compares what it leaves
   * with the tables decisions are made from.
   */
  checkSpending(): SpendingReport;
  /** Every frozen scope, in order of scope. */
  frozen(): readonly FrozenScope[];
  /** Writes the log as a C2SP tlog-tiles directory, see `export-tiles.ts`. */
  exportTiles(dir: string): TileExport;
  /** A second call does nothing. */
  close(): void;
}

const CHUNK = 256;

/**
 * Opens the ledger of a data directory for reading. Takes no lock, changes no file of the ledger and
 * needs no passphrase.
 *
 * @throws BoundaryError ERR_NOT_FOUND when the directory holds no ledger; ERR_STORE_NEWER;
 *   ERR_STORE_CORRUPT; ERR_STORE_UNAVAILABLE.
 */
export function openLedgerReader(dataDir: string): LedgerReader {
  const { database } = dataDirectoryAt(dataDir);
  if (!existsSync(database)) {
    throw new BoundaryError('ERR_NOT_FOUND', { details: { reason: 'there is no ledger here' } });
  }
  return attempt(() => {
    const db = openReadOnly(database);
    try {
      return new SqliteLedgerReader(db);
    } catch (cause) {
      db.close();
      throw cause;
    }
  });
}

class SqliteLedgerReader implements LedgerReader {
  readonly #db: DatabaseSync;
  readonly #identity: Identity;
  readonly #source: LogSource;

  /** @throws BoundaryError when the database is no ledger that can be read; `db` stays open then. */
  constructor(db: DatabaseSync) {
    readSchemaVersion(db);
    this.#db = db;
    this.#identity = readIdentity(db);
    const store = createLogStore(db);
    this.#source = { store, heads: createHeadStore(db), nodes: store };
    this.#head();
  }

  size(): number {
    return this.#read((head) => head.size);
  }

  status(): ReaderStatus {
    const { origin } = this.#identity;
    return this.#read(({ note: _, ...state }) => ({ origin, ...state }));
  }

  verifierKey(): string {
    return this.#identity.verifierKey;
  }

  *entries(range: CheckRange = {}): Generator<IndexedEntry> {
    const to = Math.min(range.to ?? Number.MAX_SAFE_INTEGER, this.size());
    for (let start = Math.max(range.from ?? 0, 0); start < to; start += CHUNK) {
      const end = Math.min(start + CHUNK, to);
      const chunk = this.#read(() => this.#source.store.entries(start, end));
      if (chunk.length !== end - start) throw corruptStore('an entry of the log is missing');
      yield* chunk;
    }
  }

  entry(index: number): Uint8Array | undefined {
    return this.#read((head) => entryAt(this.#source, head, index));
  }

  receipt(index: number): string | undefined {
    return this.#read((head) => receiptAt(this.#source, head, index));
  }

  checkpoint(size?: number): string {
    return this.#read((head) =>
      size === undefined ? head.note : checkpointAt(this.#source, head, size),
    );
  }

  *checkpointSizes(): Generator<number> {
    const { size: end } = this.#head();
    let last = -1;
    while (last < end) {
      const chunk = this.#read(() => this.#source.heads.after(last, CHUNK));
      for (const head of chunk) yield head.size;
      last = chunk.at(-1)?.size ?? end;
    }
  }

  consistency(oldSize: number, newSize: number): Uint8Array[] {
    return this.#read((head) => consistencyBetween(this.#source, head, oldSize, newSize));
  }

  isConsistent(oldSize: number, newSize: number): boolean {
    return this.#read((head) => {
      const proof = consistencyBetween(this.#source, head, oldSize, newSize);
      const [oldRoot, newRoot] = [this.#rootOf(oldSize), this.#rootOf(newSize)];
      return verifyConsistency({ oldSize, newSize, oldRoot, newRoot, proof });
    });
  }

  tile(path: string): Uint8Array | undefined {
    return this.#read((head) => fileAt(this.#source, head, path));
  }

  checkLog(range: CheckRange = {}): LogReport {
    return this.#read((head) =>
      checkLog({ ...this.#source, db: this.#db, identity: this.#identity }, head, range),
    );
  }

  checkSpending(): SpendingReport {
    return attempt(() => {
      // Log and tables as they are at one moment, also beside a signer that writes.
      this.#db.exec('BEGIN');
      try {
        return checkSpendingTables(this.#db, this.#head(), this.#bytes());
      } finally {
        this.#db.exec('COMMIT');
      }
    });
  }

  frozen(): readonly FrozenScope[] {
    // An older ledger, not yet opened by this version, has no place for freezes.
    return attempt(() =>
      readSchemaVersion(this.#db) < SPENDING_VERSION ? [] : createFreezes(this.#db).all(),
    );
  }

  exportTiles(dir: string): TileExport {
    const { store } = this.#source;
    return this.#read((head) => exportTiles({ store, identity: this.#identity }, head, dir));
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  *#bytes(): Generator<Uint8Array> {
    for (const { entry } of this.entries()) yield entry;
  }

  /** Root the log signed for a size where it did, else the root of its nodes. */
  #rootOf(size: number): Uint8Array {
    const stored = this.#source.heads.at(size);
    return stored === undefined
      ? rootAt(size, this.#source.store)
      : requireSigned(stored, this.#identity).rootHash;
  }

  #read<T>(step: (head: Head) => T): T {
    return attempt(() => step(this.#head()));
  }

  #head(): Head {
    const head = this.#source.heads.newest();
    if (head === undefined) throw corruptStore('no checkpoint is stored');
    return head;
  }
}

function attempt<T>(step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw toOpeningError(cause);
  }
}
