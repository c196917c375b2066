/**
 * `countersign log`: reading the log of a data directory, beside a running server or without one.
 *
 * @module
 */

import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { LedgerReader } from '@countersign/ledger';
import { BoundaryError } from '@countersign/protocol';
import { formatReceipt } from '@countersign/tlog';
import type { Command } from 'commander';
import { entryLine, entryRows, readEntry } from '../entry-words.ts';
import { EXIT_FAILED } from '../exit-status.ts';
import { ending } from '../fault.ts';
import { readLedger, requireOwnLedger } from '../ledger-place.ts';
import { addPlaceOptions, type PlaceFlags } from '../place.ts';
import { examples } from '../terminal/examples.ts';
import { paint, say, twoColumns } from '../terminal/paint.ts';
import { addClockCommand } from './log-clock.ts';

interface LogFlags extends PlaceFlags {
  readonly json?: boolean;
  readonly last?: string;
  readonly follow?: boolean;
  readonly receipt?: string;
  readonly from?: string;
  readonly to?: string;
}

const POLL_MS = 250;

const EXAMPLES = {
  tail: 'log tail --config countersign.yaml --follow',
  show: 'log show 12 --config countersign.yaml --receipt receipt.json',
  check: 'log check --config countersign.yaml --from-size 100 --to-size 2000',
  export: 'log export ./tiles --config countersign.yaml',
  key: 'log key --config countersign.yaml > log-key.pub',
} as const;

export function addLogCommand(program: Command): void {
  const log = program
    .command('log')
    .description('read, prove and check the log of decisions')
    .addHelpText('after', examples(...Object.values(EXAMPLES)));
  reading(log.command('tail').description('the newest entries, one line each'))
    .option('--last <n>', 'how many', '20')
    .option('--follow', 'go on with entries as they come')
    .action(run((flags) => tail(flags)));
  reading(log.command('show <index>').description('one entry in words'))
    .option('--receipt <file>', 'also write its receipt')
    .action(async (index: string, flags: LogFlags) => {
      process.exitCode = await ending(flags, () => show(flags, index));
    });
  reading(log.command('check').description('recompute every hash and signature, and consistency'))
    .option('--from-size <n>', 'with --to-size: only whether two sizes are one log')
    .option('--to-size <n>')
    .action(async (flags: LogFlags & { fromSize?: string; toSize?: string }) => {
      process.exitCode = await ending(flags, () => check(flags));
    });
  reading(
    log.command('export <dir>').description('write the log as static C2SP tlog-tiles files'),
  ).action(async (dir: string, flags: LogFlags) => {
    process.exitCode = await ending(flags, () => exportLog(flags, dir));
  });
  reading(log.command('key').description("print the log's public key")).action(
    run((flags) => key(flags)),
  );
  addClockCommand(log);
}

function reading(command: Command): Command {
  const name = command.name() as keyof typeof EXAMPLES;
  return addPlaceOptions(command)
    .option('--json', 'print JSON on standard output')
    .addHelpText('after', examples(EXAMPLES[name]));
}

function run(
  action: (flags: LogFlags) => Promise<number | undefined>,
): (flags: LogFlags) => Promise<void> {
  return async (flags) => {
    process.exitCode = await ending(flags, () => action(flags));
  };
}

async function tail(flags: LogFlags): Promise<undefined> {
  const last = wholeNumber(flags.last ?? '20', '--last');
  if (flags.follow === true) {
    requireOwnLedger(flags, 'a log in the data directory: a shared one is read as it is now');
  }
  await readLedger(flags, async (reader) => {
    let next = Math.max(0, reader.size() - last);
    for (;;) {
      next = printEntries(reader, next, flags);
      if (flags.follow !== true) break;
      await pause(POLL_MS);
    }
  });
}

