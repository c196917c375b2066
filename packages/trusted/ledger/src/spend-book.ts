/**
 * Which charges fit, and what is reserved for them. `docs/ledger-format.md` has the rules.
 *
 * Time is handed in and never runs backwards between two clock resets. A reservation counts up to and
 * including its last millisecond; whatever ended before the moment of a decision is taken off the
 * bucket first, so the sum a decision sees is exact.
 *
 * @module
 */

import { LIMITS } from '@countersign/protocol';
import type { Bucket, BucketStore, StoredBucket } from './bucket-store.ts';
import {
  type Charge,
  MAX_AMOUNT,
  type Reserved,
  type Settlement,
  type SpendWindow,
  windowMs,
} from './charge.ts';
import type { CommitOutcome } from './ledger.ts';

/** What one decision wants to reserve. */
export interface SpendRequest {
  /** Key of the slot, see {@link slotKey}. */
  readonly slot: string;
  readonly charges: readonly Charge[];
  readonly spendableUntilMs: number;
}

/** What may become of charges. */
export type SpendOutcome = Extract<CommitOutcome, { kind: 'fresh' | 'exceeded' | 'too_many' }>;

/** Every method works inside the transaction that is open. */
export interface SpendBook {
  /** Reserves all charges or none. */
  reserve(request: SpendRequest, atMs: number): SpendOutcome;
  /** Answers what {@link reserve} would, and reserves nothing. */
  ask(request: SpendRequest, atMs: number): SpendOutcome;
  /** Takes off a bounded number of ended reservations of one bucket; the next call goes on there. */
  catchUp(atMs: number): void;
  /** Answers whether it changed anything. */
  settle(slot: string, settlement: Settlement): boolean;
  /** Lets fixed windows that began after `nowMs` begin then. */
  resetClock(nowMs: number): void;
}

/** One bucket during one decision. */
interface Account {
  readonly bucket: Bucket;
  /** Of the same slot, from before. */
  readonly held: bigint;
  readonly heldUntilMs: number;
  readonly max: bigint | undefined;
  /** Sum of the charges so far. */
  asked: bigint;
}

/** Ended reservations that are read at once, and most of them that {@link SpendBook.catchUp} takes. */
export const CHUNK = 256;

/** Key of a named slot. */
export function slotKey(slot: string): string {
  return `slot:${slot}`;
}

/** Key of a decision that shares its slot with no other: the index of its entry. */
export function entryKey(index: number): string {
  return `entry:${index}`;
}

export function createSpendBook(store: BucketStore): SpendBook {
  let cursor = 0;
  return {
    reserve: (request, atMs) => reserve(store, request, atMs),
    ask: (request, atMs) => {
      const accounts = fitting(store, request, atMs);
      return 'kind' in accounts ? accounts : { kind: 'fresh', atMs, reserved: [] };
    },
    catchUp: (atMs) => {
      const bucket = store.after(cursor);
      if (bucket === undefined) cursor = 0;
      else if (takeOff(store, bucket, atMs).count < CHUNK) cursor = bucket.id;
    },
    settle: (slot, settlement) => settle(store, slotKey(slot), settlement),
    resetClock: (nowMs) => resetAnchors(store, nowMs),
  };
}

function reserve(store: BucketStore, request: SpendRequest, atMs: number): SpendOutcome {
  const accounts = fitting(store, request, atMs);
  if ('kind' in accounts) return accounts;
  const reserved = [...accounts.values()].map((account) => keep(store, account, request, atMs));
  return { kind: 'fresh', atMs, reserved };
}

/** The buckets with the charges in them, or what is in the way. */
function fitting(
  store: BucketStore,
  request: SpendRequest,
  atMs: number,
): ReadonlyMap<string, Account> | Exclude<SpendOutcome, { kind: 'fresh' }> {
  const { charges, slot } = request;
  const caps = capsOf(charges);
  if (caps.size > LIMITS.chargesPerDecision) return { kind: 'too_many', buckets: caps.size };
  const accounts = new Map<string, Account>();
  const obstacles: { readonly charge: number; readonly counted: bigint }[] = [];
  for (const [index, charge] of charges.entries()) {
    const key = bucketKey(charge);
    const account = accounts.get(key) ?? openAccount(store, charge, caps.get(key), slot, atMs);
    accounts.set(key, account);
    account.asked += charge.amount;
    const counted = obstacle(account, atMs);
    if (counted !== undefined) obstacles.push({ charge: index, counted });
  }
  const [first, ...rest] = obstacles;
  if (first === undefined) return accounts;
  const others = rest.length === 0 ? {} : { others: rest.map(({ charge }) => charge) };
  return { kind: 'exceeded', ...first, ...others };
}

function bucketKey({ bucket, window }: Charge): string {
  return `${window.type}:${windowMs(window)}:${bucket}`;
}

/** Smallest `max` of the charges to each bucket. */
function capsOf(charges: readonly Charge[]): ReadonlyMap<string, bigint | undefined> {
  const caps = new Map<string, bigint | undefined>();
  for (const charge of charges) {
    const known = caps.get(bucketKey(charge));
    const isSmaller = known === undefined || (charge.max !== undefined && charge.max < known);
    caps.set(bucketKey(charge), isSmaller ? charge.max : known);
  }
  return caps;
}

