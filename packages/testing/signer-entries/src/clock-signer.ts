/**
 * Entry: the real signer process, with a clock that is wrong by what a file in its data directory says.
 *
 * @module
 */

import { runSignerProcess } from '@countersign/signer';
import { readClockOffsetMs } from './clock-offset.ts';

const dataDir = process.cwd();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
  clock: { nowMs: () => Date.now() + readClockOffsetMs(dataDir) },
});
