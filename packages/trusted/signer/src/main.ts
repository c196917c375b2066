/**
 * Entry of the signer process. Arguments: the directories of the program, given up after start.
 *
 * @module
 */

import { runSignerProcess } from './process.ts';

// A terminal sends its signals to the whole group; only the supervisor decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
});
