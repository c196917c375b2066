// Written by generate.mjs; do not edit. Source: emit-field.mjs.
//
// Arithmetic mod P = 2^251 + 17·2^192 + 1. Not constant time in its users: public data only.
//
// SHAPE. An element is nine limbs l0..l8, each a signed 64-bit lane, standing for the sum of
// li·2^(29i). Several lane patterns stand for the same number, and several numbers for the same
// residue. Four grades are used, from strict to loose:
//   narrow   nine u32 in memory, 36 bytes: limbs in [0, 2^29), value in [0, P). Constants, tables.
//   tight    nine i64, 72 bytes: l0..l7 in [0, 2^29), l8 signed. What a product returns.
//   carried  l0..l7 in [-16, 2^29 + 16). What one carry pass leaves.
//   operand  every |li| <= L = 2^29 + 2^24. What a product accepts: any tight or carried element,
//            the negative of one, and the difference of two (but not the sum of two).
//
// PRODUCTS. Column k holds the sum of ai·bj over i + j = k: at most nine terms, each at most
// L^2 = 2^58·(1 + 2^-5)^2 < 2^58.09, so a column is below 9·2^58.09 < 2^61.26, and below 2^62.26 in
// mulSub, which adds two. Reduction then adds to one column at most one carry (below 2^34), one
// 17m·2^18 (below 2^51.1) and one m·2^19 (below 2^48). All stay below 2^62.3 < 2^63: no lane overflows.
//
// REDUCTION (Montgomery, radix 2^261). P = 1 mod 2^192, so the multiple of P that clears the
// lowest limb t of a column sum is simply m = t mod 2^29, and subtracting m·P·2^(29i) means: drop m
// from column i, subtract 17m·2^18 from column i+6 (192 = 6·29 + 18), m·2^19 from column i+8
// (251 = 8·29 + 19). Shifts and adds only; floor(t / 2^29) moves up. After nine steps the value
// is (T - M·P) / 2^261 with 0 <= M < 2^261: for |T| <= k·P^2 it lies in (-P - k·P/1023, k·P/1023).
// The last nine columns are carried into limbs; the top one keeps its sign, so the result is tight.
//
// VALUES. Operands with |a| <= 16P and |b| <= 16P (k = 256) give a product in (-1.26P, 0.26P), and
// l8 below 2^23 in size; callers keep to that. Larger operands within L are still reduced to the right
// residue, with a larger l8.

/** r = a·b / 2^261, tight. a, b: operands. The three may overlap. */
export function mul(r: usize, a: usize, b: usize): void {
  const a0: i64 = load<i64>(a, 0);
  const a1: i64 = load<i64>(a, 8);
  const a2: i64 = load<i64>(a, 16);
  const a3: i64 = load<i64>(a, 24);
  const a4: i64 = load<i64>(a, 32);
  const a5: i64 = load<i64>(a, 40);
  const a6: i64 = load<i64>(a, 48);
  const a7: i64 = load<i64>(a, 56);
  const a8: i64 = load<i64>(a, 64);
  const b0: i64 = load<i64>(b, 0);
  const b1: i64 = load<i64>(b, 8);
  const b2: i64 = load<i64>(b, 16);
  const b3: i64 = load<i64>(b, 24);
  const b4: i64 = load<i64>(b, 32);
  const b5: i64 = load<i64>(b, 40);
  const b6: i64 = load<i64>(b, 48);
  const b7: i64 = load<i64>(b, 56);
  const b8: i64 = load<i64>(b, 64);
  let t0: i64 = a0 * b0;
  let t1: i64 = a0 * b1 + a1 * b0;
  let t2: i64 = a0 * b2 + a1 * b1 + a2 * b0;
  let t3: i64 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let t4: i64 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  let t5: i64 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  let t6: i64 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  let t7: i64 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  let t8: i64 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  let t9: i64 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  let t10: i64 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  let t11: i64 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  let t12: i64 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  let t13: i64 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  let t14: i64 = a6 * b8 + a7 * b7 + a8 * b6;
  let t15: i64 = a7 * b8 + a8 * b7;
  let t16: i64 = a8 * b8;
  let t17: i64 = 0, tm: i64;
  tm = t0 & 0x1fffffff; t1 += t0 >> 29; t6 -= (tm << 22) + (tm << 18); t8 -= tm << 19;
  tm = t1 & 0x1fffffff; t2 += t1 >> 29; t7 -= (tm << 22) + (tm << 18); t9 -= tm << 19;
  tm = t2 & 0x1fffffff; t3 += t2 >> 29; t8 -= (tm << 22) + (tm << 18); t10 -= tm << 19;
  tm = t3 & 0x1fffffff; t4 += t3 >> 29; t9 -= (tm << 22) + (tm << 18); t11 -= tm << 19;
  tm = t4 & 0x1fffffff; t5 += t4 >> 29; t10 -= (tm << 22) + (tm << 18); t12 -= tm << 19;
  tm = t5 & 0x1fffffff; t6 += t5 >> 29; t11 -= (tm << 22) + (tm << 18); t13 -= tm << 19;
  tm = t6 & 0x1fffffff; t7 += t6 >> 29; t12 -= (tm << 22) + (tm << 18); t14 -= tm << 19;
  tm = t7 & 0x1fffffff; t8 += t7 >> 29; t13 -= (tm << 22) + (tm << 18); t15 -= tm << 19;
  tm = t8 & 0x1fffffff; t9 += t8 >> 29; t14 -= (tm << 22) + (tm << 18); t16 -= tm << 19;
  t10 += t9 >> 29; const r0 = t9 & 0x1fffffff;
  t11 += t10 >> 29; const r1 = t10 & 0x1fffffff;
  t12 += t11 >> 29; const r2 = t11 & 0x1fffffff;
  t13 += t12 >> 29; const r3 = t12 & 0x1fffffff;
  t14 += t13 >> 29; const r4 = t13 & 0x1fffffff;
  t15 += t14 >> 29; const r5 = t14 & 0x1fffffff;
  t16 += t15 >> 29; const r6 = t15 & 0x1fffffff;
  t17 += t16 >> 29; const r7 = t16 & 0x1fffffff;
  const r8 = t17;
  store<i64>(r, r0, 0);
  store<i64>(r, r1, 8);
  store<i64>(r, r2, 16);
  store<i64>(r, r3, 24);
  store<i64>(r, r4, 32);
  store<i64>(r, r5, 40);
  store<i64>(r, r6, 48);
  store<i64>(r, r7, 56);
  store<i64>(r, r8, 64);
}

