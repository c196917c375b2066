/**
 * `countersign up`: the boundary with its native configuration.
 *
 * @module
 */

import path from 'node:path';
import type { Command } from 'commander';
import { readConfigFile } from '../config/config-file.ts';
import type { SecretSource } from '../config/config-schema.ts';
import { type ConfiguredSettings, settingsFromConfig } from '../config/config-settings.ts';
import { parseStoreFlag } from '../config/store-settings.ts';
import { ending } from '../fault.ts';
import { serve } from '../serve.ts';
import { paint, say } from '../terminal/paint.ts';

interface UpFlags {
  readonly config: string;
  readonly store?: string;
}

const EXAMPLE = `
Example:
  $ countersign up --config countersign.yaml
`;

export function addUpCommand(program: Command): void {
  program
    .command('up')
    .description('serve with the native configuration')
    .requiredOption(
      '--config <file>',
      'the configuration; countersign.sample.yaml explains every key',
    )
    .option('--store <source>', 'share the log in Postgres: env:NAME or file:PATH holds its URL')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: UpFlags) => {
      process.exitCode = await ending({}, () => up(flags));
    });
  const config = program.command('config').description('work with the native configuration');
  config
    .command('check')
    .description('read a configuration and everything it refers to, and start nothing')
    .argument('<file>')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', '\nExample:\n  $ countersign config check countersign.yaml\n')
    .action(async (file: string, flags: { json?: boolean }) => {
      process.exitCode = await ending(flags, () => check(file, flags.json === true));
    });
}

function up({ config, store }: UpFlags): Promise<number> {
  const source = store === undefined ? undefined : parseStoreFlag(store);
  const { settings, warnings } = readSettings(config, source);
  return serve({ settings, warnings, reread: () => readSettings(config, source).settings });
}

function check(file: string, json: boolean): undefined {
  const { warnings } = readSettings(file);
  if (json) process.stdout.write(`${JSON.stringify({ ok: true, warnings })}\n`);
  for (const warning of warnings) say(`${paint('yellow', '!')} ${warning}`);
  say(`${paint('green', 'ok')} ${file}`);
}

/** @param store - Where the URL of the store is, instead of what the configuration says. */
function readSettings(file: string, store?: SecretSource): ConfiguredSettings {
  const context = { baseDir: path.dirname(path.resolve(file)), env: process.env };
  const config = readConfigFile(file);
  const shared = store === undefined ? {} : { store: { ...config.store, postgres: store } };
  return settingsFromConfig({ ...config, ...shared }, context);
}
