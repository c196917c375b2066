/**
 * `system`: the time of the decision, in UTC.
 *
 * @module
 */

import type { CompiledField, FieldSource } from '../field-source.ts';
import { sourceOf } from './field-names.ts';

const MINUTE = 60n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
/** 1970-01-01 was a Thursday, counted from Sunday. */
const FIRST_WEEKDAY = 4n;

const timeField = (read: (nowSec: bigint) => bigint): CompiledField => ({
  kind: 'number',
  resolve: ({ intent }) => ({
    kind: 'number',
    value: read(BigInt(Math.floor(intent.nowMs / 1_000))),
  }),
});

export const SYSTEM: FieldSource = sourceOf('system', {
  current_unix_timestamp: timeField((now) => now),
  utc_hour: timeField((now) => (now / HOUR) % 24n),
  utc_weekday: timeField((now) => (now / DAY + FIRST_WEEKDAY) % 7n),
  utc_minute_of_day: timeField((now) => (now % DAY) / MINUTE),
});
