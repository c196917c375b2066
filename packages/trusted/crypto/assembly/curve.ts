// Points of the Stark curve y^2 = x^3 + x + b: one accumulator, tables of multiples, the check of a sum.
//
// Variable time throughout: branches and addresses depend on the scalars. Public data only.
//
// The accumulator is Jacobian (x = X/Z^2, y = Y/Z^3) with a flag for the point at infinity. Table
// entries are affine and narrow, 72 bytes. INVARIANT: accumulator coordinates are tight or carried
// and within 11P; then every product below has operands within 16P, and differences of coordinates
// and products are within 13P.

import { canonical, copy, isZero, loadNarrow, storeNarrow, WIDE } from './element';
import { ONE, PRIME, R_SQUARED } from './generated/constants';
import { combine, mul, mulNarrow, mulSub, negate, sqr, sub, subThree, unpack } from './generated/field';

/** Bytes of one affine point: x and y, nine u32 each. */
export const POINT: usize = 72;
const NARROW: usize = 36;

const X: usize = memory.data(3 * 72, 16);
const Y: usize = X + WIDE;
const Z: usize = Y + WIDE;
let infinite: bool = true;

/** A point set aside, in the same form. */
const X2: usize = memory.data(3 * 72, 16);
const Y2: usize = X2 + WIDE;
const Z2: usize = Y2 + WIDE;
let infinite2: bool = true;

const A: usize = memory.data(72, 16);
const B: usize = memory.data(72, 16);
const C: usize = memory.data(72, 16);
const H: usize = memory.data(72, 16);
const D: usize = memory.data(72, 16);
const V: usize = memory.data(72, 16);
const W: usize = memory.data(72, 16);

export function setInfinity(): void {
  infinite = true;
}

export function isInfinity(): bool {
  return infinite;
}

/** Accumulator = the affine point at p, or its opposite. */
function setAffine(p: usize, opposite: bool): void {
  loadNarrow(X, p);
  loadNarrow(Y, p + NARROW);
  if (opposite) combine(Y, Y, -1, Y, 0);
  copy(Z, ONE);
  infinite = false;
}

/**
 * Accumulator = twice itself; infinity stays what it is, as the flag is not touched. No point has order
 * 2, so y is never 0.
 *
 * With M = 3X^2 + Z^4 (the curve's a is 1) and S = 4XY^2:
 * X' = M^2 - 2S, Y' = M(S - X') - 8Y^4, Z' = 2YZ. Values: M, S within 6P, X', Y' within 11P.
 */
export function double(): void {
  sqr(A, X);
  sqr(B, Y);
  sqr(C, Z);
  sqr(C, C);
  combine(D, A, 3, C, 1); // M
  mul(V, X, B);
  combine(V, V, 4, V, 0); // S
  mul(Z, Y, Z);
  combine(Z, Z, 2, Z, 0);
  sqr(W, D);
  combine(X, W, 1, V, -2);
  sub(V, V, X);
  mul(V, D, V);
  sqr(B, B);
  combine(Y, V, 1, B, -8);
}

/**
 * Accumulator += the affine point at p, or its opposite. Complete: every case is answered.
 *
 * With H = x·Z^2 - X and D = ±y·Z^3 - Y: X' = D^2 - H^3 - 2XH^2, Y' = D(XH^2 - X') - YH^3, Z' = ZH.
 * H = 0 mod P means equal or opposite points, which these formulas cannot add.
 */
export function addAffine(p: usize, opposite: bool): void {
  if (infinite) {
    setAffine(p, opposite);
    return;
  }
  sqr(A, Z);
  mulNarrow(H, A, p);
  mul(A, Z, A);
  if (opposite) negate(A, A);
  mulNarrow(D, A, p + NARROW);
  sub(H, H, X);
  sub(D, D, Y);
  if (mayBeZero(H) && isZero(H)) {
    addSameX(p, opposite);
    return;
  }
  mul(Z, Z, H);
  sqr(B, H);
  mul(C, H, B);
  mul(V, X, B);
  sqr(W, D);
  subThree(X, W, C, V);
  sub(V, V, X);
  mulSub(Y, D, V, Y, C);
}

/**
 * Quick answer before isZero: j·P has j as its lowest limb mod 2^29, and multiples of P within 16P
 * have |j| <= 16. Wrong for about one number in 2^24, never when the answer is "cannot be zero".
 */
@inline
function mayBeZero(a: usize): bool {
  return ((load<i64>(a) + 16) & 0x1fffffff) <= 32;
}

