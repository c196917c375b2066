/**
 * Waits for a state that another process reaches in its own time.
 *
 * @module
 */

import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until the answer is yes; gives up after 20 s. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const untilMs = performance.now() + 20_000;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`gave up waiting: ${what}`);
    await sleep(20);
  }
}
