/**
 * Questions about the log that need no key: answered by a running signer and by a reader alike.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import {
  consistencyProof,
  formatTlogProof,
  inclusionProof,
  type NodeReader,
} from '@countersign/tlog';
import type { Head, HeadStore } from './head-store.ts';
import type { LogStore } from './log-store.ts';
import { tileAt } from './log-tiles.ts';
import { corruptStore } from './store-error.ts';

/** What proofs, entries and tiles are made from. */
export interface LogRows {
  readonly store: Pick<LogStore, 'entry' | 'entries' | 'hashes' | 'node'>;
  readonly heads: Pick<HeadStore, 'at'>;
  /** Nodes of the tree; `store` itself or a cache before it. */
  readonly nodes: NodeReader;
}

/** Where a whole log is read from. */
export interface LogSource extends LogRows {
  readonly store: LogStore;
  readonly heads: HeadStore;
}

/** Bytes of an entry, `undefined` when the log has no such index. */
export function entryAt(source: LogRows, head: Head, index: number): Uint8Array | undefined {
  if (!isIndex(index, head.size)) return undefined;
  const entry = source.store.entry(index);
  if (entry === undefined) throw corruptStore('an entry of the log is missing', { index });
  return entry;
}

/** C2SP tlog-proof against the checkpoint of `head`, `undefined` when it has no such index. */
export function receiptAt(source: LogRows, head: Head, index: number): string | undefined {
  if (!isIndex(index, head.size)) return undefined;
  const proof = inclusionProof(index, head.size, source.nodes);
  return formatTlogProof({ index, proof, checkpoint: head.note });
}

/** Stored checkpoint of `size`. @throws BoundaryError ERR_NOT_FOUND. */
export function checkpointAt(source: LogRows, head: Head, size: number): string {
  const stored = isIndex(size, head.size + 1) ? source.heads.at(size) : undefined;
  if (stored === undefined) throw notFound('no checkpoint of this size is stored');
  return stored.note;
}

/** RFC 6962 consistency proof. @throws BoundaryError ERR_NOT_FOUND for sizes the log did not have. */
export function consistencyBetween(
  source: LogRows,
  head: Head,
  oldSize: number,
  newSize: number,
): Uint8Array[] {
  if (!isIndex(newSize, head.size + 1) || !isIndex(oldSize, newSize + 1)) {
    throw notFound('the log has no trees of these sizes');
  }
  // Copies: a caller must not be able to write into the nodes that are kept.
  return consistencyProof(oldSize, newSize, source.nodes).map((hash) => hash.slice());
}

/** A file by its C2SP tlog-tiles path, `checkpoint` included; `undefined` when there is none. */
export function fileAt(source: LogRows, head: Head, path: string): Uint8Array | undefined {
  return path === 'checkpoint'
    ? Buffer.from(head.note, 'utf8')
    : tileAt(path, head.size, source.store);
}

function isIndex(index: number, end: number): boolean {
  return Number.isSafeInteger(index) && index >= 0 && index < end;
}

function notFound(reason: string): BoundaryError {
  return new BoundaryError('ERR_NOT_FOUND', { details: { reason } });
}
