/**
 * Opening a ledger: whatever is not certain keeps it closed.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { BoundaryError } from '@countersign/protocol';
import type { NoteSigner } from '@countersign/tlog';
import { openAcknowledgedMark } from './acknowledged-mark.ts';
import { createCheckpointFile } from './checkpoint-file.ts';
import { type Clock, isTime, readClock } from './clock-rule.ts';
import { openWriter } from './connection.ts';
import { createLedger } from './create-ledger.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import type { Identity } from './identity.ts';
import type { Ledger } from './ledger.ts';
import { openLogKey, type Seal } from './log-key.ts';
import { replacePrivateFile } from './private-file.ts';
import { SqliteLedger } from './sqlite-ledger.ts';
import { checkAtStart } from './startup-check.ts';
import { corruptStore, toStoreError } from './store-error.ts';
import { upgrade } from './upgrade.ts';

export interface LedgerOptions {
  /** Directory of the ledger; made (0700) when missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Protects the log key at rest. */
  readonly seal: Seal;
  /**
   * Name of the log. A new one gets `countersign.local/` and 8 random hex digits when left out; an
   * existing one must have this name.
   */
  readonly origin?: string;
  /** How far the clock may step back, milliseconds; 10,000 when left out. */
  readonly clockToleranceMs?: number;
  /**
   * Used request nonces that are kept even when they have expired, newest expiries last; 65,536 when
   * left out. The more are kept, the longer a clock may run ahead without consequences.
   */
  readonly retainedNonces?: number;
}

/** How far a clock may step back when nobody says. */
export const CLOCK_TOLERANCE_MS = 10_000;
/** Used request nonces that are kept when nobody says. */
export const RETAINED_NONCES = 65_536;

/**
 * Opens the ledger of a data directory, or makes one when the directory has none.
 *
 * Order: directory private → lock → (first start: key and database) → schema → checks of
 * `startup-check.ts` → log key → writing connection → public key, checkpoint and mark as files.
 *
 * @returns The only ledger on this directory, until it is closed or the process ends.
 * @throws BoundaryError ERR_KEYSTORE_PERMISSIONS when others can access the directory or the key;
 *   ERR_STORE_IN_USE when it is not free within two seconds; ERR_STORE_NEWER; ERR_STORE_CORRUPT with
 *   `reason` and `next`; ERR_LOG_ROLLED_BACK when the log is older than the marks beside it;
 *   ERR_CONFIG_INVALID for another origin or an unusable option; ERR_KEYSTORE_LOCKED, or what the
 *   seal throws; ERR_STORE_UNAVAILABLE; ERR_INTERNAL for an unusable clock.
 * @remarks Blocks for up to two seconds, and for the checks (about 0.3 s for 64 MiB, the most).
 */
export function openLedger(options: LedgerOptions): Ledger {
  requireOptions(options);
  const directory = openDataDirectory(options.dataDir);
  const lock = lockDirectory(directory.lock);
  try {
    const signer = prepare(directory, options);
    return assemble(directory, options, signer, () => lock.release());
  } catch (cause) {
    lock.release();
    throw toStoreError(cause);
  }
}

/** Makes the ledger or checks the one that is there, and opens its key. */
function prepare(directory: DataDirectory, options: LedgerOptions): NoteSigner {
  const { clock, seal, origin } = options;
  if (existsSync(directory.database)) upgrade(directory.database);
  else createLedger(directory, seal, readClock(clock), origin);
  const identity = checkAtStart(directory);
  if (origin !== undefined && origin !== identity.origin) {
    throw invalidOption('origin', `this data directory holds the log ${identity.origin}`);
  }
  const signer = openLogKey(directory, seal, identity.origin);
  if (signer.key.keyId !== identity.key.keyId) {
    throw corruptStore('the log key does not belong to this log');
  }
  publishKey(directory, identity);
  return signer;
}

function assemble(
  directory: DataDirectory,
  options: LedgerOptions,
  signer: NoteSigner,
  release: () => void,
): Ledger {
  const db = openWriter(directory.database);
  try {
    return start(directory, options, signer, db, release);
  } catch (cause) {
    db.close();
    throw cause;
  }
}

function start(
  directory: DataDirectory,
  options: LedgerOptions,
  signer: NoteSigner,
  db: DatabaseSync,
  release: () => void,
): Ledger {
  const size = Number(db.prepare('SELECT max(size) AS size FROM checkpoints').get()?.size);
  const mark = openAcknowledgedMark(directory.acknowledged, size);
  const ledger = new SqliteLedger({
    db,
    signer,
    clock: options.clock,
    clockToleranceMs: options.clockToleranceMs ?? CLOCK_TOLERANCE_MS,
    retainedNonces: options.retainedNonces ?? RETAINED_NONCES,
    mark,
    checkpointFile: createCheckpointFile(directory.checkpoint),
    release,
  });
  replacePrivateFile(directory.checkpoint, ledger.checkpoint());
  return ledger;
}

/** Writes the file with the log's public key, unless it is there. */
export function publishKey(directory: DataDirectory, identity: Identity): void {
  const content = `${identity.verifierKey}\n`;
  const isThere =
    existsSync(directory.publicKey) && readFileSync(directory.publicKey, 'utf8') === content;
  if (!isThere) replacePrivateFile(directory.publicKey, content);
}

function requireOptions({ clockToleranceMs = 0, retainedNonces = 0 }: LedgerOptions): void {
  if (!isTime(clockToleranceMs)) throw invalidOption('clockToleranceMs', 'expected milliseconds');
  if (!Number.isSafeInteger(retainedNonces) || retainedNonces < 0) {
    throw invalidOption('retainedNonces', 'expected a whole number');
  }
}

function invalidOption(setting: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { setting, expected } });
}
