/**
 * Entry: the real signer process, stopped by a flag it polls. It is what the freeze is measured against:
 * the flag is asked where the ledger asks for freezes, after the commit and before the signature.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BoundaryError } from '@countersign/protocol';
import { runSignerProcess } from '@countersign/signer';
import { POLLED_FLAG_FILE, POLLED_FLAG_MS } from './polled-flag.ts';

// A signer is started inside its data directory.
const flag = join(process.cwd(), POLLED_FLAG_FILE);
let isStopped = false;

setInterval(() => {
  isStopped = existsSync(flag);
}, POLLED_FLAG_MS);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
  onStep: (step) => {
    if (step === 'committed' && isStopped) throw new BoundaryError('ERR_FROZEN');
  },
});
