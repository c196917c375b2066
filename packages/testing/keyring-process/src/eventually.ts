/**
 * Waiting for a state that another process reaches in its own time.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 110_000;

/**
 * Asks until the answer is yes.
 *
 * @param what - Names the state in the error.
 * @throws Error when the answer is still no after 110 seconds, with what `detail` says then.
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
