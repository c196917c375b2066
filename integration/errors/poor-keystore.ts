/**
 * Keystores in data directories, to be opened in vain.
 *
 * @module
 */

import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addKey,
  createKeystore,
  KEYSTORE_FILE_NAME,
  saveKeystore,
} from '@countersign/crypto/keystore';
import { Secret } from '@countersign/protocol';
import { freshDataDir } from '../crash/boundary-settings.ts';

/** Derives in no time; a passphrase of a test needs no more. */
const COST = { N: 1_024, r: 8, p: 1 };

/** A keystore with one key. @returns Its data directory. */
export function sealedKeystore(passphrase: string): string {
  const dataDir = freshDataDir();
  const empty = createKeystore({
    path: join(dataDir, KEYSTORE_FILE_NAME),
    passphrase: new Secret(passphrase),
    cost: COST,
  });
  saveKeystore(addKey(empty, { keyId: 'trading', messageKinds: ['invoke-v2'] }));
  return dataDir;
}

/** The same, readable by everybody. */
export function openlyReadableKeystore(): string {
  const dataDir = sealedKeystore('error-test-passphrase');
  chmodSync(join(dataDir, KEYSTORE_FILE_NAME), 0o644);
  return dataDir;
}

/** A file in its place that is none. */
export function unreadableKeystore(): string {
  const dataDir = freshDataDir();
  writeFileSync(join(dataDir, KEYSTORE_FILE_NAME), '{"keys":[', { mode: 0o600 });
  return dataDir;
}