/** The sum when x agrees: twice the point when y agrees too (D = 0), else infinity. */
function addSameX(p: usize, opposite: bool): void {
  if (!isZero(D)) {
    infinite = true;
    return;
  }
  setAffine(p, opposite);
  double();
}

/** Copies the accumulator, which must not be infinite, to 216 bytes at `at`: X, Y, Z. */
export function saveJacobian(at: usize): void {
  memory.copy(at, X, 3 * WIDE);
}

/**
 * Writes the affine form of a saved point as a narrow entry.
 *
 * @param inverseZ - 1 / Z, tight.
 */
export function storeAffine(entry: usize, saved: usize, inverseZ: usize): void {
  sqr(A, inverseZ);
  mul(B, A, inverseZ);
  mul(A, A, saved);
  mul(B, B, saved + WIDE);
  canonical(A, A, PRIME);
  canonical(B, B, PRIME);
  storeNarrow(entry, A);
  storeNarrow(entry + NARROW, B);
}

/** Writes the affine point with plain coordinates x, y (four u64 each, below P) as a narrow entry. */
export function storePoint(entry: usize, x: usize, y: usize): void {
  toMontgomery(A, x);
  toMontgomery(B, y);
  canonical(A, A, PRIME);
  canonical(B, B, PRIME);
  storeNarrow(entry, A);
  storeNarrow(entry + NARROW, B);
}

function toMontgomery(r: usize, lanes: usize): void {
  unpack(r, lanes);
  mulNarrow(r, r, R_SQUARED);
}

/** Sets the accumulator aside, in place of what was set aside before. */
export function setAside(): void {
  memory.copy(X2, X, 3 * WIDE);
  infinite2 = infinite;
}

/** Whether the accumulator is a finite point with this x (four u64, below P): x·Z^2 = X mod P. */
export function hasX(x: usize): bool {
  if (infinite) return false;
  toMontgomery(A, x);
  sqr(B, Z);
  mul(A, A, B);
  sub(A, A, X);
  return isZero(A);
}

/**
 * Whether x (four u64, below P) is the x coordinate of accumulator + set-aside point or of
 * accumulator - set-aside point. Infinity has no x. Overwrites the accumulator.
 *
 * With U = X·Z2^2, H = X2·Z^2 - U, S = Y·Z2^3, S2 = Y2·Z^3, both results share Z' = Z·Z2·H and have
 * X' = (S2 - S)^2 - E and X' = (S2 + S)^2 - E, E = H^3 + 2UH^2; asked is whether X' = x·Z'^2.
 */
export function sumOrDifferenceHasX(x: usize): bool {
  if (infinite2) return hasX(x);
  if (infinite) {
    memory.copy(X, X2, 3 * WIDE);
    infinite = false;
    return hasX(x);
  }
  sqr(A, Z);
  sqr(B, Z2);
  mul(H, X2, A);
  mul(V, X, B); // U
  sub(H, H, V);
  if (isZero(H)) {
    // Equal or opposite points: one result is infinity, the other twice the accumulator.
    double();
    return hasX(x);
  }
  mul(A, Z, A);
  mul(A, Y2, A); // S2
  mul(B, Z2, B);
  mul(B, Y, B); // S
  mul(Z, Z, Z2);
  mul(Z, Z, H); // Z'
  sqr(C, H);
  mul(V, V, C);
  mul(C, H, C);
  combine(C, C, 1, V, 2); // E
  toMontgomery(V, x);
  sqr(W, Z);
  mul(V, V, W);
  combine(C, C, 1, V, 1); // E + x·Z'^2
  sub(D, A, B);
  combine(A, A, 1, B, 1);
  sqr(D, D);
  sub(D, D, C);
  sqr(A, A);
  sub(A, A, C);
  return isZero(D) || isZero(A);
}

/**
 * r = 1 / a by Fermat: a^(P - 2), with P - 2 = (2^55 + 1)·2^196 + (2^192 - 1). 0 for 0.
 *
 * a: operand, elsewhere than r. Overwrites V and W.
 */
export function invert(r: usize, a: usize): void {
  sqr(V, a);
  mul(V, V, a); // exponent 2^2 - 1
  sqr(V, V);
  mul(V, V, a); // 2^3 - 1
  for (let bits = 3; bits < 192; bits <<= 1) {
    copy(W, V);
    squarings(W, bits);
    mul(V, V, W); // 2^6 - 1, 2^12 - 1, ..., 2^192 - 1
  }
  copy(r, a);
  squarings(r, 55);
  mul(r, r, a); // 2^55 + 1
  squarings(r, 196);
  mul(r, r, V);
}

function squarings(a: usize, count: i32): void {
  for (let i = 0; i < count; i++) sqr(a, a);
}
