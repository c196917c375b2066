/**
 * `countersign policy replay`: a new version of a policy, held against what was really asked.
 *
 * @module
 */

import type { LedgerReader } from '@countersign/ledger';
import type { MessageKind } from '@countersign/protocol';
import { readConfigFile } from '../config/config-file.ts';
import { defaultKeyIdOf } from '../config/policy-settings.ts';
import { EXIT_OK, EXIT_REFUSED } from '../exit-status.ts';
import { readLedger } from '../ledger-place.ts';
import type { PlaceFlags } from '../place.ts';
import { paint, say } from '../terminal/paint.ts';
import { table, visible } from '../terminal/table.ts';
import { readCompiledPolicy } from './compiled-file.ts';
import { countOf } from './options.ts';
import { type Decided, readRecorded } from './recorded-request.ts';
import { type ReplayChange, type ReplayReport, replay } from './replay.ts';
import { createReplayLedger } from './replay-ledger.ts';

export interface ReplayFlags extends PlaceFlags {
  readonly key?: string;
  readonly from?: string;
  readonly acknowledgeWidening?: boolean;
  readonly json?: boolean;
}

/** Changes shown to people; JSON has them all. */
const MOST_SHOWN = 20;
const FIRST_PROGRESS_MS = 1_000;

/**
 * Replays the log of a data directory, beside a running server or without one.
 *
 * @returns Status 3 when something widens that nobody acknowledged.
 * @throws BoundaryError as `readCompiledPolicy` and `readLedger`; ERR_CONFIG_INVALID for options.
 */
export async function replayLog(file: string, flags: ReplayFlags): Promise<number> {
  const { compiled } = readCompiledPolicy(file);
  const from = flags.from === undefined ? 0 : countOf(flags.from, '--from');
  return await readLedger(flags, (reader) => replayFrom(reader, compiled, from, flags));
}

function replayFrom(
  reader: LedgerReader,
  compiled: ReturnType<typeof readCompiledPolicy>['compiled'],
  from: number,
  flags: ReplayFlags,
): number {
  const ledger = createReplayLedger();
  try {
    const { assumedKey, assumedKind } = assumptionsOf(flags, reader);
    const plan = { policy: compiled, onlyKey: flags.key, assumedKey, assumedKind, from };
    const report = replay(reader.entries(), plan, ledger, progressTo(reader.size()));
    tell(report, flags, assumedKey);
    const isRefused = report.widens.length > 0 && flags.acknowledgeWidening !== true;
    return isRefused ? EXIT_REFUSED : EXIT_OK;
  } finally {
    ledger.close();
  }
}

interface Assumptions {
  readonly assumedKey: string | undefined;
  readonly assumedKind: MessageKind;
}

/** Denials name no key: it is the one that was asked for, the default one, or the only one there is. */
function assumptionsOf({ key, config }: ReplayFlags, reader: LedgerReader): Assumptions {
  const kind = 'invoke-v2';
  if (config === undefined) return { assumedKey: key ?? onlyKeyOf(reader), assumedKind: kind };
  const configured = readConfigFile(config);
  const assumedKey = key ?? defaultKeyIdOf(configured);
  const found = configured.keys.find(({ id }) => id === assumedKey);
  return { assumedKey, assumedKind: found?.messageKinds[0] ?? kind };
}

function onlyKeyOf(reader: LedgerReader): string | undefined {
  const keys = new Set<string>();
  for (const { entry } of reader.entries()) {
    const recorded = readRecorded(entry);
    if (recorded.kind === 'request' && recorded.keyId !== undefined) keys.add(recorded.keyId);
    if (keys.size > 1) return undefined;
  }
  return [...keys][0];
}

/** Says how far it is, once a second, when it takes longer than that. */
function progressTo(size: number): (read: number) => void {
  let nextMs = performance.now() + FIRST_PROGRESS_MS;
  return (read) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + FIRST_PROGRESS_MS;
    say(paint('dim', `entry ${read} of ${size}`));
  };
}

function tell(report: ReplayReport, flags: ReplayFlags, assumedKey: string | undefined): void {
  const { entries, compared, assumed, widens, narrows, skipped } = report;
  if (flags.json === true) {
    const ok = widens.length === 0 || flags.acknowledgeWidening === true;
    process.stdout.write(`${JSON.stringify({ ok, ...report, assumedKey })}\n`);
  }
  const same = compared - widens.length - narrows.length;
  say(`${compared} of ${entries} entries compared: ${same} decided alike`);
  for (const [what, count] of Object.entries(skipWords(skipped))) {
    if (count > 0) say(paint('dim', `  ${count} not compared: ${what}`));
  }
  if (assumed > 0) {
    say(paint('dim', `  ${assumed} denials name no key; ${visible(assumedKey ?? '')} was assumed`));
  }
  if (skipped.notReplayable > 0) say(paint('yellow', '  so windows may hold less than they did'));
  tellChanges('widens', widens);
  tellChanges('narrows', narrows);
}

function skipWords(skipped: ReplayReport['skipped']): Readonly<Record<string, number>> {
  return {
    'before --from': skipped.earlier,
    'for another key': skipped.otherKey,
    'denied for another reason than a policy': skipped.notByPolicy,
    'the log has a digest of the calldata only': skipped.notReplayable,
    'the log does not say for which key; name one with --key': skipped.keyUnknown,
    'no decision about a request': skipped.other,
  };
}

function tellChanges(effect: 'widens' | 'narrows', changes: readonly ReplayChange[]): void {
  if (changes.length === 0) return;
  say(`${paint(effect === 'widens' ? 'red' : 'yellow', effect)}: ${changes.length}`);
  say(
    table(
      changes
        .slice(0, MOST_SHOWN)
        .map(({ index, asked, was, is }) => [
          `entry ${index}`,
          asked,
          `${decidedWords(was)} → ${decidedWords(is)}`,
        ]),
    ),
  );
  const rest = changes.length - MOST_SHOWN;
  if (rest > 0) say(`  and ${rest} more; --json has them all`);
}

function decidedWords({ outcome, rule, code }: Decided): string {
  const why = rule ?? code;
  return why === undefined ? outcome : `${outcome} (${why})`;
}