/** As mul, with b narrow: a constant or a table entry. */
export function mulNarrow(r: usize, a: usize, b: usize): void {
  const a0: i64 = load<i64>(a, 0);
  const a1: i64 = load<i64>(a, 8);
  const a2: i64 = load<i64>(a, 16);
  const a3: i64 = load<i64>(a, 24);
  const a4: i64 = load<i64>(a, 32);
  const a5: i64 = load<i64>(a, 40);
  const a6: i64 = load<i64>(a, 48);
  const a7: i64 = load<i64>(a, 56);
  const a8: i64 = load<i64>(a, 64);
  const b0: i64 = load<u32>(b, 0);
  const b1: i64 = load<u32>(b, 4);
  const b2: i64 = load<u32>(b, 8);
  const b3: i64 = load<u32>(b, 12);
  const b4: i64 = load<u32>(b, 16);
  const b5: i64 = load<u32>(b, 20);
  const b6: i64 = load<u32>(b, 24);
  const b7: i64 = load<u32>(b, 28);
  const b8: i64 = load<u32>(b, 32);
  let t0: i64 = a0 * b0;
  let t1: i64 = a0 * b1 + a1 * b0;
  let t2: i64 = a0 * b2 + a1 * b1 + a2 * b0;
  let t3: i64 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let t4: i64 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  let t5: i64 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  let t6: i64 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  let t7: i64 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  let t8: i64 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  let t9: i64 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  let t10: i64 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  let t11: i64 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  let t12: i64 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  let t13: i64 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  let t14: i64 = a6 * b8 + a7 * b7 + a8 * b6;
  let t15: i64 = a7 * b8 + a8 * b7;
  let t16: i64 = a8 * b8;
  let t17: i64 = 0, tm: i64;
  tm = t0 & 0x1fffffff; t1 += t0 >> 29; t6 -= (tm << 22) + (tm << 18); t8 -= tm << 19;
  tm = t1 & 0x1fffffff; t2 += t1 >> 29; t7 -= (tm << 22) + (tm << 18); t9 -= tm << 19;
  tm = t2 & 0x1fffffff; t3 += t2 >> 29; t8 -= (tm << 22) + (tm << 18); t10 -= tm << 19;
  tm = t3 & 0x1fffffff; t4 += t3 >> 29; t9 -= (tm << 22) + (tm << 18); t11 -= tm << 19;
  tm = t4 & 0x1fffffff; t5 += t4 >> 29; t10 -= (tm << 22) + (tm << 18); t12 -= tm << 19;
  tm = t5 & 0x1fffffff; t6 += t5 >> 29; t11 -= (tm << 22) + (tm << 18); t13 -= tm << 19;
  tm = t6 & 0x1fffffff; t7 += t6 >> 29; t12 -= (tm << 22) + (tm << 18); t14 -= tm << 19;
  tm = t7 & 0x1fffffff; t8 += t7 >> 29; t13 -= (tm << 22) + (tm << 18); t15 -= tm << 19;
  tm = t8 & 0x1fffffff; t9 += t8 >> 29; t14 -= (tm << 22) + (tm << 18); t16 -= tm << 19;
  t10 += t9 >> 29; const r0 = t9 & 0x1fffffff;
  t11 += t10 >> 29; const r1 = t10 & 0x1fffffff;
  t12 += t11 >> 29; const r2 = t11 & 0x1fffffff;
  t13 += t12 >> 29; const r3 = t12 & 0x1fffffff;
  t14 += t13 >> 29; const r4 = t13 & 0x1fffffff;
  t15 += t14 >> 29; const r5 = t14 & 0x1fffffff;
  t16 += t15 >> 29; const r6 = t15 & 0x1fffffff;
  t17 += t16 >> 29; const r7 = t16 & 0x1fffffff;
  const r8 = t17;
  store<i64>(r, r0, 0);
  store<i64>(r, r1, 8);
  store<i64>(r, r2, 16);
  store<i64>(r, r3, 24);
  store<i64>(r, r4, 32);
  store<i64>(r, r5, 40);
  store<i64>(r, r6, 48);
  store<i64>(r, r7, 56);
  store<i64>(r, r8, 64);
}

