/**
 * The ledger a command works on: the one of a data directory, or the one of the store a configuration
 * shares.
 *
 * @module
 */

import path from 'node:path';
import { openSeal } from '@countersign/crypto/keystore';
import {
  type AwaitableLedger,
  type LedgerReader,
  openLedger,
  openLedgerReader,
} from '@countersign/ledger';
import { BoundaryError, Secret } from '@countersign/protocol';
import { readConfigFile } from './config/config-file.ts';
import { readSecret } from './config/config-settings.ts';
import { storeSettings } from './config/store-settings.ts';
import { dataDirOf, type PlaceFlags, passphraseOf } from './place.ts';

interface Store {
  readonly url: Secret;
  readonly caPem?: string;
}

/**
 * Lets `use` read the ledger; of a shared one, a copy of this moment.
 *
 * @throws BoundaryError as `openLedgerReader` and `withSharedReader`; what `use` throws.
 */
export async function readLedger<T>(
  flags: PlaceFlags,
  use: (reader: LedgerReader) => T | Promise<T>,
): Promise<T> {
  const store = storeOf(flags);
  if (store !== undefined) {
    const { withSharedReader } = await import('@countersign/ledger/postgres');
    return await withSharedReader(store, use);
  }
  const reader = openLedgerReader(dataDirOf(flags));
  try {
    return await use(reader);
  } finally {
    reader.close();
  }
}

/**
 * Lets `use` write to the ledger. No server may run on the data directory.
 *
 * @throws BoundaryError as `openLedger` and `openSharedLedger`; what `use` throws.
 */
export async function writeLedger<T>(
  flags: PlaceFlags,
  use: (ledger: AwaitableLedger) => T | Promise<T>,
): Promise<T> {
  const ledger = await open(flags);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

/**
 * Refuses a configuration that shares its ledger.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID.
 */
export function requireOwnLedger(flags: PlaceFlags, expected: string): void {
  if (storeOf(flags) === undefined) return;
  throw new BoundaryError('ERR_CONFIG_INVALID', { details: { field: 'store', expected } });
}

async function open(flags: PlaceFlags): Promise<AwaitableLedger> {
  const clock = { nowMs: () => Date.now() };
  const seal = openSeal(passphraseOf(flags));
  const dataDir = dataDirOf(flags);
  const store = storeOf(flags);
  if (store === undefined) return openLedger({ dataDir, clock, seal });
  const { openSharedLedger } = await import('@countersign/ledger/postgres');
  return await openSharedLedger({ ...store, dataDir, clock, seal });
}

/** A data directory that is named itself stands for its own ledger. */
function storeOf({ config, dataDir }: PlaceFlags): Store | undefined {
  if (config === undefined || dataDir !== undefined) return undefined;
  const resolve = (file: string): string => path.resolve(path.dirname(path.resolve(config)), file);
  const { store } = storeSettings(
    readConfigFile(config),
    (source, field) => readSecret(source, field, resolve, process.env),
    resolve,
  );
  if (store === undefined) return undefined;
  const { postgres, caPem } = store;
  return { url: new Secret(postgres), ...(caPem === undefined ? {} : { caPem }) };
}
