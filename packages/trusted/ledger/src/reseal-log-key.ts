/**
 * A new seal around the log key, for a new passphrase.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { isBoundaryError } from '@countersign/protocol';
import { dataDirectoryAt } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { readLogSeed, type Seal } from './log-key.ts';
import { replacePrivateFile } from './private-file.ts';

/**
 * Seals the log key of a data directory anew. No signer may use the directory meanwhile, since it
 * would not open the key again.
 *
 * Repeatable: a key that only the new seal opens was resealed by a run that was cut short, and stays.
 *
 * @returns Whether there is a log key.
 * @throws BoundaryError ERR_STORE_IN_USE, ERR_STORE_CORRUPT, ERR_STORE_UNAVAILABLE;
 *   ERR_KEYSTORE_LOCKED and ERR_KEYSTORE_MALFORMED when neither seal opens the file.
 */
export function resealLogKey(dataDir: string, from: Seal, to: Seal): boolean {
  const directory = dataDirectoryAt(dataDir);
  if (!existsSync(directory.sealedKey)) return false;
  const lock = lockDirectory(directory.lock);
  try {
    const seed = readLogSeed(directory, eitherSeal(from, to));
    replacePrivateFile(directory.sealedKey, to.seal(seed.reveal()));
    seed.reveal().fill(0);
    return true;
  } finally {
    lock.release();
  }
}

/** Opens what the first or the second seal closed; the first one's complaint counts. */
function eitherSeal(first: Seal, second: Seal): Seal {
  return {
    seal: (bytes) => second.seal(bytes),
    open: (sealed) => {
      try {
        return first.open(sealed);
      } catch (error) {
        try {
          return second.open(sealed);
        } catch {
          throw isBoundaryError(error) ? error : new Error('no seal opens it');
        }
      }
    },
  };
}
