/**
 * Waiting for what other processes do in their own time, on machines of every speed.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';

/** The longest wait: a start of three processes on a machine that is busy with other things. */
const PATIENCE_MS = 120_000;

/** For every test of a file, since each may wait several times. */
export function beAPatientFile(): void {
  vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 3 * PATIENCE_MS });
}

/**
 * Asks until the answer is yes.
 *
 * @param what - Names the state in the error.
 * @param detail - Added to the error.
 */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  detail: () => string = () => '',
): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`gave up waiting: ${what}\n${detail()}`);
    await sleep(20);
  }
}
