/**
 * From the log alone: no bucket ever counted more than its cap.
 *
 * @module
 */

import { LoggedBucket } from './logged-bucket.ts';
import { type LoggedEvent, type LoggedReservation, readLoggedEvent } from './logged-spending.ts';

/** What is wrong, in the entry where it was found first. */
export interface SpendingFault {
  /** One sentence. */
  readonly reason: string;
  /** Position of the entry. */
  readonly index: number;
}

/** What was checked; numbers count what held before the first fault. */
export interface SpendingReport {
  readonly fault?: SpendingFault;
  /** Different buckets. */
  readonly buckets: number;
  readonly reservations: number;
}

/** How much a bucket counted when it was nearest to its cap. */
export interface HighMark {
  readonly counted: bigint;
  /** At that decision; never 0. */
  readonly cap: bigint;
  /** Position of the entry of the decision. */
  readonly index: number;
}

/** What a log says of one bucket, by the key `logged-spending.ts` gives it. */
export interface LoggedState {
  readonly key: string;
  readonly bucket: LoggedBucket;
  readonly window: LoggedReservation['window'];
  readonly lengthMs: number;
  /** `undefined` when no entry has it in full. */
  readonly name: string | undefined;
  /** `undefined` when no reservation was ever held against a cap above 0. */
  readonly highMark: HighMark | undefined;
}

type KnownBucket = { -readonly [name in keyof LoggedState]: LoggedState[name] };

interface Progress {
  readonly buckets: Map<string, KnownBucket>;
  /** Buckets each named slot was ever reserved in. */
  readonly slots: Map<string, Set<KnownBucket>>;
  reservations: number;
  /** Time of the newest decision; a clock reset may lower it. */
  timeMs: number;
}

type Reserve = Extract<LoggedEvent, { kind: 'reserve' }>;

/**
 * Adds up every reservation of a log and compares each bucket with its cap at every decision. Also:
 * reservations last as long as window and validity demand, never shrink, are made for allowed requests
 * only, and time runs forward but for clock resets. Entries of other kinds are passed over.
 *
 * @param entries - The log from its first entry on; not part of it, what came before would be missing.
 * @returns A report; never throws for a fault of the log.
 */
export function checkSpending(entries: Iterable<Uint8Array>): SpendingReport {
  return replaySpending(entries).report;
}

/** As {@link checkSpending}, with what the log leaves behind. */
export function replaySpending(entries: Iterable<Uint8Array>): {
  readonly report: SpendingReport;
  readonly state: readonly LoggedState[];
} {
  const progress: Progress = {
    buckets: new Map(),
    slots: new Map(),
    reservations: 0,
    timeMs: 0,
  };
  let index = 0;
  let fault: SpendingFault | undefined;
  for (const entry of entries) {
    const reason = take(progress, readLoggedEvent(entry), index);
    if (reason !== undefined) {
      fault = { reason, index };
      break;
    }
    index += 1;
  }
  const { buckets, reservations } = progress;
  const report = { ...(fault === undefined ? {} : { fault }), buckets: buckets.size, reservations };
  return { report, state: [...buckets.values()] };
}

/** What is wrong with an entry, if anything is. */
function take(progress: Progress, event: LoggedEvent, index: number): string | undefined {
  switch (event.kind) {
    case 'nothing':
      return undefined;
    case 'malformed':
      return event.reason;
    case 'reserve':
      return reserve(progress, event, index);
    case 'settle':
      for (const { bucket, window, lengthMs } of progress.slots.get(event.slot) ?? []) {
        bucket.settle(event.slot, lengthMs, window === 'sliding', event.executedMs);
      }
      return undefined;
    case 'clock-reset':
      progress.timeMs = event.toMs;
      for (const { bucket, lengthMs } of progress.buckets.values()) {
        bucket.resetClock(event.toMs, lengthMs);
      }
      return undefined;
  }
}

function reserve(progress: Progress, event: Reserve, index: number): string | undefined {
  const { atMs, validUntilMs, reserved, slot = `entry ${index}` } = event;
  if (atMs < progress.timeMs) return 'the time of a decision is before that of an earlier one';
  progress.timeMs = atMs;
  const keys = new Set(reserved.map(({ bucket }) => bucket));
  if (keys.size !== reserved.length) return 'an entry names a bucket twice';
  for (const one of reserved) {
    const known = bucketFor(progress, one);
    if (event.slot !== undefined) remember(progress, event.slot, known);
    const reason = known.bucket.spend({ ...one, slot, atMs, validUntilMs });
    if (reason !== undefined) return reason;
    progress.reservations += 1;
    mark(known, one, index);
  }
  return undefined;
}

function bucketFor({ buckets }: Progress, reservation: LoggedReservation): KnownBucket {
  const { bucket: key, window, lengthMs, name } = reservation;
  const known = buckets.get(key);
  if (known !== undefined) {
    known.name ??= name;
    return known;
  }
  const bucket = new LoggedBucket();
  const made: KnownBucket = { key, bucket, window, lengthMs, name, highMark: undefined };
  buckets.set(key, made);
  return made;
}

function mark(known: KnownBucket, { cap }: LoggedReservation, index: number): void {
  // Nothing ever counted against a cap of 0, or the log would not hold.
  if (cap === undefined || cap === 0n) return;
  const { counted } = known.bucket;
  const { highMark } = known;
  // Shares of two caps, compared without dividing.
  if (highMark !== undefined && counted * highMark.cap <= highMark.counted * cap) return;
  known.highMark = { counted, cap, index };
}

function remember({ slots }: Progress, slot: string, known: KnownBucket): void {
  const buckets = slots.get(slot) ?? new Set();
  slots.set(slot, buckets.add(known));
}
