/**
 * Buckets of one transaction in memory: loaded before the rules run, written back after.
 *
 * The rules of `spend-book.ts` ask and change as they do on SQLite; what they touch is known before.
 *
 * @module
 */

import type { Bucket, BucketStore, Reservation, StoredBucket } from '../bucket-store.ts';
import type { SpendWindow } from '../charge.ts';
import { takeOff } from '../spend-book.ts';
import { corruptStore } from '../store-error.ts';
import { bucketKey, type SlotReservation } from './rows.ts';

/** What was loaded. */
export interface LoadedBuckets {
  /** Every bucket a charge of the transaction names, where there is one, and those to walk over. */
  readonly buckets: readonly StoredBucket[];
  /** Everything the named slots hold. */
  readonly held: readonly SlotReservation[];
  /** Ended reservations that are deleted already, summed up by bucket, with the latest end. */
  readonly ended: readonly Reservation[];
  /** Ids of the buckets `after` knows, smallest first. */
  readonly walk: readonly number[];
  /** Id of the next new bucket. */
  readonly nextId: number;
}

/** What has to be written back. */
export interface BucketChanges {
  readonly saved: readonly StoredBucket[];
  /** Ends of all reservations of a bucket; before {@link held}. */
  readonly ends: readonly { readonly bucketId: number; readonly untilMs: number }[];
  readonly held: readonly SlotReservation[];
  readonly dropped: readonly { readonly slot: string; readonly bucketId: number }[];
  readonly nextId: number;
}

export interface MemoryBuckets extends BucketStore {
  changes(): BucketChanges;
}

export function createMemoryBuckets(loaded: LoadedBuckets): MemoryBuckets {
  return new LoadedBucketStore(loaded);
}

class LoadedBucketStore implements MemoryBuckets {
  readonly #byId = new Map<number, StoredBucket>();
  readonly #byKey = new Map<string, number>();
  readonly #walk: readonly number[];
  /** By slot, then bucket. */
  readonly #slots = new Map<string, Map<number, Reservation>>();
  readonly #ended = new Map<number, Reservation>();
  readonly #saved = new Set<number>();
  readonly #touched = new Map<string, { readonly slot: string; readonly bucketId: number }>();
  readonly #ends = new Map<number, number>();
  #nextId: number;

  constructor({ buckets, held, ended, walk, nextId }: LoadedBuckets) {
    for (const bucket of buckets) this.#keep(bucket);
    for (const { slot, ...reservation } of held)
      this.#slot(slot).set(reservation.bucketId, reservation);
    for (const one of ended)
      this.#ended.set(one.bucketId, merged(this.#ended.get(one.bucketId), one));
    this.#walk = walk;
    this.#nextId = nextId;
  }

  find(name: string, window: SpendWindow): StoredBucket | undefined {
    const id = this.#byKey.get(bucketKey(name, window));
    return id === undefined ? undefined : this.#byId.get(id);
  }

  after(id: number): StoredBucket | undefined {
    const next = this.#walk.find((one) => one > id);
    return next === undefined ? undefined : this.#byId.get(next);
  }

  byId(id: number): StoredBucket {
    const bucket = this.#byId.get(id);
    if (bucket === undefined) throw corruptStore('a reservation belongs to no bucket');
    return bucket;
  }

  save(bucket: Bucket): StoredBucket {
    const stored = { ...bucket, id: bucket.id ?? this.#nextId };
    if (bucket.id === undefined) this.#nextId += 1;
    this.#saved.add(stored.id);
    return this.#keep(stored);
  }

  held(slot: string, bucketId: number): Reservation | undefined {
    return this.#slots.get(slot)?.get(bucketId);
  }

  heldBy(slot: string): readonly Reservation[] {
    return [...(this.#slots.get(slot)?.values() ?? [])];
  }

  hold(slot: string, reservation: Reservation): void {
    this.#slot(slot).set(reservation.bucketId, reservation);
    this.#touch(slot, reservation.bucketId);
  }

  drop(slot: string, bucketId: number): void {
    this.#slot(slot).delete(bucketId);
    this.#touch(slot, bucketId);
  }

  // INVARIANT: nothing a transaction reserves ends before its own moment, so what was loaded is all.
  takeEnded(bucketId: number): readonly Reservation[] {
    const ended = this.#ended.get(bucketId);
    this.#ended.delete(bucketId);
    return ended === undefined ? [] : [ended];
  }

  endAllAt(bucketId: number, untilMs: number): void {
    this.#ends.set(bucketId, untilMs);
    for (const held of this.#slots.values()) {
      const one = held.get(bucketId);
      if (one !== undefined) held.set(bucketId, { ...one, untilMs });
    }
  }

  changes(): BucketChanges {
    // What the rules did not get to ask for is deleted all the same.
    for (const id of [...this.#ended.keys()]) takeOff(this, this.byId(id), 0);
    const held: SlotReservation[] = [];
    const dropped: { slot: string; bucketId: number }[] = [];
    for (const { slot, bucketId } of this.#touched.values()) {
      const one = this.held(slot, bucketId);
      if (one === undefined) dropped.push({ slot, bucketId });
      else held.push({ ...one, slot });
    }
    return {
      saved: [...this.#saved].map((id) => this.byId(id)),
      ends: [...this.#ends].map(([bucketId, untilMs]) => ({ bucketId, untilMs })),
      held,
      dropped,
      nextId: this.#nextId,
    };
  }

  #keep(bucket: StoredBucket): StoredBucket {
    this.#byId.set(bucket.id, bucket);
    this.#byKey.set(bucketKey(bucket.name, bucket.window), bucket.id);
    return bucket;
  }

  #slot(slot: string): Map<number, Reservation> {
    const held = this.#slots.get(slot) ?? new Map<number, Reservation>();
    this.#slots.set(slot, held);
    return held;
  }

  #touch(slot: string, bucketId: number): void {
    this.#touched.set(`${bucketId} ${slot}`, { slot, bucketId });
  }
}

/** Two sums of ended reservations of one bucket. */
function merged(a: Reservation | undefined, b: Reservation): Reservation {
  if (a === undefined) return b;
  const untilMs = Math.max(a.untilMs ?? 0, b.untilMs ?? 0);
  return { bucketId: b.bucketId, amount: a.amount + b.amount, untilMs };
}
