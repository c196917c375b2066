/**
 * One bucket, added up from the log alone.
 *
 * @module
 */

import type { LoggedReservation } from './logged-spending.ts';

/** What is reserved for one slot. */
interface Share {
  readonly amount: bigint;
  /** Infinity: it always counts. */
  readonly endMs: number;
}

interface End {
  readonly endMs: number;
  readonly slot: string;
}

/** A decision, as far as one bucket is concerned. */
export interface LoggedSpend extends LoggedReservation {
  readonly slot: string;
  readonly atMs: number;
  /** Until when the signature was asked to hold. */
  readonly validUntilMs: number;
}

export class LoggedBucket {
  readonly #shares = new Map<string, Share>();
  /** By time, earliest first; also ends that are no longer anybody's. */
  #ends: End[] = [];
  #gone = 0;
  #sum = 0n;
  #anchorMs: number | undefined;
  #freedThroughMs = -1;

  /** What counts after the last reservation was taken in. */
  get counted(): bigint {
    return this.#sum;
  }

  /** Takes in one reservation; what is wrong with it, if anything is. */
  spend(spend: LoggedSpend): string | undefined {
    const { slot, atMs, amount, cap } = spend;
    this.#expire(atMs);
    const before = this.#shares.get(slot);
    const endMs = spend.untilMs ?? Number.POSITIVE_INFINITY;
    if (before !== undefined && (amount < before.amount || endMs < before.endMs)) {
      return 'a reservation became smaller or shorter';
    }
    if (!this.#isEndRight(spend, endMs)) return 'a reservation does not count long enough';
    this.#put(slot, { amount, endMs }, before);
    if (cap === undefined) return undefined;
    if (this.#sum > cap) return 'a bucket counts more than its cap';
    const isKnown = atMs > this.#freedThroughMs;
    return isKnown ? undefined : 'a bucket was asked for a time it has forgotten';
  }

  /** What the chain says about a slot; `undefined`: it can never be used. */
  settle(slot: string, lengthMs: number, isSliding: boolean, executedMs: number | undefined): void {
    const share = this.#shares.get(slot);
    if (share === undefined) return;
    if (executedMs === undefined) {
      this.#shares.delete(slot);
      this.#sum -= share.amount;
    } else if (isSliding && executedMs + lengthMs < share.endMs) {
      this.#put(slot, { ...share, endMs: executedMs + lengthMs }, share);
    }
  }

  /** A fixed window that began later begins now. */
  resetClock(toMs: number, lengthMs: number): void {
    if (this.#anchorMs === undefined || this.#anchorMs <= toMs) return;
    this.#anchorMs = toMs;
    for (const [slot, share] of this.#shares) {
      this.#put(slot, { ...share, endMs: toMs + lengthMs }, share);
    }
  }

  /** Sum of what counts beyond `afterMs`. */
  countedAfter(afterMs: number): bigint {
    let sum = 0n;
    for (const { amount, endMs } of this.#shares.values()) if (endMs > afterMs) sum += amount;
    return sum;
  }

  #isEndRight(spend: LoggedSpend, endMs: number): boolean {
    const { window, lengthMs, atMs, validUntilMs } = spend;
    if (window === 'lifetime') return endMs === Number.POSITIVE_INFINITY;
    if (window === 'sliding') {
      return Number.isFinite(endMs) && endMs >= Math.max(atMs, validUntilMs) + lengthMs;
    }
    const isNew = this.#anchorMs === undefined || atMs > this.#anchorMs + lengthMs;
    this.#anchorMs = isNew ? atMs : (this.#anchorMs ?? atMs);
    return endMs === this.#anchorMs + lengthMs;
  }

  #put(slot: string, share: Share, before: Share | undefined): void {
    this.#sum += share.amount - (before?.amount ?? 0n);
    this.#shares.set(slot, share);
    if (share.endMs !== before?.endMs && Number.isFinite(share.endMs)) {
      this.#insert({ slot, endMs: share.endMs });
    }
  }

  /** New ends are nearly always the latest, so the place is found from behind. */
  #insert(end: End): void {
    let at = this.#ends.length;
    while (at > this.#gone && (this.#ends[at - 1]?.endMs ?? 0) > end.endMs) at -= 1;
    this.#ends.splice(at, 0, end);
  }

  #expire(atMs: number): void {
    for (;;) {
      const end = this.#ends[this.#gone];
      if (end === undefined || end.endMs >= atMs) break;
      this.#gone += 1;
      const share = this.#shares.get(end.slot);
      if (share?.endMs !== end.endMs) continue;
      this.#shares.delete(end.slot);
      this.#sum -= share.amount;
      this.#freedThroughMs = Math.max(this.#freedThroughMs, end.endMs);
    }
    if (this.#gone < 1_024 || this.#gone * 2 < this.#ends.length) return;
    this.#ends = this.#ends.slice(this.#gone);
    this.#gone = 0;
  }
}