/** r = a^2 / 2^261, tight. a: operand. The two may overlap. */
export function sqr(r: usize, a: usize): void {
  const a0: i64 = load<i64>(a, 0);
  const a1: i64 = load<i64>(a, 8);
  const a2: i64 = load<i64>(a, 16);
  const a3: i64 = load<i64>(a, 24);
  const a4: i64 = load<i64>(a, 32);
  const a5: i64 = load<i64>(a, 40);
  const a6: i64 = load<i64>(a, 48);
  const a7: i64 = load<i64>(a, 56);
  const a8: i64 = load<i64>(a, 64);
  const td0 = a0 << 1;
  const td1 = a1 << 1;
  const td2 = a2 << 1;
  const td3 = a3 << 1;
  const td4 = a4 << 1;
  const td5 = a5 << 1;
  const td6 = a6 << 1;
  const td7 = a7 << 1;
  let t0: i64 = a0 * a0;
  let t1: i64 = td0 * a1;
  let t2: i64 = td0 * a2 + a1 * a1;
  let t3: i64 = td0 * a3 + td1 * a2;
  let t4: i64 = td0 * a4 + td1 * a3 + a2 * a2;
  let t5: i64 = td0 * a5 + td1 * a4 + td2 * a3;
  let t6: i64 = td0 * a6 + td1 * a5 + td2 * a4 + a3 * a3;
  let t7: i64 = td0 * a7 + td1 * a6 + td2 * a5 + td3 * a4;
  let t8: i64 = td0 * a8 + td1 * a7 + td2 * a6 + td3 * a5 + a4 * a4;
  let t9: i64 = td1 * a8 + td2 * a7 + td3 * a6 + td4 * a5;
  let t10: i64 = td2 * a8 + td3 * a7 + td4 * a6 + a5 * a5;
  let t11: i64 = td3 * a8 + td4 * a7 + td5 * a6;
  let t12: i64 = td4 * a8 + td5 * a7 + a6 * a6;
  let t13: i64 = td5 * a8 + td6 * a7;
  let t14: i64 = td6 * a8 + a7 * a7;
  let t15: i64 = td7 * a8;
  let t16: i64 = a8 * a8;
  let t17: i64 = 0, tm: i64;
  tm = t0 & 0x1fffffff; t1 += t0 >> 29; t6 -= (tm << 22) + (tm << 18); t8 -= tm << 19;
  tm = t1 & 0x1fffffff; t2 += t1 >> 29; t7 -= (tm << 22) + (tm << 18); t9 -= tm << 19;
  tm = t2 & 0x1fffffff; t3 += t2 >> 29; t8 -= (tm << 22) + (tm << 18); t10 -= tm << 19;
  tm = t3 & 0x1fffffff; t4 += t3 >> 29; t9 -= (tm << 22) + (tm << 18); t11 -= tm << 19;
  tm = t4 & 0x1fffffff; t5 += t4 >> 29; t10 -= (tm << 22) + (tm << 18); t12 -= tm << 19;
  tm = t5 & 0x1fffffff; t6 += t5 >> 29; t11 -= (tm << 22) + (tm << 18); t13 -= tm << 19;
  tm = t6 & 0x1fffffff; t7 += t6 >> 29; t12 -= (tm << 22) + (tm << 18); t14 -= tm << 19;
  tm = t7 & 0x1fffffff; t8 += t7 >> 29; t13 -= (tm << 22) + (tm << 18); t15 -= tm << 19;
  tm = t8 & 0x1fffffff; t9 += t8 >> 29; t14 -= (tm << 22) + (tm << 18); t16 -= tm << 19;
  t10 += t9 >> 29; const r0 = t9 & 0x1fffffff;
  t11 += t10 >> 29; const r1 = t10 & 0x1fffffff;
  t12 += t11 >> 29; const r2 = t11 & 0x1fffffff;
  t13 += t12 >> 29; const r3 = t12 & 0x1fffffff;
  t14 += t13 >> 29; const r4 = t13 & 0x1fffffff;
  t15 += t14 >> 29; const r5 = t14 & 0x1fffffff;
  t16 += t15 >> 29; const r6 = t15 & 0x1fffffff;
  t17 += t16 >> 29; const r7 = t16 & 0x1fffffff;
  const r8 = t17;
  store<i64>(r, r0, 0);
  store<i64>(r, r1, 8);
  store<i64>(r, r2, 16);
  store<i64>(r, r3, 24);
  store<i64>(r, r4, 32);
  store<i64>(r, r5, 40);
  store<i64>(r, r6, 48);
  store<i64>(r, r7, 56);
  store<i64>(r, r8, 64);
}

/** r = (a·b - c·d) / 2^261, tight, with one reduction. a, b, c, d: operands. All may overlap. */
export function mulSub(r: usize, a: usize, b: usize, c: usize, d: usize): void {
  const a0: i64 = load<i64>(a, 0);
  const a1: i64 = load<i64>(a, 8);
  const a2: i64 = load<i64>(a, 16);
  const a3: i64 = load<i64>(a, 24);
  const a4: i64 = load<i64>(a, 32);
  const a5: i64 = load<i64>(a, 40);
  const a6: i64 = load<i64>(a, 48);
  const a7: i64 = load<i64>(a, 56);
  const a8: i64 = load<i64>(a, 64);
  const b0: i64 = load<i64>(b, 0);
  const b1: i64 = load<i64>(b, 8);
  const b2: i64 = load<i64>(b, 16);
  const b3: i64 = load<i64>(b, 24);
  const b4: i64 = load<i64>(b, 32);
  const b5: i64 = load<i64>(b, 40);
  const b6: i64 = load<i64>(b, 48);
  const b7: i64 = load<i64>(b, 56);
  const b8: i64 = load<i64>(b, 64);
  const c0: i64 = load<i64>(c, 0);
  const c1: i64 = load<i64>(c, 8);
  const c2: i64 = load<i64>(c, 16);
  const c3: i64 = load<i64>(c, 24);
  const c4: i64 = load<i64>(c, 32);
  const c5: i64 = load<i64>(c, 40);
  const c6: i64 = load<i64>(c, 48);
  const c7: i64 = load<i64>(c, 56);
  const c8: i64 = load<i64>(c, 64);
  const d0: i64 = load<i64>(d, 0);
  const d1: i64 = load<i64>(d, 8);
  const d2: i64 = load<i64>(d, 16);
  const d3: i64 = load<i64>(d, 24);
  const d4: i64 = load<i64>(d, 32);
  const d5: i64 = load<i64>(d, 40);
  const d6: i64 = load<i64>(d, 48);
  const d7: i64 = load<i64>(d, 56);
  const d8: i64 = load<i64>(d, 64);
  let t0: i64 = a0 * b0;
  let t1: i64 = a0 * b1 + a1 * b0;
  let t2: i64 = a0 * b2 + a1 * b1 + a2 * b0;
  let t3: i64 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  let t4: i64 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  let t5: i64 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  let t6: i64 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  let t7: i64 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  let t8: i64 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  let t9: i64 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  let t10: i64 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  let t11: i64 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  let t12: i64 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  let t13: i64 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  let t14: i64 = a6 * b8 + a7 * b7 + a8 * b6;
  let t15: i64 = a7 * b8 + a8 * b7;
  let t16: i64 = a8 * b8;
  t0 -= c0 * d0;
  t1 -= c0 * d1 + c1 * d0;
  t2 -= c0 * d2 + c1 * d1 + c2 * d0;
  t3 -= c0 * d3 + c1 * d2 + c2 * d1 + c3 * d0;
  t4 -= c0 * d4 + c1 * d3 + c2 * d2 + c3 * d1 + c4 * d0;
  t5 -= c0 * d5 + c1 * d4 + c2 * d3 + c3 * d2 + c4 * d1 + c5 * d0;
  t6 -= c0 * d6 + c1 * d5 + c2 * d4 + c3 * d3 + c4 * d2 + c5 * d1 + c6 * d0;
  t7 -= c0 * d7 + c1 * d6 + c2 * d5 + c3 * d4 + c4 * d3 + c5 * d2 + c6 * d1 + c7 * d0;
  t8 -= c0 * d8 + c1 * d7 + c2 * d6 + c3 * d5 + c4 * d4 + c5 * d3 + c6 * d2 + c7 * d1 + c8 * d0;
  t9 -= c1 * d8 + c2 * d7 + c3 * d6 + c4 * d5 + c5 * d4 + c6 * d3 + c7 * d2 + c8 * d1;
  t10 -= c2 * d8 + c3 * d7 + c4 * d6 + c5 * d5 + c6 * d4 + c7 * d3 + c8 * d2;
  t11 -= c3 * d8 + c4 * d7 + c5 * d6 + c6 * d5 + c7 * d4 + c8 * d3;
  t12 -= c4 * d8 + c5 * d7 + c6 * d6 + c7 * d5 + c8 * d4;
  t13 -= c5 * d8 + c6 * d7 + c7 * d6 + c8 * d5;
  t14 -= c6 * d8 + c7 * d7 + c8 * d6;
  t15 -= c7 * d8 + c8 * d7;
  t16 -= c8 * d8;
  let t17: i64 = 0, tm: i64;
  tm = t0 & 0x1fffffff; t1 += t0 >> 29; t6 -= (tm << 22) + (tm << 18); t8 -= tm << 19;
  tm = t1 & 0x1fffffff; t2 += t1 >> 29; t7 -= (tm << 22) + (tm << 18); t9 -= tm << 19;
  tm = t2 & 0x1fffffff; t3 += t2 >> 29; t8 -= (tm << 22) + (tm << 18); t10 -= tm << 19;
  tm = t3 & 0x1fffffff; t4 += t3 >> 29; t9 -= (tm << 22) + (tm << 18); t11 -= tm << 19;
  tm = t4 & 0x1fffffff; t5 += t4 >> 29; t10 -= (tm << 22) + (tm << 18); t12 -= tm << 19;
  tm = t5 & 0x1fffffff; t6 += t5 >> 29; t11 -= (tm << 22) + (tm << 18); t13 -= tm << 19;
  tm = t6 & 0x1fffffff; t7 += t6 >> 29; t12 -= (tm << 22) + (tm << 18); t14 -= tm << 19;
  tm = t7 & 0x1fffffff; t8 += t7 >> 29; t13 -= (tm << 22) + (tm << 18); t15 -= tm << 19;
  tm = t8 & 0x1fffffff; t9 += t8 >> 29; t14 -= (tm << 22) + (tm << 18); t16 -= tm << 19;
  t10 += t9 >> 29; const r0 = t9 & 0x1fffffff;
  t11 += t10 >> 29; const r1 = t10 & 0x1fffffff;
  t12 += t11 >> 29; const r2 = t11 & 0x1fffffff;
  t13 += t12 >> 29; const r3 = t12 & 0x1fffffff;
  t14 += t13 >> 29; const r4 = t13 & 0x1fffffff;
  t15 += t14 >> 29; const r5 = t14 & 0x1fffffff;
  t16 += t15 >> 29; const r6 = t15 & 0x1fffffff;
  t17 += t16 >> 29; const r7 = t16 & 0x1fffffff;
  const r8 = t17;
  store<i64>(r, r0, 0);
  store<i64>(r, r1, 8);
  store<i64>(r, r2, 16);
  store<i64>(r, r3, 24);
  store<i64>(r, r4, 32);
  store<i64>(r, r5, 40);
  store<i64>(r, r6, 48);
  store<i64>(r, r7, 56);
  store<i64>(r, r8, 64);
}

