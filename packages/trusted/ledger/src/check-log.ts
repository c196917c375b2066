/**
 * Checking a whole log against itself: every entry, every hash, every stored checkpoint.
 *
 * @module
 */

import type { DatabaseSync } from 'node:sqlite';
import type { BoundaryError, ErrorDetails } from '@countersign/protocol';
import {
  appendLeaf,
  consistencyProof,
  createFrontier,
  EMPTY_ROOT,
  type Frontier,
  frontierRoot,
  hashLeaf,
  verifyConsistency,
} from '@countersign/tlog';
import { checkBuckets } from './check-buckets.ts';
import { checkNonces } from './check-nonces.ts';
import type { Head } from './head-store.ts';
import type { Identity } from './identity.ts';
import type { LogStore } from './log-store.ts';
import type { LogSource } from './log-view.ts';
import { readSchemaVersion, requireTables, SPENDING_VERSION } from './schema.ts';
import { requireSigned } from './signed-head.ts';
import { checkPages } from './startup-check.ts';
import { corruptStore, toOpeningError } from './store-error.ts';

/** Which entries to check; all when left out. */
export interface CheckRange {
  /** First index. */
  readonly from?: number;
  /** One more than the last index; at most the size of the log. */
  readonly to?: number;
}

/** What is wrong, in the place where it was found first. */
export interface LogFault {
  /** One sentence. */
  readonly reason: string;
  /** Index, size or level and index of what is wrong. */
  readonly details: ErrorDetails;
}

/** What was checked. Numbers count what held before the first fault. */
export interface LogReport {
  readonly ok: boolean;
  readonly fault?: LogFault;
  /** Public key all signatures were checked with. */
  readonly verifierKey: string;
  /** Entries of the log. */
  readonly size: number;
  /** Range of entries that was asked for, `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly nodes: number;
  readonly checkpoints: number;
  readonly requestNonces: number;
  readonly reservations: number;
}

/** What a check reads from. */
export interface CheckedLog extends LogSource {
  readonly db: DatabaseSync;
  readonly identity: Identity;
}

interface Progress {
  entries: number;
  nodes: number;
  checkpoints: number;
  requestNonces: number;
  reservations: number;
}

/** A checkpoint whose signature and root hold. */
interface Anchor {
  readonly size: number;
  readonly root: Uint8Array;
}

/** Entries read at once, so that a long check neither fills the memory nor holds up the signer. */
const CHUNK = 256;

/**
 * Recomputes every leaf and inner node of a range, the root at every checkpoint stored inside it, and
 * checks signatures, consistency between neighbouring checkpoints, the structure of the database file,
 * the table of request nonces, and that buckets count what is reserved in them.
 *
 * @param head - Newest checkpoint when the check began; what a running signer adds later is left out.
 * @returns A report; never throws for a fault of the log.
 * @throws BoundaryError ERR_STORE_UNAVAILABLE when the database cannot be read.
 */
export function checkLog(log: CheckedLog, head: Head, range: CheckRange = {}): LogReport {
  const to = clamp(range.to ?? head.size, 0, head.size);
  const from = clamp(range.from ?? 0, 0, to);
  const progress: Progress = {
    entries: 0,
    nodes: 0,
    checkpoints: 0,
    requestNonces: 0,
    reservations: 0,
  };
  const fault = faultOf(() => checkAll(log, head, from, to, progress));
  return {
    ok: fault === undefined,
    ...(fault === undefined ? {} : { fault }),
    verifierKey: log.identity.verifierKey,
    size: head.size,
    from,
    to,
    ...progress,
  };
}

function checkAll(log: CheckedLog, head: Head, from: number, to: number, progress: Progress): void {
  requireTables(log.db);
  checkPages(log.db, 'everything');
  requireSigned(head, log.identity);
  checkEntries(log, from, to, progress);
  progress.requestNonces = checkNonces(log.db, head.forgottenThroughMs);
  if (readSchemaVersion(log.db) >= SPENDING_VERSION) progress.reservations = checkBuckets(log.db);
}

/** Walks the entries and meets each stored checkpoint at its size. */
function checkEntries(log: CheckedLog, from: number, to: number, progress: Progress): void {
  const frontier = createFrontier(from, log.store);
  let before: Anchor = { size: 0, root: EMPTY_ROOT };
  for (const head of headsBetween(log, from, to)) {
    walkTo(log, frontier, head.size, progress);
    before = checkHead(log, frontier, head, before);
    progress.checkpoints += 1;
  }
  walkTo(log, frontier, to, progress);
}

/** Stored checkpoints of sizes `from` to `to`, both included, smallest first. */
function* headsBetween({ heads }: CheckedLog, from: number, to: number): Generator<Head> {
  let last = from - 1;
  for (;;) {
    const chunk = heads.after(last, CHUNK).filter((head) => head.size <= to);
    yield* chunk;
    if (chunk.length < CHUNK) return;
    last = chunk.at(-1)?.size ?? to;
  }
}

/** Appends the entries up to `size` to the frontier and compares what they complete. */
function walkTo({ store }: CheckedLog, frontier: Frontier, size: number, progress: Progress): void {
  while (frontier.size < size) {
    const end = Math.min(frontier.size + CHUNK, size);
    for (const { index, entry } of store.entries(frontier.size, end)) {
      if (index !== frontier.size) throw missing(frontier.size);
      progress.nodes += appendChecked(store, frontier, entry);
      progress.entries += 1;
    }
    if (frontier.size < end) throw missing(frontier.size);
  }
}

/** Appends one entry; the number of nodes it completed, all of them as stored. */
function appendChecked(store: LogStore, frontier: Frontier, entry: Uint8Array): number {
  const index = frontier.size;
  const completed = appendLeaf(frontier, hashLeaf(entry));
  const expected = Buffer.concat(completed.map((node) => node.hash));
  const stored = store.hashes(index);
  if (stored !== undefined && Buffer.compare(expected, stored) === 0) return completed.length;
  throw corruptStore('an entry does not match its hash in the tree', { index });
}

function missing(index: number): BoundaryError {
  return corruptStore('an entry of the log is missing', { index });
}

/** Signature, root, and consistency with the checkpoint before it. */
function checkHead(log: CheckedLog, frontier: Frontier, head: Head, before: Anchor): Anchor {
  const { rootHash: newRoot } = requireSigned(head, log.identity);
  requireRoot(frontier, newRoot);
  const proof = consistencyProof(before.size, head.size, log.nodes);
  const claim = { oldSize: before.size, newSize: head.size, oldRoot: before.root, newRoot, proof };
  if (!verifyConsistency(claim)) {
    throw corruptStore('two checkpoints are not consistent', {
      oldSize: before.size,
      newSize: head.size,
    });
  }
  return { size: head.size, root: newRoot };
}

function requireRoot(frontier: Frontier, root: Uint8Array): void {
  if (Buffer.compare(frontierRoot(frontier), root) === 0) return;
  throw corruptStore('the tree does not have the root of its checkpoint', { size: frontier.size });
}

function faultOf(check: () => void): LogFault | undefined {
  try {
    check();
    return undefined;
  } catch (cause) {
    const error = toOpeningError(cause);
    if (error.code !== 'ERR_STORE_CORRUPT') throw error;
    const { reason, next: _, ...details } = error.details;
    return { reason: String(reason), details };
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(Math.trunc(value), low), high);
}
