/**
 * A process that commits until it is killed, and says after each commit what it was told.
 *
 * Arguments: data directory, a text that makes its request nonces its own, and, when it is to spend
 * from one bucket, the most the bucket may hold.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { openLedger, type PendingDecision } from '../src/index.ts';
import { chargeOf, LIFETIME, spendOf, VALID_MS } from './spending.ts';

const [, , dataDir = '', run = '', cap] = argv;

const seal = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
const bytesOf = (text: string) => Buffer.from(text.padEnd(700, '.'), 'utf8');

/** Writes a line whole, also when the reader is slow and the pipe is full. */
function say(line: string): void {
  let rest: Uint8Array = Buffer.from(`${line}\n`, 'utf8');
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

say('opening');
const ledger = openLedger({ dataDir, clock: { nowMs: () => Date.now() }, seal });
say('open');

/** A decision that only uses up its nonce. */
const plain = (id: string): PendingDecision => ({
  nonceKey: id,
  nonceExpiresAtMs: Date.now() + 120_000,
  scopes: [],
  charges: [],
  entryOf: ({ kind }) => bytesOf(`${kind === 'fresh' ? 'allow' : 'deny'} ${id}`),
});

/** A decision that spends 1 from a bucket for good, and 1 from one with a window of a second. */
const spending = (id: string, max: bigint): PendingDecision => {
  const window = { type: 'sliding', seconds: 1 } as const;
  const charges = [
    chargeOf(1n, { window: LIFETIME, max }),
    chargeOf(1n, { window, max: undefined }),
  ];
  const changes = { nonceKey: id, spendableUntilMs: Date.now() + VALID_MS };
  return spendOf(charges, changes, Date.now());
};

let count = 0;
for (let batch = 0; ; batch += 1) {
  const ids = Array.from({ length: 1 + (batch % 4) }, (_, at) => `${run}/${count + at}`);
  count += ids.length;
  const committed = ledger.commit(
    ids.map((id) => (cap === undefined ? plain(id) : spending(id, BigInt(cap)))),
  );
  say(committed.map(({ index, fresh }, at) => `${index} ${fresh} ${ids[at]}`).join(','));
  // Every other batch leaves the event loop time to write the checkpoint file.
  if (batch % 2 === 1) await setImmediate();
}