/** r = a - b, lane by lane: an operand when a and b are tight or carried. */
export function sub(r: usize, a: usize, b: usize): void {
  store<i64>(r, load<i64>(a, 0) - load<i64>(b, 0), 0);
  store<i64>(r, load<i64>(a, 8) - load<i64>(b, 8), 8);
  store<i64>(r, load<i64>(a, 16) - load<i64>(b, 16), 16);
  store<i64>(r, load<i64>(a, 24) - load<i64>(b, 24), 24);
  store<i64>(r, load<i64>(a, 32) - load<i64>(b, 32), 32);
  store<i64>(r, load<i64>(a, 40) - load<i64>(b, 40), 40);
  store<i64>(r, load<i64>(a, 48) - load<i64>(b, 48), 48);
  store<i64>(r, load<i64>(a, 56) - load<i64>(b, 56), 56);
  store<i64>(r, load<i64>(a, 64) - load<i64>(b, 64), 64);
}

/** r = -a, lane by lane: an operand when a is one. */
export function negate(r: usize, a: usize): void {
  store<i64>(r, -load<i64>(a, 0), 0);
  store<i64>(r, -load<i64>(a, 8), 8);
  store<i64>(r, -load<i64>(a, 16), 16);
  store<i64>(r, -load<i64>(a, 24), 24);
  store<i64>(r, -load<i64>(a, 32), 32);
  store<i64>(r, -load<i64>(a, 40), 40);
  store<i64>(r, -load<i64>(a, 48), 48);
  store<i64>(r, -load<i64>(a, 56), 56);
  store<i64>(r, -load<i64>(a, 64), 64);
}

/** r = ka·a + kb·b, carried. |ka| + |kb| <= 15; a, b tight or carried. The three may overlap. */
export function combine(r: usize, a: usize, ka: i64, b: usize, kb: i64): void {
  const s0 = ka * load<i64>(a, 0) + kb * load<i64>(b, 0);
  const s1 = ka * load<i64>(a, 8) + kb * load<i64>(b, 8);
  const s2 = ka * load<i64>(a, 16) + kb * load<i64>(b, 16);
  const s3 = ka * load<i64>(a, 24) + kb * load<i64>(b, 24);
  const s4 = ka * load<i64>(a, 32) + kb * load<i64>(b, 32);
  const s5 = ka * load<i64>(a, 40) + kb * load<i64>(b, 40);
  const s6 = ka * load<i64>(a, 48) + kb * load<i64>(b, 48);
  const s7 = ka * load<i64>(a, 56) + kb * load<i64>(b, 56);
  const s8 = ka * load<i64>(a, 64) + kb * load<i64>(b, 64);
  store<i64>(r, (s0 & 0x1fffffff), 0);
  store<i64>(r, (s1 & 0x1fffffff) + (s0 >> 29), 8);
  store<i64>(r, (s2 & 0x1fffffff) + (s1 >> 29), 16);
  store<i64>(r, (s3 & 0x1fffffff) + (s2 >> 29), 24);
  store<i64>(r, (s4 & 0x1fffffff) + (s3 >> 29), 32);
  store<i64>(r, (s5 & 0x1fffffff) + (s4 >> 29), 40);
  store<i64>(r, (s6 & 0x1fffffff) + (s5 >> 29), 48);
  store<i64>(r, (s7 & 0x1fffffff) + (s6 >> 29), 56);
  store<i64>(r, s8 + (s7 >> 29), 64);
}

