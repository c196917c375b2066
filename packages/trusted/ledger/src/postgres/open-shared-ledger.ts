/**
 * Opening a ledger that several signers share: whatever is not certain keeps it closed.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { BoundaryError, type Secret } from '@countersign/protocol';
import { openAcknowledgedMark } from '../acknowledged-mark.ts';
import type { AwaitableLedger } from '../awaitable-ledger.ts';
import { createCheckpointFile } from '../checkpoint-file.ts';
import { type Clock, readClock } from '../clock-rule.ts';
import { type DataDirectory, openDataDirectory } from '../data-directory.ts';
import { lockDirectory } from '../directory-lock.ts';
import type { Seal } from '../log-key.ts';
import { CLOCK_TOLERANCE_MS, publishKey, RETAINED_NONCES } from '../open-ledger.ts';
import { replacePrivateFile } from '../private-file.ts';
import { corruptStore, toStoreError } from '../store-error.ts';
import { checkSharedLog, type SharedLog } from './check-at-start.ts';
import { type Connection, openConnection } from './connection.ts';
import { createLink } from './link.ts';
import { migrate } from './migrate.ts';
import { PostgresLedger } from './postgres-ledger.ts';
import { makeSharedKey, openSharedKey } from './shared-log-key.ts';
import { parseStoreAddress, type StoreAddress } from './store-address.ts';

export interface SharedLedgerOptions {
  /** `postgres://…`, see `store-address.ts`. */
  readonly url: Secret;
  /** Authorities the server's certificate may come from; the well-known ones when left out. */
  readonly caPem?: string;
  /** Directory of this signer alone: its marks, and nobody's ledger. Made (0700) when missing. */
  readonly dataDir: string;
  readonly clock: Clock;
  /** Protects the log key in the store; the same passphrase for every signer. */
  readonly seal: Seal & { readonly protection: 'none' | 'passphrase' };
  /** Name of a new log; `countersign.local/` and 8 random hex digits when left out. */
  readonly origin?: string;
  /** How far clocks may be apart or step back, milliseconds; 10,000 when left out. */
  readonly clockToleranceMs?: number;
  /** Used request nonces that are kept although they have expired; 65,536 when left out. */
  readonly retainedNonces?: number;
  /** Only tests shorten the time a freeze takes to be acknowledged. */
  readonly freezeSettlesMs?: number;
}

/** Time for everything a start asks of the store. */
const START_MS = 60_000;

/**
 * Opens the ledger in a store, or makes one when the store holds none.
 *
 * Order: data directory private and locked → connection → tables, one signer at a time → checks of
 * `check-at-start.ts` → log key → marks of this signer.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for an unusable URL, no passphrase, or a data directory that
 *   holds a ledger of its own; ERR_STORE_UNAVAILABLE, ERR_STORE_NEWER, ERR_STORE_CORRUPT,
 *   ERR_LOG_ROLLED_BACK; ERR_STORE_IN_USE and ERR_KEYSTORE_PERMISSIONS about the data directory;
 *   ERR_KEYSTORE_LOCKED when the passphrase is another one.
 */
export async function openSharedLedger(options: SharedLedgerOptions): Promise<AwaitableLedger> {
  const address = parseStoreAddress(options.url, options.caPem);
  requireSealed(options.seal);
  const directory = openDataDirectory(options.dataDir);
  const lock = lockDirectory(directory.lock);
  try {
    requireNoLedger(directory);
    const log = await prepare(address, directory, options);
    return assemble(address, directory, options, log, () => lock.release());
  } catch (cause) {
    lock.release();
    throw toStoreError(cause);
  }
}

async function prepare(
  address: StoreAddress,
  directory: DataDirectory,
  { clock, seal, origin }: SharedLedgerOptions,
): Promise<SharedLog> {
  const connection = await openConnection(address);
  const timer = setTimeout(() => connection.destroy(), START_MS);
  try {
    const name = origin ?? `countersign.local/${randomBytes(4).toString('hex')}`;
    await migrate(connection, readClock(clock), () => makeSharedKey(seal, name));
    return await checkSharedLog(connection, directory);
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
}

function assemble(
  address: StoreAddress,
  directory: DataDirectory,
  options: SharedLedgerOptions,
  { identity, sealedKey, head }: SharedLog,
  release: () => void,
): AwaitableLedger {
  if (options.origin !== undefined && options.origin !== identity.origin) {
    const details = { setting: 'origin', expected: `this store holds the log ${identity.origin}` };
    throw new BoundaryError('ERR_CONFIG_INVALID', { details });
  }
  const signer = openSharedKey(sealedKey, options.seal, identity.origin);
  if (signer.key.keyId !== identity.key.keyId) {
    throw corruptStore('the log key does not belong to this log');
  }
  publishKey(directory, identity);
  const open = (): Promise<Connection> => openConnection(address);
  const mark = openAcknowledgedMark(directory.acknowledged, head.size);
  replacePrivateFile(directory.checkpoint, head.note);
  return new PostgresLedger({
    writer: createLink(open),
    reader: createLink(open),
    identity,
    signer,
    head,
    clock: options.clock,
    clockToleranceMs: options.clockToleranceMs ?? CLOCK_TOLERANCE_MS,
    retainedNonces: options.retainedNonces ?? RETAINED_NONCES,
    mark,
    checkpointFile: createCheckpointFile(directory.checkpoint),
    release,
    ...(options.freezeSettlesMs === undefined ? {} : { freezeSettlesMs: options.freezeSettlesMs }),
  });
}

function requireSealed({ protection }: SharedLedgerOptions['seal']): void {
  if (protection === 'passphrase') return;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: {
      field: 'passphrase',
      expected: 'a passphrase, the same for every signer: a shared store holds the log key sealed',
    },
  });
}

/** Its request nonces and reservations would be forgotten. */
function requireNoLedger({ database }: DataDirectory): void {
  if (!existsSync(database)) return;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: {
      field: 'dataDir',
      expected: 'a data directory without a ledger of its own, because the store is a shared one',
    },
  });
}
