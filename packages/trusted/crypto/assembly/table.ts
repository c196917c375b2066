// Fixed-base tables: signed windows of multiples of one point, and sums of scalar products with them.
//
// With windows of w bits a scalar below n is written as digits d_i in [-(2^(w-1) - 1), 2^(w-1)],
// scalar = sum of d_i·2^(wi) over W = ceil(252 / w) windows, and the table holds d·2^(wi)·base for
// d = 1 .. 2^(w-1): a product costs at most W additions and no doubling.
//
// Layout: the base of the next window to build, then W·2^(w-1) points, POINT bytes each.

import {
  addAffine,
  double,
  invert,
  POINT,
  saveJacobian,
  setAside,
  setInfinity,
  storeAffine,
  storePoint,
  sumOrDifferenceHasX,
} from './curve';
import { copy, WIDE } from './element';
import { mul } from './generated/field';

/** Scalars are below n < 2^252. */
const SCALAR_BITS = 252;
/** Widest window the scratch areas below allow for. */
export const MAX_WINDOW_BITS: i32 = 8;

const JACOBIAN: usize = 216;
// One window while it is built: 2^7 multiples and the base of the next window.
const SAVED: usize = memory.data(129 * 216, 16);
const PREFIX: usize = memory.data(129 * 72, 16);
const INVERSE: usize = memory.data(72, 16);
const INVERSE_Z: usize = memory.data(72, 16);

/** Two areas of four u64 for whoever calls: coordinates or scalars, least first. Zeros follow each. */
export const FIRST: usize = memory.data(40, 16);
export const SECOND: usize = memory.data(40, 16);
/** Four u64: the x to compare with, below P. */
export const EXPECTED_X: usize = memory.data(32, 16);

export function windowCount(bits: i32): i32 {
  return (SCALAR_BITS + bits - 1) / bits;
}

export function tableBytes(bits: i32): usize {
  return POINT * (1 + <usize>(windowCount(bits) << (bits - 1)));
}

/** Begins a table for the point whose plain coordinates are in FIRST and SECOND, on the curve. */
export function beginTable(table: usize): void {
  storePoint(table, FIRST, SECOND);
}

/**
 * Builds one window; they must be built in order, 0 to windowCount - 1.
 *
 * No multiple here is infinity: d·2^(wi) is never 0 mod the prime n. addAffine doubles at d = 2.
 */
export function buildWindow(table: usize, bits: i32, index: i32): void {
  const multiples: usize = 1 << (bits - 1);
  setInfinity();
  for (let d: usize = 0; d < multiples; d++) {
    addAffine(table, false);
    saveJacobian(SAVED + JACOBIAN * d);
  }
  double();
  saveJacobian(SAVED + JACOBIAN * multiples);
  const entries = table + POINT + POINT * multiples * index;
  storeWindow(entries, multiples, table);
}

/** Makes the saved points affine with one inversion for all (Montgomery's trick); the last goes to `next`. */
function storeWindow(entries: usize, multiples: usize, next: usize): void {
  copy(PREFIX, SAVED + 2 * WIDE);
  for (let i: usize = 1; i <= multiples; i++) {
    mul(PREFIX + WIDE * i, PREFIX + WIDE * (i - 1), SAVED + JACOBIAN * i + 2 * WIDE);
  }
  invert(INVERSE, PREFIX + WIDE * multiples);
  for (let i = multiples; i > 0; i--) {
    const saved = SAVED + JACOBIAN * i;
    mul(INVERSE_Z, INVERSE, PREFIX + WIDE * (i - 1));
    mul(INVERSE, INVERSE, saved + 2 * WIDE);
    storeAffine(i == multiples ? next : entries + POINT * i, saved, INVERSE_Z);
  }
  storeAffine(entries, SAVED, INVERSE);
}

/** Accumulator += scalar·base. scalar: four u64 below n, followed by eight zero bytes. */
function addProduct(table: usize, bits: i32, scalar: usize): void {
  const windows = windowCount(bits);
  const half = 1 << (bits - 1);
  const mask: u32 = (1 << bits) - 1;
  let window = table + POINT;
  let carry = 0;
  // INVARIANT: the last window leaves no carry. Its digit is above half only if bit 251 is set, and
  // then bits 197 to 250 are clear (n < 2^251 + 2^197), so it is half exactly and none comes from below.
  for (let i = 0; i < windows; i++) {
    const bit = i * bits;
    const raw = <i32>((load<u32>(scalar + (bit >> 3)) >> (bit & 7)) & mask) + carry;
    carry = raw > half ? 1 : 0;
    const digit = raw - (carry << bits);
    if (digit > 0) addAffine(window + POINT * (digit - 1), false);
    if (digit < 0) addAffine(window + POINT * (-digit - 1), true);
    window += POINT * half;
  }
}

/**
 * Whether EXPECTED_X is the x of FIRST·a + SECOND·b or of FIRST·a - SECOND·b. Infinity has no x.
 *
 * a, b: bases of two finished tables. The scalars are below n; either may be 0.
 */
export function checkSum(tableA: usize, bitsA: i32, tableB: usize, bitsB: i32): bool {
  setInfinity();
  addProduct(tableB, bitsB, SECOND);
  setAside();
  setInfinity();
  addProduct(tableA, bitsA, FIRST);
  return sumOrDifferenceHasX(EXPECTED_X);
}