/** r = a - b - 2d, carried. a, b, d tight or carried. All may overlap. */
export function subThree(r: usize, a: usize, b: usize, d: usize): void {
  const s0 = load<i64>(a, 0) - load<i64>(b, 0) - (load<i64>(d, 0) << 1);
  const s1 = load<i64>(a, 8) - load<i64>(b, 8) - (load<i64>(d, 8) << 1);
  const s2 = load<i64>(a, 16) - load<i64>(b, 16) - (load<i64>(d, 16) << 1);
  const s3 = load<i64>(a, 24) - load<i64>(b, 24) - (load<i64>(d, 24) << 1);
  const s4 = load<i64>(a, 32) - load<i64>(b, 32) - (load<i64>(d, 32) << 1);
  const s5 = load<i64>(a, 40) - load<i64>(b, 40) - (load<i64>(d, 40) << 1);
  const s6 = load<i64>(a, 48) - load<i64>(b, 48) - (load<i64>(d, 48) << 1);
  const s7 = load<i64>(a, 56) - load<i64>(b, 56) - (load<i64>(d, 56) << 1);
  const s8 = load<i64>(a, 64) - load<i64>(b, 64) - (load<i64>(d, 64) << 1);
  store<i64>(r, (s0 & 0x1fffffff), 0);
  store<i64>(r, (s1 & 0x1fffffff) + (s0 >> 29), 8);
  store<i64>(r, (s2 & 0x1fffffff) + (s1 >> 29), 16);
  store<i64>(r, (s3 & 0x1fffffff) + (s2 >> 29), 24);
  store<i64>(r, (s4 & 0x1fffffff) + (s3 >> 29), 32);
  store<i64>(r, (s5 & 0x1fffffff) + (s4 >> 29), 40);
  store<i64>(r, (s6 & 0x1fffffff) + (s5 >> 29), 48);
  store<i64>(r, (s7 & 0x1fffffff) + (s6 >> 29), 56);
  store<i64>(r, s8 + (s7 >> 29), 64);
}

/** a = a + k, carried. |limbs of a| <= 2^32; k narrow. */
export function addNarrow(a: usize, k: usize): void {
  const s0 = load<i64>(a, 0) + load<u32>(k, 0);
  const s1 = load<i64>(a, 8) + load<u32>(k, 4);
  const s2 = load<i64>(a, 16) + load<u32>(k, 8);
  const s3 = load<i64>(a, 24) + load<u32>(k, 12);
  const s4 = load<i64>(a, 32) + load<u32>(k, 16);
  const s5 = load<i64>(a, 40) + load<u32>(k, 20);
  const s6 = load<i64>(a, 48) + load<u32>(k, 24);
  const s7 = load<i64>(a, 56) + load<u32>(k, 28);
  const s8 = load<i64>(a, 64) + load<u32>(k, 32);
  store<i64>(a, (s0 & 0x1fffffff), 0);
  store<i64>(a, (s1 & 0x1fffffff) + (s0 >> 29), 8);
  store<i64>(a, (s2 & 0x1fffffff) + (s1 >> 29), 16);
  store<i64>(a, (s3 & 0x1fffffff) + (s2 >> 29), 24);
  store<i64>(a, (s4 & 0x1fffffff) + (s3 >> 29), 32);
  store<i64>(a, (s5 & 0x1fffffff) + (s4 >> 29), 40);
  store<i64>(a, (s6 & 0x1fffffff) + (s5 >> 29), 48);
  store<i64>(a, (s7 & 0x1fffffff) + (s6 >> 29), 56);
  store<i64>(a, s8 + (s7 >> 29), 64);
}

/** Splits 256 bits (four u64, least first) into nine tight limbs. */
export function unpack(r: usize, lanes: usize): void {
  const w0 = load<u64>(lanes, 0);
  const w1 = load<u64>(lanes, 8);
  const w2 = load<u64>(lanes, 16);
  const w3 = load<u64>(lanes, 24);
  store<i64>(r, w0 & 0x1fffffff, 0);
  store<i64>(r, (w0 >> 29) & 0x1fffffff, 8);
  store<i64>(r, ((w0 >> 58) | (w1 << 6)) & 0x1fffffff, 16);
  store<i64>(r, (w1 >> 23) & 0x1fffffff, 24);
  store<i64>(r, ((w1 >> 52) | (w2 << 12)) & 0x1fffffff, 32);
  store<i64>(r, (w2 >> 17) & 0x1fffffff, 40);
  store<i64>(r, ((w2 >> 46) | (w3 << 18)) & 0x1fffffff, 48);
  store<i64>(r, (w3 >> 11) & 0x1fffffff, 56);
  store<i64>(r, (w3 >> 40) & 0x1fffffff, 64);
}

/** Linear layer of Hades with the next round's constants: (a, b, c) becomes
 * (3a + b + c, a - b + c, a + b - 2c) + constants, carried. a, b, c: tight, at s, s + 72, s + 144;
 * k: three narrow rows. With a, b, c in (-1.26P, 0.26P) the results stay within 8P. */
