/**
 * Entry of the edge process. Arguments: directories of the program and its compile cache.
 *
 * @module
 */

import { runEdgeProcess } from './edge-process.ts';

// A terminal sends its signals to the whole group; only the supervisor decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runEdgeProcess(process.argv.slice(2));
