/**
 * Entry bundles: the log entries behind one level-0 tile, each after its length.
 *
 * @module
 * @see https://c2sp.org/tlog-tiles
 */

import { malformed } from './proof-error.ts';

/** Longest entry: its length must fit two bytes. */
export const MAX_ENTRY_BYTES = 65_535;
/** Entries in a full bundle. */
const MAX_ENTRIES = 256;
const LENGTH_BYTES = 2;

/**
 * Writes a bundle: for each entry its length, two bytes big-endian, then its bytes.
 *
 * @param entries - 1 to 256, each at most {@link MAX_ENTRY_BYTES} long.
 * @throws RangeError for other numbers or longer entries.
 */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > MAX_ENTRIES)
    throw new RangeError('expected 1-256 entries');
  if (entries.some((entry) => entry.length > MAX_ENTRY_BYTES)) {
    throw new RangeError(`an entry is longer than ${MAX_ENTRY_BYTES} bytes`);
  }
  const total = entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.length, 0);
  const bundle = new Uint8Array(total);
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    bundle.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + entry.length;
  }
  return bundle;
}

/**
 * Reads a bundle.
 *
 * @param bytes - Of any origin. The entries are copies.
 * @returns 1 to 256 entries; the caller compares the number with the width of the bundle.
 * @throws BoundaryError ERR_PROOF_MALFORMED for other numbers and for a bundle that is cut off.
 */
export function parseEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at + LENGTH_BYTES;
    if (start > bytes.length) throw malformed('an entry bundle that is cut off');
    at = start + view.getUint16(at);
    if (at > bytes.length) throw malformed('an entry bundle that is cut off');
    entries.push(bytes.slice(start, at));
    if (entries.length > MAX_ENTRIES) throw malformed('an entry bundle with more than 256 entries');
  }
  if (entries.length === 0) throw malformed('an entry bundle without entries');
  return entries;
}
