/**
 * `countersign up` as a child process.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { HealthTls } from './health.ts';
import { temporaryDirectory } from './keyring.ts';
import { type ServingProcess, startServing } from './serving-process.ts';

interface BoundaryOptions {
  /**
   * The native configuration as data. `version`, `dataDir` and `listen.port` are added; relative paths
   * start from `directory`.
   */
  readonly config: Readonly<Record<string, unknown>>;
  /** Variables the configuration refers to. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Where the configuration file and the data directory `data` lie. Default: a fresh temporary
   * one. Removed by `stop` in both cases, so never one that holds anything else.
   */
  readonly directory?: string;
  readonly tls?: HealthTls;
}

export interface Boundary extends ServingProcess {
  readonly configFile: string;
  /** Writes another configuration in the same place; a SIGHUP makes the server read it. */
  configure(config: Readonly<Record<string, unknown>>): void;
}

/**
 * Starts the boundary and waits until it serves.
 *
 * @throws Error with what it printed, when it does not.
 */
export async function startBoundary(options: BoundaryOptions): Promise<Boundary> {
  const { env = {}, directory = temporaryDirectory(), tls } = options;
  const port = await freePort();
  const configFile = join(directory, 'countersign.yaml');
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const configure = (config: Readonly<Record<string, unknown>>): void =>
    writeFileSync(configFile, asYaml(config, port));
  configure(options.config);
  const process = await startServing({
    command: { args: ['up', '--config', configFile], env, home: directory },
    port,
    dataDir,
    tls,
    temporary: [directory],
  });
  return { ...process, configFile, configure };
}

/** JSON is YAML. */
function asYaml(config: Readonly<Record<string, unknown>>, port: number): string {
  const listen = typeof config.listen === 'object' ? config.listen : {};
  return JSON.stringify({ version: 1, dataDir: 'data', ...config, listen: { ...listen, port } });
}