export function mixKeyed(s: usize, k: usize): void {
  const a0 = load<i64>(s, 0);
  const a1 = load<i64>(s, 8);
  const a2 = load<i64>(s, 16);
  const a3 = load<i64>(s, 24);
  const a4 = load<i64>(s, 32);
  const a5 = load<i64>(s, 40);
  const a6 = load<i64>(s, 48);
  const a7 = load<i64>(s, 56);
  const a8 = load<i64>(s, 64);
  const b0 = load<i64>(s, 72);
  const b1 = load<i64>(s, 80);
  const b2 = load<i64>(s, 88);
  const b3 = load<i64>(s, 96);
  const b4 = load<i64>(s, 104);
  const b5 = load<i64>(s, 112);
  const b6 = load<i64>(s, 120);
  const b7 = load<i64>(s, 128);
  const b8 = load<i64>(s, 136);
  const c0 = load<i64>(s, 144);
  const c1 = load<i64>(s, 152);
  const c2 = load<i64>(s, 160);
  const c3 = load<i64>(s, 168);
  const c4 = load<i64>(s, 176);
  const c5 = load<i64>(s, 184);
  const c6 = load<i64>(s, 192);
  const c7 = load<i64>(s, 200);
  const c8 = load<i64>(s, 208);
  const t0 = a0 + b0 + c0;
  const t1 = a1 + b1 + c1;
  const t2 = a2 + b2 + c2;
  const t3 = a3 + b3 + c3;
  const t4 = a4 + b4 + c4;
  const t5 = a5 + b5 + c5;
  const t6 = a6 + b6 + c6;
  const t7 = a7 + b7 + c7;
  const t8 = a8 + b8 + c8;
  const u0 = t0 + (a0 << 1) + load<u32>(k, 0);
  const u1 = t1 + (a1 << 1) + load<u32>(k, 4);
  const u2 = t2 + (a2 << 1) + load<u32>(k, 8);
  const u3 = t3 + (a3 << 1) + load<u32>(k, 12);
  const u4 = t4 + (a4 << 1) + load<u32>(k, 16);
  const u5 = t5 + (a5 << 1) + load<u32>(k, 20);
  const u6 = t6 + (a6 << 1) + load<u32>(k, 24);
  const u7 = t7 + (a7 << 1) + load<u32>(k, 28);
  const u8 = t8 + (a8 << 1) + load<u32>(k, 32);
  const v0 = t0 - (b0 << 1) + load<u32>(k, 36);
  const v1 = t1 - (b1 << 1) + load<u32>(k, 40);
  const v2 = t2 - (b2 << 1) + load<u32>(k, 44);
  const v3 = t3 - (b3 << 1) + load<u32>(k, 48);
  const v4 = t4 - (b4 << 1) + load<u32>(k, 52);
  const v5 = t5 - (b5 << 1) + load<u32>(k, 56);
  const v6 = t6 - (b6 << 1) + load<u32>(k, 60);
  const v7 = t7 - (b7 << 1) + load<u32>(k, 64);
  const v8 = t8 - (b8 << 1) + load<u32>(k, 68);
  const w0 = t0 - c0 * 3 + load<u32>(k, 72);
  const w1 = t1 - c1 * 3 + load<u32>(k, 76);
  const w2 = t2 - c2 * 3 + load<u32>(k, 80);
  const w3 = t3 - c3 * 3 + load<u32>(k, 84);
  const w4 = t4 - c4 * 3 + load<u32>(k, 88);
  const w5 = t5 - c5 * 3 + load<u32>(k, 92);
  const w6 = t6 - c6 * 3 + load<u32>(k, 96);
  const w7 = t7 - c7 * 3 + load<u32>(k, 100);
  const w8 = t8 - c8 * 3 + load<u32>(k, 104);
  store<i64>(s, (u0 & 0x1fffffff), 0);
  store<i64>(s, (u1 & 0x1fffffff) + (u0 >> 29), 8);
  store<i64>(s, (u2 & 0x1fffffff) + (u1 >> 29), 16);
  store<i64>(s, (u3 & 0x1fffffff) + (u2 >> 29), 24);
  store<i64>(s, (u4 & 0x1fffffff) + (u3 >> 29), 32);
  store<i64>(s, (u5 & 0x1fffffff) + (u4 >> 29), 40);
  store<i64>(s, (u6 & 0x1fffffff) + (u5 >> 29), 48);
  store<i64>(s, (u7 & 0x1fffffff) + (u6 >> 29), 56);
  store<i64>(s, u8 + (u7 >> 29), 64);
  store<i64>(s, (v0 & 0x1fffffff), 72);
  store<i64>(s, (v1 & 0x1fffffff) + (v0 >> 29), 80);
  store<i64>(s, (v2 & 0x1fffffff) + (v1 >> 29), 88);
  store<i64>(s, (v3 & 0x1fffffff) + (v2 >> 29), 96);
  store<i64>(s, (v4 & 0x1fffffff) + (v3 >> 29), 104);
  store<i64>(s, (v5 & 0x1fffffff) + (v4 >> 29), 112);
  store<i64>(s, (v6 & 0x1fffffff) + (v5 >> 29), 120);
  store<i64>(s, (v7 & 0x1fffffff) + (v6 >> 29), 128);
  store<i64>(s, v8 + (v7 >> 29), 136);
  store<i64>(s, (w0 & 0x1fffffff), 144);
  store<i64>(s, (w1 & 0x1fffffff) + (w0 >> 29), 152);
  store<i64>(s, (w2 & 0x1fffffff) + (w1 >> 29), 160);
  store<i64>(s, (w3 & 0x1fffffff) + (w2 >> 29), 168);
  store<i64>(s, (w4 & 0x1fffffff) + (w3 >> 29), 176);
  store<i64>(s, (w5 & 0x1fffffff) + (w4 >> 29), 184);
  store<i64>(s, (w6 & 0x1fffffff) + (w5 >> 29), 192);
  store<i64>(s, (w7 & 0x1fffffff) + (w6 >> 29), 200);
  store<i64>(s, w8 + (w7 >> 29), 208);
}

/** The 83 partial rounds, in a form with one cube and few additions each.
 *
 * Write the state as (a, b, c), z = c^3 and h = (a + b) / 2. The linear layer gives
 * a' = 3a + b + z = 2h + 2a + z, b' = a - b + z, hence h' = (a' + b') / 2 = 2a + z and
 * a' = h' + 2h: lane a is this h plus twice the h before it (called g), and nothing but h, g
 * and c is needed:
 *     h' = 2h + 4g + z,   g' = h,   c' = a + b - 2z = 2(h - z), plus the constant.
 *
 * h, g: carried or tight. x: c with its constant, carried. k, end: the narrow constants, one a round.
 * On return h, g, x hold the state after the last round, so a = h + 2g and b = 2h - a = h - 2g.
 *
 * INVARIANT: the lanes of h and g lie in [-2^25.5, 2^29 + 2^25.5], x is carried and within 8P.
 * For z is tight and in (-1.26P, 0.26P); so are h and g on entry, later h8 lies in [0, 2^19). The
 * lanes of 2h + 4g + z then stay within 2^32, and the part o above 2^251 in [-10, 8]; it leaves by
 * 2^251 = -(17·2^192 + 1), that is -o from limb 0 and -17·o·2^18 (at most 2^25.5) from limb 6. The
 * lanes of 2(h - z) + constant stay within 2^31, so their carry pass leaves x carried, within 6P. */
