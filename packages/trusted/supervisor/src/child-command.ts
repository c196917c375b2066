/**
 * How the two children are started: arguments, permissions, environment.
 *
 * Nothing secret stands in any of them. Settings travel over pipes afterwards.
 *
 * @module
 */

import { compileCacheDir } from './compile-cache.ts';
import { programDirs } from './program-dirs.ts';

export interface ChildCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

// The permission model's network switch is still called experimental; the warning helps nobody.
const QUIET = '--disable-warning=ExperimentalWarning';

/** What of the settings of a signer decides about its rights. */
export interface SignerRights {
  readonly dataDir: string;
  /** Present when the ledger is a shared one. */
  readonly store?: object | undefined;
}

/**
 * The signer: no child processes, workers, add-ons; its data directory only. The network only for a
 * store that is shared.
 */
export function signerCommand(entry: string, { dataDir, store }: SignerRights): ChildCommand {
  const { flags, env, given } = program(entry, 'signer');
  const data = [`--allow-fs-read=${dataDir}`, `--allow-fs-write=${dataDir}`];
  const network = store === undefined ? [] : ['--allow-net'];
  return { args: [QUIET, '--permission', ...network, ...flags, ...data, entry, ...given], env };
}

/** The edge: the network, and reading the program; no file is written and no process started. */
export function edgeCommand(entry: string): ChildCommand {
  const { flags, env, given } = program(entry, 'edge');
  const extraCa = process.env.NODE_EXTRA_CA_CERTS;
  return {
    args: [QUIET, '--permission', '--allow-net', ...flags, entry, ...given],
    env: { ...env, ...(extraCa === undefined ? {} : { NODE_EXTRA_CA_CERTS: extraCa }) },
  };
}

/** Rights to load the program, and the directories a child gives up afterwards. */
function program(
  entry: string,
  name: 'edge' | 'signer',
): { flags: readonly string[]; env: Record<string, string>; given: readonly string[] } {
  const dirs = programDirs(entry);
  const cache = compileCacheDir(dirs, name);
  const reads = dirs.map((dir) => `--allow-fs-read=${dir}`);
  if (cache === undefined) return { flags: reads, env: {}, given: dirs };
  return {
    flags: [...reads, `--allow-fs-write=${cache}`],
    env: { NODE_COMPILE_CACHE: cache },
    given: [...dirs, cache],
  };
}
