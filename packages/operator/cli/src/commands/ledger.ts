/**
 * `countersign ledger`: proving what was spent from the log, and moving a ledger.
 *
 * @module
 */

import path from 'node:path';
import { openSeal } from '@countersign/crypto/keystore';
import {
  type BucketFigures,
  exportLedger,
  fullestBuckets,
  importLedger,
  type LedgerReader,
  type LogReport,
  type SpendingReport,
} from '@countersign/ledger';
import { BoundaryError } from '@countersign/protocol';
import type { Command } from 'commander';
import { bucketWords, shareWords } from '../bucket-words.ts';
import { EXIT_FAILED } from '../exit-status.ts';
import { ending } from '../fault.ts';
import { readLedger, requireOwnLedger } from '../ledger-place.ts';
import {
  addPassphraseOption,
  addPlaceOptions,
  dataDirOf,
  type PlaceFlags,
  passphraseOf,
} from '../place.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';

interface LedgerFlags extends PlaceFlags {
  readonly json?: boolean;
  readonly fullest?: string;
}

/** What is told of the spending in a log that holds. */
interface Spending {
  readonly report: SpendingReport;
  readonly fullest: readonly BucketFigures[];
}

const MOST_FULLEST = 1_000;

const CHECK_HELP = `
Adds up every reservation from the log alone: at no decision did a bucket count more than its cap. The
log itself is checked first, and the tables decisions are made from are compared with it last. Runs
beside a server and needs no key.

Example:
  $ countersign ledger check --config countersign.yaml
`;

const EXPORT_HELP = `
The file holds request nonces, reservations, freezes and the log, as of one commit. Keys are not in it:
log-key.sealed and the keystore are copied on their own.

Example:
  $ countersign ledger export ledger-copy.db --config countersign.yaml
`;

const IMPORT_HELP = `
The data directory must hold log-key.sealed and no ledger. Log, spending, tables and key are checked
before the file takes its place. Use the newest copy only, and never two servers from one: a second
history would be signed under the same key.

Example:
  $ countersign ledger import ledger-copy.db --config countersign.yaml
`;

export function addLedgerCommand(program: Command): void {
  const ledger = program
    .command('ledger')
    .description('prove what was spent, copy a ledger and put it back')
    .addHelpText('after', '\nExample:\n  $ countersign ledger check --config countersign.yaml\n');
  placed(ledger.command('check').description('add up all spending from the log, in figures'))
    .option('--fullest <n>', 'how many of the fullest buckets to list', '5')
    .addHelpText('after', CHECK_HELP)
    .action(async (flags: LedgerFlags) => {
      process.exitCode = await ending(flags, () => check(flags));
    });
  placed(ledger.command('export <file>').description('copy the ledger into one file'))
    .addHelpText('after', EXPORT_HELP)
    .action(async (file: string, flags: LedgerFlags) => {
      process.exitCode = await ending(flags, () => exportTo(flags, file));
    });
  addPassphraseOption(
    placed(ledger.command('import <file>').description('put such a copy into a data directory')),
  )
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, flags: LedgerFlags) => {
      process.exitCode = await ending(flags, () => importFrom(flags, file));
    });
}

function placed(command: Command): Command {
  return addPlaceOptions(command).option('--json', 'print one JSON object on standard output');
}

function check(flags: LedgerFlags): Promise<number> {
  const most = mostFullest(flags);
  return readLedger(flags, (reader) => {
    const log = reader.checkLog();
    const spending = log.ok ? spendingOf(reader, most) : undefined;
    const ok = spending !== undefined && spending.report.fault === undefined;
    if (flags.json === true) {
      process.stdout.write(`${JSON.stringify({ ok, log, ...spendingDocument(spending) })}\n`);
    }
    tellLog(log);
    if (spending !== undefined) tellSpending(spending);
    return ok ? 0 : EXIT_FAILED;
  });
}

function spendingOf(reader: LedgerReader, most: number): Spending {
  return { report: reader.checkSpending(), fullest: fullestBuckets(bytesOf(reader), most) };
}

function* bytesOf(reader: LedgerReader): Generator<Uint8Array> {
  for (const { entry } of reader.entries()) yield entry;
}

/** Nothing of a log that does not hold: its sums would prove nothing. */
function spendingDocument(spending: Spending | undefined): object {
  if (spending === undefined) return {};
  const { report, fullest } = spending;
  const figures = fullest.map(({ counted, cap, ...bucket }) => ({
    ...bucket,
    counted: String(counted),
    cap: String(cap),
  }));
  return { spending: { ok: report.fault === undefined, ...report, fullest: figures } };
}

function tellLog({ entries, nodes, checkpoints, requestNonces, fault, verifierKey }: LogReport) {
  const rows = { log: `${entries} entries, ${nodes} nodes, ${checkpoints} checkpoints` };
  say(twoColumns({ ...rows, 'request nonces': String(requestNonces) }));
  if (fault === undefined) {
    tellGood(`every hash, signature and checkpoint agrees (${verifierKey})`);
  } else {
    tellBad(`${fault.reason} ${JSON.stringify(fault.details)}`);
    say('  nothing is added up from a log that does not hold');
  }
}

function tellSpending({ report, fullest }: Spending): void {
  const { buckets, reservations, fault } = report;
  const rows = fullest.map((bucket, i): [string, string] => [
    `fullest ${i + 1}`,
    `${shareWords(bucket)} by entry ${bucket.index}: ${bucketWords(bucket)}`,
  ]);
  const spending = `${reservations} reservations in ${buckets} buckets`;
  say(twoColumns({ spending, ...Object.fromEntries(rows) }));
  if (fault === undefined) {
    tellGood('no bucket ever counted more than its cap: added up from the log alone');
    tellGood('the tables count what the log says');
  } else {
    tellBad(`${fault.reason} (entry ${fault.index})`);
  }
}

function tellGood(text: string): void {
  say(`${paint('green', 'ok')} ${text}`);
}

function tellBad(text: string): void {
  say(`${paint('red', 'x')} ${text}`);
}

async function exportTo(flags: LedgerFlags, name: string): Promise<undefined> {
  const file = path.resolve(name);
  requireOwnLedger(flags, 'a ledger in the data directory: Postgres has backups of its own');
  const { size, checkpoint } = await exportLedger(dataDirOf(flags), file);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ ok: true, file, size, checkpoint })}\n`);
  }
  tellGood(`${size} entries in ${file}`);
  say('  keep log-key.sealed of the data directory with it: without the key it is an archive');
}

function importFrom(flags: LedgerFlags, name: string): undefined {
  requireOwnLedger(flags, 'a ledger in the data directory: a shared one is not imported into');
  const dataDir = dataDirOf(flags);
  const report = importLedger(path.resolve(name), dataDir, openSeal(passphraseOf(flags)));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ ok: true, dataDir, log: report })}\n`);
  }
  const { entries, requestNonces, reservations } = report;
  const what = `${entries} entries, ${requestNonces} request nonces, ${reservations} reservations`;
  tellGood(`${what} in ${dataDir}`);
}

/** @throws BoundaryError ERR_CONFIG_INVALID for what is no count. */
function mostFullest({ fullest = '' }: LedgerFlags): number {
  const most = Number(fullest);
  if (/^[0-9]{1,4}$/.test(fullest) && most <= MOST_FULLEST) return most;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: {
      field: '--fullest',
      found: fullest,
      expected: `a whole number up to ${MOST_FULLEST}`,
    },
  });
}
