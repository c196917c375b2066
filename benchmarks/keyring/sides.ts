/**
 * The two sides as running processes.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyringSettings } from '../../packages/operator/cli/src/keyring/keyring-settings.ts';
import { processEntries } from '../../packages/operator/cli/src/serve.ts';
import { startSupervisor } from '../../packages/trusted/supervisor/src/index.ts';
import { CLIENT_SECRET, PRIVATE_KEY } from './requests.ts';

export interface Side {
  readonly port: number;
  /** CPU time of all its processes so far, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

// Linux counts process times in ticks of 10 ms.
const TICK_MS = 10;

/** Ours: edge and signer with durable receipts, as `countersign keyring` starts them. */
export async function startOurs(): Promise<Side> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'countersign-bench-'));
  const env = {
    KEYRING_HMAC_SECRET: CLIENT_SECRET,
    SESSION_PRIVATE_KEY: PRIVATE_KEY,
    LOG_LEVEL: 'info',
  };
  const { settings } = keyringSettings(env, {
    dataDir,
    profile: 'superset',
    messageKinds: ['invoke-v2'],
    hashBackend: 'wasm',
  });
  const supervisor = startSupervisor({
    settings: { ...settings, edge: { ...settings.edge, port: 0 } },
    entries: processEntries(),
    eventLog: 'ignore',
    report: { inForce: () => undefined, warning: (text) => process.stderr.write(`${text}\n`) },
  });
  const { address = '' } = await supervisor.ready;
  const { edge = 0, signer = 0 } = supervisor.pids;
  return {
    port: Number(new URL(address).port),
    cpuMs: () => cpuMsOf(edge) + cpuMsOf(signer),
    async stop() {
      supervisor.stop();
      await supervisor.ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The peer: one process of bare node:http. */
export function startPeer(): Promise<Side> {
  const entry = fileURLToPath(new URL('./peer-server.ts', import.meta.url));
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.once('data', (line: Buffer) =>
      resolve({
        port: Number(line.toString('utf8')),
        cpuMs: () => cpuMsOf(child.pid ?? 0),
        stop: async () => void child.kill(),
      }),
    );
  });
}

/** User and system time from /proc, which no sampling can miss. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
