/**
 * A process that commits until it is killed, and says after each commit what it was told.
 *
 * Arguments: data directory, and a text that makes its request nonces its own.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { openLedger } from '../src/index.ts';

const [, , dataDir = '', run = ''] = argv;

const seal = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
const bytesOf = (text: string) => Buffer.from(text.padEnd(700, '.'), 'utf8');

const say = (line: string) => writeSync(1, `${line}\n`);

say('opening');
const ledger = openLedger({ dataDir, clock: { nowMs: () => Date.now() }, seal });
say('open');

let count = 0;

function commitBatch(): void {
  const ids = Array.from({ length: 1 + (count % 4) }, (_, at) => `${run}/${count + at}`);
  const committed = ledger.commit(
    ids.map((id) => ({
      nonceKey: id,
      nonceExpiresAtMs: Date.now() + 120_000,
      entryIfFresh: bytesOf(`allow ${id}`),
      entryIfUsed: bytesOf(`deny ${id}`),
    })),
  );
  say(committed.map(({ index, fresh }, at) => `${index} ${fresh} ${ids[at]}`).join(','));
  count += ids.length;
  // Every other batch leaves the event loop time to write the checkpoint file.
  if (count % 2 === 0) setImmediate(commitBatch);
  else commitBatch();
}

commitBatch();