export function partialRounds(h: usize, g: usize, x: usize, k: usize, end: usize): void {
  let h0: i64 = load<i64>(h, 0);
  let h1: i64 = load<i64>(h, 8);
  let h2: i64 = load<i64>(h, 16);
  let h3: i64 = load<i64>(h, 24);
  let h4: i64 = load<i64>(h, 32);
  let h5: i64 = load<i64>(h, 40);
  let h6: i64 = load<i64>(h, 48);
  let h7: i64 = load<i64>(h, 56);
  let h8: i64 = load<i64>(h, 64);
  let g0: i64 = load<i64>(g, 0);
  let g1: i64 = load<i64>(g, 8);
  let g2: i64 = load<i64>(g, 16);
  let g3: i64 = load<i64>(g, 24);
  let g4: i64 = load<i64>(g, 32);
  let g5: i64 = load<i64>(g, 40);
  let g6: i64 = load<i64>(g, 48);
  let g7: i64 = load<i64>(g, 56);
  let g8: i64 = load<i64>(g, 64);
  let x0: i64 = load<i64>(x, 0);
  let x1: i64 = load<i64>(x, 8);
  let x2: i64 = load<i64>(x, 16);
  let x3: i64 = load<i64>(x, 24);
  let x4: i64 = load<i64>(x, 32);
  let x5: i64 = load<i64>(x, 40);
  let x6: i64 = load<i64>(x, 48);
  let x7: i64 = load<i64>(x, 56);
  let x8: i64 = load<i64>(x, 64);
  while (k < end) {
    const td0 = x0 << 1;
    const td1 = x1 << 1;
    const td2 = x2 << 1;
    const td3 = x3 << 1;
    const td4 = x4 << 1;
    const td5 = x5 << 1;
    const td6 = x6 << 1;
    const td7 = x7 << 1;
    let t0: i64 = x0 * x0;
    let t1: i64 = td0 * x1;
    let t2: i64 = td0 * x2 + x1 * x1;
    let t3: i64 = td0 * x3 + td1 * x2;
    let t4: i64 = td0 * x4 + td1 * x3 + x2 * x2;
    let t5: i64 = td0 * x5 + td1 * x4 + td2 * x3;
    let t6: i64 = td0 * x6 + td1 * x5 + td2 * x4 + x3 * x3;
    let t7: i64 = td0 * x7 + td1 * x6 + td2 * x5 + td3 * x4;
    let t8: i64 = td0 * x8 + td1 * x7 + td2 * x6 + td3 * x5 + x4 * x4;
    let t9: i64 = td1 * x8 + td2 * x7 + td3 * x6 + td4 * x5;
    let t10: i64 = td2 * x8 + td3 * x7 + td4 * x6 + x5 * x5;
    let t11: i64 = td3 * x8 + td4 * x7 + td5 * x6;
    let t12: i64 = td4 * x8 + td5 * x7 + x6 * x6;
    let t13: i64 = td5 * x8 + td6 * x7;
    let t14: i64 = td6 * x8 + x7 * x7;
    let t15: i64 = td7 * x8;
    let t16: i64 = x8 * x8;
    let t17: i64 = 0, tm: i64;
    tm = t0 & 0x1fffffff; t1 += t0 >> 29; t6 -= (tm << 22) + (tm << 18); t8 -= tm << 19;
    tm = t1 & 0x1fffffff; t2 += t1 >> 29; t7 -= (tm << 22) + (tm << 18); t9 -= tm << 19;
    tm = t2 & 0x1fffffff; t3 += t2 >> 29; t8 -= (tm << 22) + (tm << 18); t10 -= tm << 19;
    tm = t3 & 0x1fffffff; t4 += t3 >> 29; t9 -= (tm << 22) + (tm << 18); t11 -= tm << 19;
    tm = t4 & 0x1fffffff; t5 += t4 >> 29; t10 -= (tm << 22) + (tm << 18); t12 -= tm << 19;
    tm = t5 & 0x1fffffff; t6 += t5 >> 29; t11 -= (tm << 22) + (tm << 18); t13 -= tm << 19;
    tm = t6 & 0x1fffffff; t7 += t6 >> 29; t12 -= (tm << 22) + (tm << 18); t14 -= tm << 19;
    tm = t7 & 0x1fffffff; t8 += t7 >> 29; t13 -= (tm << 22) + (tm << 18); t15 -= tm << 19;
    tm = t8 & 0x1fffffff; t9 += t8 >> 29; t14 -= (tm << 22) + (tm << 18); t16 -= tm << 19;
    t10 += t9 >> 29; const s0 = t9 & 0x1fffffff;
    t11 += t10 >> 29; const s1 = t10 & 0x1fffffff;
    t12 += t11 >> 29; const s2 = t11 & 0x1fffffff;
    t13 += t12 >> 29; const s3 = t12 & 0x1fffffff;
    t14 += t13 >> 29; const s4 = t13 & 0x1fffffff;
    t15 += t14 >> 29; const s5 = t14 & 0x1fffffff;
    t16 += t15 >> 29; const s6 = t15 & 0x1fffffff;
    t17 += t16 >> 29; const s7 = t16 & 0x1fffffff;
    const s8 = t17;
    let y0: i64 = s0 * x0;
    let y1: i64 = s0 * x1 + s1 * x0;
    let y2: i64 = s0 * x2 + s1 * x1 + s2 * x0;
    let y3: i64 = s0 * x3 + s1 * x2 + s2 * x1 + s3 * x0;
    let y4: i64 = s0 * x4 + s1 * x3 + s2 * x2 + s3 * x1 + s4 * x0;
    let y5: i64 = s0 * x5 + s1 * x4 + s2 * x3 + s3 * x2 + s4 * x1 + s5 * x0;
    let y6: i64 = s0 * x6 + s1 * x5 + s2 * x4 + s3 * x3 + s4 * x2 + s5 * x1 + s6 * x0;
    let y7: i64 = s0 * x7 + s1 * x6 + s2 * x5 + s3 * x4 + s4 * x3 + s5 * x2 + s6 * x1 + s7 * x0;
    let y8: i64 = s0 * x8 + s1 * x7 + s2 * x6 + s3 * x5 + s4 * x4 + s5 * x3 + s6 * x2 + s7 * x1 + s8 * x0;
    let y9: i64 = s1 * x8 + s2 * x7 + s3 * x6 + s4 * x5 + s5 * x4 + s6 * x3 + s7 * x2 + s8 * x1;
    let y10: i64 = s2 * x8 + s3 * x7 + s4 * x6 + s5 * x5 + s6 * x4 + s7 * x3 + s8 * x2;
    let y11: i64 = s3 * x8 + s4 * x7 + s5 * x6 + s6 * x5 + s7 * x4 + s8 * x3;
    let y12: i64 = s4 * x8 + s5 * x7 + s6 * x6 + s7 * x5 + s8 * x4;
    let y13: i64 = s5 * x8 + s6 * x7 + s7 * x6 + s8 * x5;
    let y14: i64 = s6 * x8 + s7 * x7 + s8 * x6;
    let y15: i64 = s7 * x8 + s8 * x7;
    let y16: i64 = s8 * x8;
    let y17: i64 = 0, ym: i64;
    ym = y0 & 0x1fffffff; y1 += y0 >> 29; y6 -= (ym << 22) + (ym << 18); y8 -= ym << 19;
    ym = y1 & 0x1fffffff; y2 += y1 >> 29; y7 -= (ym << 22) + (ym << 18); y9 -= ym << 19;
    ym = y2 & 0x1fffffff; y3 += y2 >> 29; y8 -= (ym << 22) + (ym << 18); y10 -= ym << 19;
    ym = y3 & 0x1fffffff; y4 += y3 >> 29; y9 -= (ym << 22) + (ym << 18); y11 -= ym << 19;
    ym = y4 & 0x1fffffff; y5 += y4 >> 29; y10 -= (ym << 22) + (ym << 18); y12 -= ym << 19;
    ym = y5 & 0x1fffffff; y6 += y5 >> 29; y11 -= (ym << 22) + (ym << 18); y13 -= ym << 19;
    ym = y6 & 0x1fffffff; y7 += y6 >> 29; y12 -= (ym << 22) + (ym << 18); y14 -= ym << 19;
    ym = y7 & 0x1fffffff; y8 += y7 >> 29; y13 -= (ym << 22) + (ym << 18); y15 -= ym << 19;
    ym = y8 & 0x1fffffff; y9 += y8 >> 29; y14 -= (ym << 22) + (ym << 18); y16 -= ym << 19;
    y10 += y9 >> 29; const z0 = y9 & 0x1fffffff;
    y11 += y10 >> 29; const z1 = y10 & 0x1fffffff;
    y12 += y11 >> 29; const z2 = y11 & 0x1fffffff;
    y13 += y12 >> 29; const z3 = y12 & 0x1fffffff;
    y14 += y13 >> 29; const z4 = y13 & 0x1fffffff;
    y15 += y14 >> 29; const z5 = y14 & 0x1fffffff;
    y16 += y15 >> 29; const z6 = y15 & 0x1fffffff;
    y17 += y16 >> 29; const z7 = y16 & 0x1fffffff;
    const z8 = y17;
    const e0 = ((h0 - z0) << 1) + load<u32>(k, 0);
    const e1 = ((h1 - z1) << 1) + load<u32>(k, 4);
    const e2 = ((h2 - z2) << 1) + load<u32>(k, 8);
    const e3 = ((h3 - z3) << 1) + load<u32>(k, 12);
    const e4 = ((h4 - z4) << 1) + load<u32>(k, 16);
    const e5 = ((h5 - z5) << 1) + load<u32>(k, 20);
    const e6 = ((h6 - z6) << 1) + load<u32>(k, 24);
    const e7 = ((h7 - z7) << 1) + load<u32>(k, 28);
    const e8 = ((h8 - z8) << 1) + load<u32>(k, 32);
    x0 = (e0 & 0x1fffffff);
    x1 = (e1 & 0x1fffffff) + (e0 >> 29);
    x2 = (e2 & 0x1fffffff) + (e1 >> 29);
    x3 = (e3 & 0x1fffffff) + (e2 >> 29);
    x4 = (e4 & 0x1fffffff) + (e3 >> 29);
    x5 = (e5 & 0x1fffffff) + (e4 >> 29);
    x6 = (e6 & 0x1fffffff) + (e5 >> 29);
    x7 = (e7 & 0x1fffffff) + (e6 >> 29);
    x8 = e8 + (e7 >> 29);
    const w0 = ((h0 + (g0 << 1)) << 1) + z0; g0 = h0;
    const w1 = ((h1 + (g1 << 1)) << 1) + z1; g1 = h1;
    const w2 = ((h2 + (g2 << 1)) << 1) + z2; g2 = h2;
    const w3 = ((h3 + (g3 << 1)) << 1) + z3; g3 = h3;
    const w4 = ((h4 + (g4 << 1)) << 1) + z4; g4 = h4;
    const w5 = ((h5 + (g5 << 1)) << 1) + z5; g5 = h5;
    const w6 = ((h6 + (g6 << 1)) << 1) + z6; g6 = h6;
    const w7 = ((h7 + (g7 << 1)) << 1) + z7; g7 = h7;
    const w8 = ((h8 + (g8 << 1)) << 1) + z8; g8 = h8;
    const top = w8 + (w7 >> 29), o = top >> 19;
    h0 = (w0 & 0x1fffffff) - o;
    h1 = (w1 & 0x1fffffff) + (w0 >> 29);
    h2 = (w2 & 0x1fffffff) + (w1 >> 29);
    h3 = (w3 & 0x1fffffff) + (w2 >> 29);
    h4 = (w4 & 0x1fffffff) + (w3 >> 29);
    h5 = (w5 & 0x1fffffff) + (w4 >> 29);
    h6 = (w6 & 0x1fffffff) + (w5 >> 29) - (o << 22) - (o << 18);
    h7 = (w7 & 0x1fffffff) + (w6 >> 29);
    h8 = top & 0x7ffff;
    k += 36;
  }
  store<i64>(h, h0, 0);
  store<i64>(h, h1, 8);
  store<i64>(h, h2, 16);
  store<i64>(h, h3, 24);
  store<i64>(h, h4, 32);
  store<i64>(h, h5, 40);
  store<i64>(h, h6, 48);
  store<i64>(h, h7, 56);
  store<i64>(h, h8, 64);
  store<i64>(g, g0, 0);
  store<i64>(g, g1, 8);
  store<i64>(g, g2, 16);
  store<i64>(g, g3, 24);
  store<i64>(g, g4, 32);
  store<i64>(g, g5, 40);
  store<i64>(g, g6, 48);
  store<i64>(g, g7, 56);
  store<i64>(g, g8, 64);
  store<i64>(x, x0, 0);
  store<i64>(x, x1, 8);
  store<i64>(x, x2, 16);
  store<i64>(x, x3, 24);
  store<i64>(x, x4, 32);
  store<i64>(x, x5, 40);
  store<i64>(x, x6, 48);
  store<i64>(x, x7, 56);
  store<i64>(x, x8, 64);
}
