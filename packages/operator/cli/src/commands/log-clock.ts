/**
 * `countersign log reset-clock`: the way out after the clock of a server ran ahead and was put right.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import type { Command } from 'commander';
import { ending } from '../fault.ts';
import { writeLedger } from '../ledger-place.ts';
import { addPassphraseOption, addPlaceOptions, type PlaceFlags } from '../place.ts';
import { paint, say } from '../terminal/paint.ts';

interface ClockFlags extends PlaceFlags {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const HELP = `
After the clock ran ahead and was put right, nothing is signed until the true time has caught up
(ERR_CLOCK_BEHIND). This takes your word that the clock is right now, and writes that into the log.
No request that was signed can be signed again. Stop the server first.

Example:
  $ date && countersign log reset-clock --config countersign.yaml --yes
`;

export function addClockCommand(log: Command): void {
  addPassphraseOption(
    addPlaceOptions(
      log
        .command('reset-clock')
        .description('vouch for the time after the clock ran ahead and was put right'),
    ),
  )
    .option('--yes', 'confirm: the clock of this machine is right now')
    .option('--json', 'print one JSON object on standard output')
    .addHelpText('after', HELP)
    .action(async (flags: ClockFlags) => {
      process.exitCode = await ending(flags, () => resetClock(flags));
    });
}

async function resetClock(flags: ClockFlags): Promise<undefined> {
  const nowMs = Date.now();
  if (flags.yes !== true) throw unconfirmed(nowMs);
  await writeLedger(flags, async (ledger) => {
    const { index, fromMs, toMs, commitsFromMs } = await ledger.resetClock(nowMs);
    if (flags.json === true) {
      const times = { from: iso(fromMs), to: iso(toMs), signsFrom: iso(commitsFromMs) };
      process.stdout.write(`${JSON.stringify({ ok: true, entry: index, ...times })}\n`);
    }
    say(`${paint('green', 'ok')} newest time of the log: ${iso(fromMs)} → ${iso(toMs)}`);
    if (commitsFromMs > toMs) say(`signing works again from ${iso(commitsFromMs)} on`);
  });
}

function unconfirmed(nowMs: number): BoundaryError {
  return new BoundaryError('ERR_CONFIG_INVALID', {
    details: { field: '--yes', expected: `confirmation that it is ${iso(nowMs)}` },
  });
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