/** Prints entries from `from` on and returns the index after the last one. */
function printEntries(reader: LedgerReader, from: number, { json }: LogFlags): number {
  let next = from;
  if (reader.size() <= from) return next;
  for (const { index, entry } of reader.entries({ from })) {
    const document = readEntry(entry) ?? {};
    if (json === true) process.stdout.write(`${JSON.stringify({ index, ...document })}\n`);
    else say(entryLine(index, document));
    next = index + 1;
  }
  return next;
}

async function show(flags: LogFlags, text: string): Promise<undefined> {
  const index = wholeNumber(text.split('-', 1)[0] ?? '', '<index>');
  await readLedger(flags, (reader) => tellEntry(reader, flags, index));
}

function tellEntry(reader: LedgerReader, flags: LogFlags, index: number): void {
  const entry = reader.entry(index);
  const proof = reader.receipt(index);
  if (entry === undefined || proof === undefined) {
    throw new BoundaryError('ERR_NOT_FOUND', {
      details: { index, reason: `the log has ${reader.size()} entries` },
    });
  }
  const document = readEntry(entry) ?? {};
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ index, ...document })}\n`);
  else say(twoColumns(entryRows(document)));
  if (flags.receipt !== undefined) {
    writeReceipt(flags.receipt, formatReceipt({ entry, proof }));
    say(`receipt written to ${flags.receipt}`);
  }
}

function writeReceipt(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoundaryError('ERR_CONFIG_INVALID', {
      details: { field: '--receipt', reason, expected: 'a file that can be written' },
      cause,
    });
  }
}

type CheckFlags = LogFlags & { fromSize?: string; toSize?: string };

function check(flags: CheckFlags): Promise<number> {
  return readLedger(flags, (reader) => tellCheck(reader, flags));
}

function tellCheck(reader: LedgerReader, flags: CheckFlags): number {
  if (flags.fromSize !== undefined || flags.toSize !== undefined) return checkSizes(reader, flags);
  const report = reader.checkLog();
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report)}\n`);
  const { entries, nodes, checkpoints, requestNonces, fault } = report;
  say(
    `${entries} entries, ${nodes} nodes, ${checkpoints} checkpoints, ${requestNonces} request nonces`,
  );
  if (fault !== undefined)
    say(`${paint('red', 'x')} ${fault.reason} ${JSON.stringify(fault.details)}`);
  else
    say(
      `${paint('green', 'ok')} every hash, signature and checkpoint agrees (${report.verifierKey})`,
    );
  return report.ok ? 0 : EXIT_FAILED;
}

function checkSizes(
  reader: LedgerReader,
  flags: { json?: boolean; fromSize?: string; toSize?: string },
): number {
  const from = wholeNumber(flags.fromSize ?? '0', '--from-size');
  const to = flags.toSize === undefined ? reader.size() : wholeNumber(flags.toSize, '--to-size');
  const ok = reader.isConsistent(from, to);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ok, from, to })}\n`);
  say(
    ok
      ? `${paint('green', 'ok')} ${from} is a prefix of ${to}`
      : `${paint('red', 'x')} ${from} is no prefix of ${to}`,
  );
  return ok ? 0 : EXIT_FAILED;
}

async function exportLog(flags: LogFlags, dir: string): Promise<undefined> {
  const result = await readLedger(flags, (reader) => reader.exportTiles(dir));
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ ok: true, dir, ...result })}\n`);
  say(
    `${paint('green', 'ok')} ${result.size} entries in ${dir}: ${result.written} files written, ${result.unchanged} unchanged`,
  );
}

async function key(flags: LogFlags): Promise<undefined> {
  const verifierKey = await readLedger(flags, (reader) => reader.verifierKey());
  const text = flags.json === true ? JSON.stringify({ ok: true, verifierKey }) : verifierKey;
  process.stdout.write(`${text}\n`);
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (/^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new BoundaryError('ERR_CONFIG_INVALID', {
    details: { field: option, expected: 'a whole number' },
  });
}
