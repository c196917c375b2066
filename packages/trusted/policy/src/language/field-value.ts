/**
 * What a field of a condition turns out to be.
 *
 * @module
 */

export type FieldValue =
  /** Compared as a number, whatever notation the policy uses. */
  | { readonly kind: 'number'; readonly value: bigint }
  /** Compared as a number for equality; has no order. */
  | { readonly kind: 'address'; readonly value: bigint }
  /** Compared character by character. */
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** A condition about a list is about every item where it permits, about any where it restricts. */
  | { readonly kind: 'list'; readonly items: readonly FieldValue[] }
  /**
   * The request is of another sort; the condition is false, and that is no error.
   *
   * `doubtful`: it may be of the sort all the same. False where the condition permits, an error where it
   * restricts and false would let the request past it.
   */
  | { readonly kind: 'inapplicable'; readonly reason: string; readonly doubtful?: true }
  /** It should be there and cannot be read: an error, which denies in the strict profile. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export function inapplicable(reason: string): FieldValue {
  return { kind: 'inapplicable', reason };
}

export function doubtful(reason: string): FieldValue {
  return { kind: 'inapplicable', reason, doubtful: true };
}

export function unreadable(reason: string): FieldValue {
  return { kind: 'unreadable', reason };
}
