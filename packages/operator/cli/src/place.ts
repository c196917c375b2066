/**
 * Which data directory a command works on, and how its keystore opens.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BoundaryError, Secret } from '@countersign/protocol';
import type { Command } from 'commander';
import { readConfigFile } from './config/config-file.ts';
import type { SecretSource } from './config/config-schema.ts';
import { prepareDataDir } from './data-dir.ts';

export interface PlaceFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly passphraseFile?: string;
}

/** Variable the passphrase may come from; a flag would show it to every user of the machine. */
const PASSPHRASE_VARIABLE = 'COUNTERSIGN_PASSPHRASE';

export function addPlaceOptions(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration whose data directory is meant')
    .option('--data-dir <dir>', 'or the data directory itself');
}

export function addPassphraseOption(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    `file with the passphrase (default: the configuration's, or ${PASSPHRASE_VARIABLE})`,
  );
}

/** @throws BoundaryError ERR_CONFIG_INVALID when neither option says which directory. */
export function dataDirOf({ config, dataDir }: PlaceFlags): string {
  if (dataDir !== undefined) return prepareDataDir(path.resolve(dataDir));
  if (config === undefined) throw missing('--config', 'a configuration file, or --data-dir');
  const base = path.dirname(path.resolve(config));
  return prepareDataDir(path.resolve(base, readConfigFile(config).dataDir));
}

/** The passphrase; `undefined` when nobody named one. */
export function passphraseOf(flags: PlaceFlags): Secret<string> | undefined {
  if (flags.passphraseFile !== undefined)
    return passphraseFrom(flags.passphraseFile, '--passphrase-file');
  const configured =
    flags.config === undefined ? undefined : readConfigFile(flags.config).passphrase;
  if (configured !== undefined) return fromSource(configured, flags.config ?? '.');
  const value = process.env[PASSPHRASE_VARIABLE];
  return value === undefined || value === '' ? undefined : new Secret(value);
}

function fromSource(source: SecretSource, config: string): Secret<string> {
  if ('file' in source) {
    return passphraseFrom(path.resolve(path.dirname(config), source.file), 'passphrase.file');
  }
  const value = process.env[source.env];
  if (value === undefined || value === '') {
    throw missing('passphrase.env', `the environment variable ${source.env} to be set`);
  }
  return new Secret(value);
}

/** @throws BoundaryError ERR_CONFIG_INVALID naming `field` when the file cannot be read. */
export function passphraseFrom(file: string, field: string): Secret<string> {
  try {
    return new Secret(readFileSync(file, 'utf8').trim());
  } catch {
    throw missing(field, 'a file that can be read');
  }
}

function missing(field: string, expected: string): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', { details: { field, expected } });
}
