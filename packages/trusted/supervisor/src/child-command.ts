/**
 * How the two children are started: arguments, permissions, environment.
 *
 * Nothing secret stands in any of them. Settings travel over pipes afterwards.
 *
 * @module
 */

import { programDirs } from './program-dirs.ts';

export interface ChildCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

// The permission model's network switch is still called experimental; the warning helps nobody.
const QUIET = '--disable-warning=ExperimentalWarning';

/** The signer: no network, child processes, workers, add-ons; its data directory only. */
export function signerCommand(entry: string, dataDir: string): ChildCommand {
  const program = programDirs(entry);
  const args = [
    QUIET,
    '--permission',
    ...program.map((dir) => `--allow-fs-read=${dir}`),
    `--allow-fs-read=${dataDir}`,
    `--allow-fs-write=${dataDir}`,
    entry,
    ...program,
  ];
  return { args, env: {} };
}

/** The edge: the network, and reading the program; no file is written and no process started. */
export function edgeCommand(entry: string): ChildCommand {
  const program = programDirs(entry);
  const reads = program.map((dir) => `--allow-fs-read=${dir}`);
  const extraCa = process.env.NODE_EXTRA_CA_CERTS;
  return {
    args: [QUIET, '--permission', '--allow-net', ...reads, entry],
    env: extraCa === undefined ? {} : { NODE_EXTRA_CA_CERTS: extraCa },
  };
}
