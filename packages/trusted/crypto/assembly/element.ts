// Whole-number handling of wide elements: unique form, zero test, conversion to bytes, copies.
//
// Short loops, not unrolled: these run once a hash, once a check or once a table entry.

import { PRIME } from './generated/constants';

export const WIDE: usize = 72;
const LIMBS: usize = 9;
const LIMB_BITS: i64 = 29;
const LIMB_MASK: i64 = 0x1fffffff;

const TRIAL: usize = memory.data(72, 16);
const ZERO_TEST: usize = memory.data(72, 16);

export function copy(r: usize, a: usize): void {
  memory.copy(r, a, WIDE);
}

/** Carries limbs 0 to 7 into [0, 2^29); the sign of the number is then the sign of limb 8. */
export function carryAll(a: usize): void {
  let carry: i64 = 0;
  for (let i: usize = 0; i < 8; i++) {
    const sum = load<i64>(a + 8 * i) + carry;
    store<i64>(a + 8 * i, sum & LIMB_MASK);
    carry = sum >> LIMB_BITS;
  }
  store<i64>(a, load<i64>(a, 64) + carry, 64);
}

/** r = a + k·m, limbs 0 to 7 in [0, 2^29). m: nine wide limbs below 2^29, |k| <= 65. */
export function addMultiple(r: usize, a: usize, k: i64, m: usize): void {
  for (let i: usize = 0; i < LIMBS; i++) {
    store<i64>(r + 8 * i, load<i64>(a + 8 * i) + k * load<i64>(m + 8 * i));
  }
  carryAll(r);
}

@inline
export function isNegative(a: usize): bool {
  return load<i64>(a, 64) < 0;
}

/**
 * r = the one number in [0, m) congruent to a mod m, for m = PRIME or ORDER. |value of a| <= 64m;
 * r and a may be the same.
 *
 * Both moduli are 2^251 + c with 0 < c <= 17·2^192 + 1. With q = floor(a / 2^251), |q| <= 65, the
 * number a - q·m lies in [-q·c, 2^251 - q·c): less than one m outside the range on either side, so
 * one addition and one trial subtraction end it.
 */
export function canonical(r: usize, a: usize, m: usize): void {
  copy(r, a);
  carryAll(r);
  addMultiple(r, r, -(load<i64>(r, 64) >> 19), m);
  if (isNegative(r)) addMultiple(r, r, 1, m);
  addMultiple(TRIAL, r, -1, m);
  if (!isNegative(TRIAL)) copy(r, TRIAL);
}

/** Whether the nine limbs, all in [0, 2^29) but the last, are all zero. */
export function isAllZero(a: usize): bool {
  let bits: i64 = 0;
  for (let i: usize = 0; i < LIMBS; i++) bits |= load<i64>(a + 8 * i);
  return bits == 0;
}

/** Whether a is a multiple of P. |value of a| <= 64P. */
export function isZero(a: usize): bool {
  canonical(ZERO_TEST, a, PRIME);
  return isAllZero(ZERO_TEST);
}

/** Writes nine limbs in [0, 2^29), together below 2^256, as four u64, least first. */
export function pack(lanes: usize, a: usize): void {
  memory.fill(lanes, 0, 32);
  for (let i: usize = 0; i < LIMBS; i++) {
    const limb = load<u64>(a + 8 * i);
    const bit: usize = 29 * i;
    const word = lanes + 8 * (bit >> 6);
    const shift = <u64>(bit & 63);
    store<u64>(word, load<u64>(word) | (limb << shift));
    if (shift > 35 && bit < 192) store<u64>(word, load<u64>(word, 8) | (limb >> (64 - shift)), 8);
  }
}

/** Writes a canonical element as nine u32. */
export function storeNarrow(r: usize, a: usize): void {
  for (let i: usize = 0; i < LIMBS; i++) store<u32>(r + 4 * i, <u32>load<i64>(a + 8 * i));
}

/** Reads nine u32 as a tight element. */
export function loadNarrow(r: usize, a: usize): void {
  for (let i: usize = 0; i < LIMBS; i++) store<i64>(r + 8 * i, load<u32>(a + 4 * i));
}
