/**
 * `countersign keyring`: a drop-in for the older session signer, configured by its variables.
 *
 * @module
 */

import {
  isBoundaryError,
  MESSAGE_KINDS,
  type MessageKind,
  WIRE_PROFILES,
  type WireProfile,
} from '@countersign/protocol';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultKeyringDir, prepareDataDir } from '../data-dir.ts';
import { EXIT_FAILED } from '../exit-status.ts';
import { SettingError } from '../keyring/environment.ts';
import { type KeyringSettings, keyringSettings } from '../keyring/keyring-settings.ts';
import { serve } from '../serve.ts';

interface KeyringFlags {
  readonly profile: WireProfile;
  readonly messageKinds: readonly [MessageKind, ...MessageKind[]];
  readonly dataDir?: string;
  readonly hashBackend: 'wasm' | 'scure';
}

const EXAMPLE = `
Example:
  $ KEYRING_HMAC_SECRET=change-me-0123456789 SESSION_PRIVATE_KEY=0x5ec4e7 countersign keyring
`;

export function addKeyringCommand(program: Command): void {
  program
    .command('keyring')
    .description(
      'serve existing clients of the session signer, configured by its environment variables',
    )
    .addOption(
      new Option('--profile <profile>', 'which wire contract to follow')
        .choices(WIRE_PROFILES)
        .default('superset'),
    )
    .option('--message-kinds <list>', 'kinds every key may sign, the default first', parseKinds, [
      'invoke-v2',
    ])
    .option(
      '--data-dir <dir>',
      'where log, request nonces and log key are kept (default: one per address under the state directory)',
    )
    .addOption(
      new Option('--hash-backend <name>', 'Poseidon implementation')
        .choices(['wasm', 'scure'])
        .default('wasm'),
    )
    .addHelpText('after', EXAMPLE)
    .action(async (flags: KeyringFlags) => {
      process.exitCode = await runKeyring(flags);
    });
}

async function runKeyring(flags: KeyringFlags): Promise<number> {
  try {
    const read = (): KeyringSettings => readSettings(flags);
    const { settings, warnings } = read();
    return await serve({ settings, warnings, reread: () => read().settings });
  } catch (error) {
    if (!(error instanceof SettingError) && !isBoundaryError(error)) throw error;
    process.stderr.write(`[startup] ${error.message}${expectation(error)}\n`);
    return EXIT_FAILED;
  }
}

function readSettings(flags: KeyringFlags): KeyringSettings {
  const { profile, messageKinds, hashBackend } = flags;
  const draft = keyringSettings(process.env, { dataDir: '-', profile, messageKinds, hashBackend });
  const { host, port } = draft.settings.edge;
  const dataDir = prepareDataDir(flags.dataDir ?? defaultKeyringDir(host, port));
  const { signer, edge } = draft.settings;
  return { ...draft, settings: { signer: { ...signer, dataDir }, edge } };
}

function expectation(error: Error): string {
  if (!isBoundaryError(error)) return '';
  const { reason, expected } = error.details;
  return `: ${[reason, expected].filter((part) => part !== undefined).join('; ')}`;
}

function parseKinds(text: string): [MessageKind, ...MessageKind[]] {
  const kinds = text.split(',').map((item) => MESSAGE_KINDS.find((kind) => kind === item.trim()));
  const [first, ...rest] = kinds;
  if (first === undefined || rest.includes(undefined)) {
    throw new InvalidArgumentError(`expected a comma list of ${MESSAGE_KINDS.join(', ')}`);
  }
  return [first, ...rest.filter((kind) => kind !== undefined)];
}
