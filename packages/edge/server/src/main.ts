/**
 * Entry of the edge process.
 *
 * @module
 */

import { runEdgeProcess } from './edge-process.ts';

// A terminal sends its signals to the whole group; only the supervisor decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runEdgeProcess();
