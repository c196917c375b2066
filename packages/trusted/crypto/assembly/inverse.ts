// Inverse of a scalar mod n by the division steps of Bernstein and Yang (https://eprint.iacr.org/2019/266).
//
// Variable time: public scalars only. 29 steps at a time are done on the lowest limbs alone and
// gathered in a 2x2 matrix, which is then applied to the full numbers.

import { addMultiple, canonical, isAllZero, isNegative, pack } from './element';
import { unpack } from './generated/field';
import { ORDER, ORDER_NEGATED_INVERSE } from './generated/constants';

const LIMB_BITS: i64 = 29;
const LIMB_MASK: i64 = 0x1fffffff;
/** Theorem 11.2 of the paper: floor((49·252 + 57) / 17) = 729 steps always do; 26·29 = 754. */
const BATCHES = 26;

// INVARIANT: d·s = f and e·s = g, mod n; f is odd. f, g within n, d, e within 27n (one n a batch).
const F: usize = memory.data(72, 16);
const G: usize = memory.data(72, 16);
const D: usize = memory.data(72, 16);
const E: usize = memory.data(72, 16);

// The matrix of the last batch, times 2^29: |u| + |v| <= 2^29 and |q| + |r| <= 2^29.
let u: i64 = 0;
let v: i64 = 0;
let q: i64 = 0;
let r: i64 = 0;

/**
 * Replaces a scalar by its inverse mod n.
 *
 * @param scalar - Four u64, least first, below n. 0 stays 0.
 */
export function invertScalar(scalar: usize): void {
  memory.copy(F, ORDER, 72);
  unpack(G, scalar);
  memory.fill(D, 0, 72);
  memory.fill(E, 0, 72);
  store<i64>(E, 1);
  let delta: i64 = 1;
  for (let batch = 0; batch < BATCHES && !isAllZero(G); batch++) {
    delta = divisionSteps(delta, load<i64>(F), load<i64>(G));
    transform(F, G, false);
    transform(D, E, true);
  }
  // g = 0, so f is the greatest common divisor up to sign: 1 or -1, as n is prime.
  if (isNegative(F)) addMultiple(D, D, -2, D);
  canonical(D, D, ORDER);
  pack(scalar, D);
}

/** 29 division steps on the lowest limbs f (odd) and g; leaves the matrix, returns the new delta. */
function divisionSteps(delta: i64, f: i64, g: i64): i64 {
  let a: i64 = 1;
  let b: i64 = 0;
  let c: i64 = 0;
  let d: i64 = 1;
  for (let step = 0; step < 29; step++) {
    if (g & 1) {
      if (delta > 0) {
        delta = -delta;
        const f0 = f;
        const a0 = a;
        const b0 = b;
        f = g;
        a = c;
        b = d;
        g = -f0;
        c = -a0;
        d = -b0;
      }
      g += f;
      c += a;
      d += b;
    }
    delta += 1;
    g >>= 1;
    a <<= 1;
    b <<= 1;
  }
  u = a;
  v = b;
  q = c;
  r = d;
  return delta;
}

/**
 * (x, y) = (u·x + v·y, q·x + r·y) / 2^29, exactly or mod n.
 *
 * For f and g the lowest 29 bits vanish by construction; for d and e a multiple of n below 2^29·n
 * is added first that makes them vanish. A lane is at most 2^58 + 2^58 and a carry.
 */
function transform(x: usize, y: usize, modular: bool): void {
  const x0 = load<i64>(x);
  const y0 = load<i64>(y);
  const mx = modular ? ((u * x0 + v * y0) * ORDER_NEGATED_INVERSE) & LIMB_MASK : 0;
  const my = modular ? ((q * x0 + r * y0) * ORDER_NEGATED_INVERSE) & LIMB_MASK : 0;
  let sumX = (u * x0 + v * y0 + mx * load<i64>(ORDER)) >> LIMB_BITS;
  let sumY = (q * x0 + r * y0 + my * load<i64>(ORDER)) >> LIMB_BITS;
  for (let i: usize = 8; i < 72; i += 8) {
    const xi = load<i64>(x + i);
    const yi = load<i64>(y + i);
    const ni = load<i64>(ORDER + i);
    sumX += u * xi + v * yi + mx * ni;
    sumY += q * xi + r * yi + my * ni;
    store<i64>(x + i - 8, sumX & LIMB_MASK);
    store<i64>(y + i - 8, sumY & LIMB_MASK);
    sumX >>= LIMB_BITS;
    sumY >>= LIMB_BITS;
  }
  store<i64>(x, sumX, 64);
  store<i64>(y, sumY, 64);
}
