/**
 * Entry: the real signer process, which tries everything it must not be able to do when the first
 * request arrives, and writes down how it went.
 *
 * @module
 */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { runSignerProcess } from '@countersign/signer';
import { OUTCOMES_FILE, TARGETS_FILE } from './attempt-files.ts';
import { type Targets, tryEverything } from './attempts.ts';

let hasTried = false;

async function tryOnce(): Promise<void> {
  if (hasTried) return;
  hasTried = true;
  const targets = JSON.parse(readFileSync(TARGETS_FILE, 'utf8')) as Targets;
  writeFileSync(`${OUTCOMES_FILE}.new`, JSON.stringify(await tryEverything(targets)));
  renameSync(`${OUTCOMES_FILE}.new`, OUTCOMES_FILE);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

runSignerProcess({
  control: process.stdin,
  events: process.stdout,
  programDirs: process.argv.slice(2),
  onStep: () => void tryOnce(),
});
