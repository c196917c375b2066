/**
 * The log entry of a clock reset nobody gave an entry for.
 *
 * @module
 */

import { canonicalJson } from '@countersign/protocol';

/** A JSON document with both times, milliseconds. */
export function clockResetEntry(fromMs: number, toMs: number): Uint8Array {
  const document = canonicalJson({
    format: 'countersign-entry/v1',
    type: 'clock-reset',
    time: new Date(toMs).toISOString(),
    from: new Date(fromMs).toISOString(),
  });
  return Buffer.from(document, 'utf8');
}
