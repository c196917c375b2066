/**
 * A supervisor with scripted children, and what the operator was told.
 *
 * @module
 */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import {
  type RestartPauses,
  type Settings,
  type Supervisor,
  startSupervisor,
} from '../src/supervisor.ts';
import { type EdgePart, edgeSettings, type SignerPart, signerSettings } from './settings.ts';

type Rows = Readonly<Record<string, string>>;

export interface Parts {
  readonly signer?: SignerPart;
  readonly edge?: EdgePart;
}

export interface Supervised {
  readonly supervisor: Supervisor;
  readonly dataDir: string;
  readonly warnings: readonly string[];
  /** Rows of each child, one element for each time it said what is in force. */
  readonly rows: { readonly edge: readonly Rows[]; readonly signer: readonly Rows[] };
  settings(parts: Parts): Settings;
}

const ENTRIES = {
  signer: fileURLToPath(new URL('./scripted-signer.ts', import.meta.url)),
  edge: fileURLToPath(new URL('./scripted-edge.ts', import.meta.url)),
};

/** Far more than a test may take: only an order ends the pause. */
export const FOR_EVER: RestartPauses = { firstMs: 3_600_000, longestMs: 3_600_000 };

/** Starts children in these parts; stops whatever is left when the test ends. */
export function supervise(
  parts: Parts = {},
  restart: RestartPauses = { firstMs: 1, longestMs: 4 },
): Supervised {
  const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-supervisor-')));
  const settings = ({ signer = 'works', edge = 'works' }: Parts): Settings => ({
    signer: signerSettings(dataDir, signer),
    edge: edgeSettings(edge),
  });
  const warnings: string[] = [];
  const rows: { edge: Rows[]; signer: Rows[] } = { edge: [], signer: [] };
  const supervisor = startSupervisor({
    settings: settings(parts),
    entries: ENTRIES,
    eventLog: 'ignore',
    restart,
    report: {
      inForce: (name, inForce) => void rows[name].push(inForce),
      warning: (text) => void warnings.push(text),
    },
  });
  onTestFinished(async () => {
    supervisor.stop();
    await supervisor.ended;
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { supervisor, dataDir, warnings, rows, settings };
}

/** Waits for something a child does in its own time. */
export async function until(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 20_000, interval: 5 });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