function openAccount(
  store: BucketStore,
  charge: Charge,
  max: bigint | undefined,
  slot: string,
  atMs: number,
): Account {
  const bucket = openBucket(store, charge.bucket, charge.window, atMs);
  const held = bucket.id === undefined ? undefined : store.held(slot, bucket.id);
  return {
    bucket,
    held: held?.amount ?? 0n,
    heldUntilMs: held?.untilMs ?? 0,
    max,
    asked: 0n,
  };
}

/** The bucket as it counts at `atMs`. */
function openBucket(store: BucketStore, name: string, window: SpendWindow, atMs: number): Bucket {
  const stored = store.find(name, window);
  if (stored === undefined) {
    return { id: undefined, name, window, total: 0n, anchorMs: undefined, freedThroughMs: -1 };
  }
  let bucket = stored;
  for (;;) {
    const taken = takeOff(store, bucket, atMs);
    bucket = taken.bucket;
    if (taken.count < CHUNK) return bucket;
  }
}

/** Takes off up to {@link CHUNK} reservations that have ended, and says how many. */
export function takeOff(
  store: BucketStore,
  bucket: StoredBucket,
  atMs: number,
): { readonly bucket: StoredBucket; readonly count: number } {
  const ended = store.takeEnded(bucket.id, atMs, CHUNK);
  if (ended.length === 0) return { bucket, count: 0 };
  const sum = ended.reduce((total, { amount }) => total + amount, 0n);
  const freedThroughMs = ended.reduce(
    (latest, { untilMs = 0 }) => Math.max(latest, untilMs),
    bucket.freedThroughMs,
  );
  const left = store.save({ ...bucket, total: bucket.total - sum, freedThroughMs });
  return { bucket: left, count: ended.length };
}

/** What the bucket counts when the charges so far do not fit into it. */
function obstacle(account: Account, atMs: number): bigint | undefined {
  const { bucket, max } = account;
  const after = countedAfter(account);
  if (after > MAX_AMOUNT || (max !== undefined && after > max)) return bucket.total;
  // INVARIANT: what was taken off while the clock was ahead may still be spent at this time.
  if (max !== undefined && atMs <= bucket.freedThroughMs) return max;
  return undefined;
}

function amountAfter({ held, asked }: Account): bigint {
  return asked > held ? asked : held;
}

function countedAfter(account: Account): bigint {
  return account.bucket.total - account.held + amountAfter(account);
}

function keep(store: BucketStore, account: Account, request: SpendRequest, atMs: number): Reserved {
  const { bucket, max } = account;
  const amount = amountAfter(account);
  const counted = countedAfter(account);
  const anchorMs = bucket.window.type === 'fixed' ? anchorFor(bucket, atMs) : undefined;
  const untilMs = endOf(account, anchorMs, request.spendableUntilMs, atMs);
  const { id } = store.save({ ...bucket, total: counted, anchorMs });
  store.hold(request.slot, { bucketId: id, amount, untilMs });
  return { bucket: bucket.name, window: bucket.window, amount, max, counted, untilMs };
}

/** Begin of the fixed window a spend at `atMs` belongs to. */
function anchorFor({ anchorMs, window }: Bucket, atMs: number): number {
  return anchorMs === undefined || atMs > anchorMs + windowMs(window) ? atMs : anchorMs;
}

function endOf(
  { bucket: { window }, heldUntilMs }: Account,
  anchorMs: number | undefined,
  spendableUntilMs: number,
  atMs: number,
): number | undefined {
  if (window.type === 'lifetime') return undefined;
  if (anchorMs !== undefined) return anchorMs + windowMs(window);
  // Also a signature that can no longer be used counts for the window after its decision.
  return Math.max(heldUntilMs, Math.max(atMs, spendableUntilMs) + windowMs(window));
}

function settle(store: BucketStore, slot: string, settlement: Settlement): boolean {
  let isChanged = false;
  for (const reservation of store.heldBy(slot)) {
    const bucket = store.byId(reservation.bucketId);
    if (settlement.kind === 'impossible') {
      store.drop(slot, bucket.id);
      store.save({ ...bucket, total: bucket.total - reservation.amount });
      isChanged = true;
    } else if (bucket.window.type === 'sliding') {
      const untilMs = settlement.atMs + windowMs(bucket.window);
      if (reservation.untilMs === undefined || untilMs >= reservation.untilMs) continue;
      store.hold(slot, { ...reservation, untilMs });
      isChanged = true;
    }
  }
  return isChanged;
}

function resetAnchors(store: BucketStore, nowMs: number): void {
  for (let bucket = store.after(0); bucket !== undefined; bucket = store.after(bucket.id)) {
    if (bucket.anchorMs === undefined || bucket.anchorMs <= nowMs) continue;
    store.save({ ...bucket, anchorMs: nowMs });
    store.endAllAt(bucket.id, nowMs + windowMs(bucket.window));
  }
}
