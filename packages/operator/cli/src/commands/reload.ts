/**
 * `countersign reload`: tells a running server to read its settings again.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BoundaryError } from '@countersign/protocol';
import type { Command } from 'commander';
import { readConfigFile } from '../config/config-file.ts';
import { defaultKeyringDir } from '../data-dir.ts';
import { ending } from '../fault.ts';
import { PID_FILE } from '../serve.ts';
import { say } from '../terminal/paint.ts';

interface ReloadFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

const EXAMPLE = `
Reads configuration and TLS files again without dropping a request; what cannot be used leaves the
settings in force as they are, and the server says why on its standard error.

Example:
  $ countersign reload --config countersign.yaml
`;

export function addReloadCommand(program: Command): void {
  program
    .command('reload')
    .description('make a running server read its settings again')
    .option('--config <file>', 'the configuration it was started with')
    .option('--data-dir <dir>', 'or its data directory')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: ReloadFlags) => {
      process.exitCode = await ending(flags, () => reload(flags));
    });
}

function reload(flags: ReloadFlags): undefined {
  const dataDir = dataDirOf(flags);
  const pid = readPid(dataDir);
  try {
    process.kill(pid, 'SIGHUP');
  } catch (cause) {
    throw notRunning(dataDir, cause);
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok: true, pid })}\n`);
  say(`told process ${pid} to read its settings again`);
}

function dataDirOf({ config, dataDir }: ReloadFlags): string {
  if (dataDir !== undefined) return path.resolve(dataDir);
  if (config === undefined) return defaultKeyringDir('127.0.0.1', 8545);
  return path.resolve(path.dirname(config), readConfigFile(config).dataDir);
}

function readPid(dataDir: string): number {
  try {
    const pid = Number(readFileSync(path.join(dataDir, PID_FILE), 'utf8'));
    if (Number.isSafeInteger(pid) && pid > 1) return pid;
  } catch (cause) {
    throw notRunning(dataDir, cause);
  }
  throw notRunning(dataDir, undefined);
}

function notRunning(dataDir: string, cause: unknown): BoundaryError {
  return new BoundaryError('ERR_SIGNER_UNAVAILABLE', {
    details: { dataDir, reason: 'no server is running with this data directory' },
    cause,
  });
}
