/**
 * The store several servers share, from a configuration or the command line.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { parseStoreAddress } from '@countersign/ledger';
import { BoundaryError, Secret, type SignerSettings } from '@countersign/protocol';
import type { Config, SecretSource } from './config-schema.ts';

/**
 * Resolves and checks the store.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for a URL that cannot be used, without repeating it; for a
 *   file that cannot be read; and when there is no passphrase to seal the log key with.
 */
export function storeSettings(
  { store, passphrase }: Pick<Config, 'store' | 'passphrase'>,
  secret: (source: SecretSource, field: string) => string,
  resolve: (file: string) => string,
): Pick<SignerSettings, 'store'> {
  if (store === undefined) return {};
  if (passphrase === undefined) {
    throw invalid('passphrase', 'one, the same for every server: a shared store holds the log key');
  }
  const postgres = secret(store.postgres, 'store.postgres');
  const caPem = store.ca === undefined ? undefined : readPem(resolve(store.ca));
  parseStoreAddress(new Secret(postgres), caPem);
  return { store: { postgres, ...(caPem === undefined ? {} : { caPem }) } };
}

/**
 * Reads `--store env:NAME` or `--store file:PATH`.
 *
 * @throws BoundaryError ERR_CONFIG_INVALID for anything else: every user of the machine can read the
 *   arguments of a process, so a URL with a password is refused even though it came.
 */
export function parseStoreFlag(text: string): SecretSource {
  const [, kind, name] = /^(env|file):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (name !== undefined) return kind === 'env' ? { env: name } : { file: name };
  throw invalid(
    '--store',
    'env:NAME or file:PATH: other users of this machine can read arguments, so put the URL there' +
      ' and change its password if it has been one',
  );
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw invalid('store.ca', 'a file that can be read');
  }
}

function invalid(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
