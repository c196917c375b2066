/**
 * Amounts that have to fit into buckets before anything is signed, and what a bucket keeps of them.
 *
 * The ledger does not know what a bucket stands for: its name, its window and the most it may hold
 * come with every charge.
 *
 * @module
 */

/**
 * Over which time a bucket adds up.
 *
 * `sliding`: a reservation counts from the decision until the signature cannot be used any more, and
 * `seconds` beyond that, the last millisecond included. `fixed`: the first spend anchors the window,
 * and one made later than anchor + `seconds` empties the bucket and anchors anew. `lifetime`: ever.
 * `seconds` is whole, 0 to 10,000,000,000.
 */
export type SpendWindow =
  | { readonly type: 'sliding' | 'fixed'; readonly seconds: number }
  | { readonly type: 'lifetime' };

/** An amount that must fit into a bucket. */
export interface Charge {
  /** 1 to 1,024 characters. The same name with another window is another bucket. */
  readonly bucket: string;
  readonly window: SpendWindow;
  /** Base units, or a count; 0 to 2^256 − 1. */
  readonly amount: bigint;
  /**
   * Most the bucket may count with this charge in it; `undefined` reserves without asking, for what a
   * person approved. Above 2^256 − 1 nothing fits, whatever this says.
   */
  readonly max: bigint | undefined;
}

/** What a bucket keeps of one decision. */
export interface Reserved {
  readonly bucket: string;
  readonly window: SpendWindow;
  /** Reserved for the slot of the decision in this bucket, earlier decisions of the slot included. */
  readonly amount: bigint;
  /** Smallest `max` of the charges to this bucket; `undefined` when none had one. */
  readonly max: bigint | undefined;
  /** What the bucket counts now, `amount` included. */
  readonly counted: bigint;
  /** Last millisecond at which it counts; `undefined`: it always does. */
  readonly untilMs: number | undefined;
}

/** What the chain says about a slot. */
export type Settlement =
  /** It was used, in a block of this time. */
  | { readonly kind: 'executed'; readonly atMs: number }
  /** It was not used and never can be. */
  | { readonly kind: 'impossible' };

/** Largest amount, and largest sum of a bucket. */
export const MAX_AMOUNT: bigint = 2n ** 256n - 1n;

const SECOND_MS = 1_000;

/** Length of a window in milliseconds; 0 for `lifetime`. */
export function windowMs(window: SpendWindow): number {
  return window.type === 'lifetime' ? 0 : window.seconds * SECOND_MS;
}
