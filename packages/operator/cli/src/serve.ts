/**
 * Running the two processes from a command: what the operator sees, signals, exit status.
 *
 * @module
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Settings, type Supervisor, startSupervisor } from '@countersign/supervisor';
import { watchLauncher } from './launcher-watch.ts';
import { paint, say, twoColumns } from './terminal/paint.ts';

/** Process id of a running server, inside its data directory. */
export const PID_FILE = 'countersign.pid';

export interface ServeOptions {
  readonly settings: Settings;
  readonly warnings: readonly string[];
  /** Reads the settings again; called on SIGHUP and by `countersign reload`. Throws to keep the old ones. */
  readonly reread: () => Settings;
}

/** Entry modules of the two processes. */
export function processEntries(): { readonly signer: string; readonly edge: string } {
  return {
    signer: fileURLToPath(import.meta.resolve('@countersign/signer/process')),
    edge: fileURLToPath(import.meta.resolve('@countersign/server/process')),
  };
}

/** Serves until a signal or a failure. @returns The exit status. */
export async function serve(options: ServeOptions): Promise<number> {
  for (const warning of options.warnings) say(`${paint('yellow', '! ')}${warning}`);
  const supervisor = startSupervisor({
    settings: options.settings,
    entries: processEntries(),
    report: {
      inForce: (name, rows) => say(`${paint('bold', name)}\n${twoColumns(rows)}`),
      warning: (text) => say(`${paint('yellow', '! ')}${text}`),
    },
  });
  listenToSignals(supervisor, options);
  const pidFile = path.join(options.settings.signer.dataDir, PID_FILE);
  supervisor.ready.then(
    ({ address }) => {
      writePid(pidFile);
      say(`${paint('green', 'ready')} ${address}`);
    },
    () => undefined,
  );
  const status = await supervisor.ended;
  removePid(pidFile);
  // The channel to a wrapper would keep this process alive.
  if (process.connected) process.disconnect?.();
  return status;
}

/** Only `countersign reload` needs the file; without it the server serves all the same. */
function writePid(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    say(`${paint('yellow', '! ')}the process id could not be written to ${file}`);
  }
}

/** Another server may own the data directory; then the file is its own. */
function removePid(file: string): void {
  try {
    if (Number(readFileSync(file, 'utf8')) === process.pid) rmSync(file);
  } catch {
    // There is none, or it cannot be removed: the next server writes its own.
  }
}

function listenToSignals(supervisor: Supervisor, options: ServeOptions): void {
  process.on('SIGTERM', () => supervisor.stop());
  process.on('SIGINT', () => supervisor.stop());
  process.on('SIGHUP', () => reload(supervisor, options));
  // Started by an older Node or by npm: their end is ours.
  process.on('disconnect', () => supervisor.stop());
  watchLauncher(process.env, () => supervisor.stop());
}

function reload(supervisor: Supervisor, { reread }: ServeOptions): void {
  try {
    supervisor.reload(reread());
    say('settings read again');
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    say(`${paint('red', 'x ')}the settings were not replaced: ${reason}`);
  }
}
