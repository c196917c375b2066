// The Hades permutation (width 3, 8 full and 83 partial rounds, cube as S-box) and the sponge over it.
//
// One state and one input area: a span is hashed by reset, any number of absorb calls, squeeze.

import { canonical, pack, WIDE } from './element';
import { HALF, KEYS, PLAIN_ONE, PRIME, QUARTER, R_SQUARED } from './generated/constants';
import { addNarrow, combine, mixKeyed, mul, mulNarrow, partialRounds, sqr, unpack } from './generated/field';

const NARROW: usize = 36;
const ROW: usize = 3 * NARROW; // the constants of one full round
const ROUNDS_EACH_SIDE = 4;
const PARTIAL_ROUNDS: usize = 83;

/** Felts that fit the input area; even, so that a pair is never split. */
export const INPUT_FELTS: i32 = 256;
/** Felts to absorb, 32 bytes each, little-endian, below P. */
export const INPUT: usize = memory.data(256 * 32, 16);
/** The hash, 32 bytes, little-endian, below P. */
export const OUTPUT: usize = memory.data(32, 16);

const S0: usize = memory.data(3 * 72, 16);
const S1: usize = S0 + WIDE;
const S2: usize = S1 + WIDE;
const H: usize = memory.data(72, 16);
const G: usize = memory.data(72, 16);
const T: usize = memory.data(72, 16);

function cube(p: usize): void {
  sqr(T, p);
  mul(p, T, p);
}

/** Four full rounds; the constants of the first have been added, those of round i + 1 follow at k. */
function fullRounds(k: usize): void {
  for (let i = 0; i < ROUNDS_EACH_SIDE; i++) {
    cube(S0);
    cube(S1);
    cube(S2);
    mixKeyed(S0, k);
    k += ROW;
  }
}

function addRow(k: usize): void {
  addNarrow(S0, k);
  addNarrow(S1, k + NARROW);
  addNarrow(S2, k + 2 * NARROW);
}

/**
 * Hades on the state, with the compressed constants at KEYS. See keySchedule in emit-constants.mjs for
 * their order and partialRounds for h and g. State on entry: lanes within 2^31, values within 10P.
 */
function permute(): void {
  addRow(KEYS);
  fullRounds(KEYS + ROW);
  const partial: usize = KEYS + 5 * ROW;
  const closing: usize = partial + PARTIAL_ROUNDS * NARROW;
  combine(H, S0, 1, S1, 1);
  combine(G, S0, 1, S1, -1);
  mulNarrow(H, H, HALF); // h = (a + b) / 2
  mulNarrow(G, G, QUARTER); // g = (a - h) / 2 = (a - b) / 4
  partialRounds(H, G, S2, partial, closing);
  combine(S0, H, 1, G, 2); // lanes of h and g below 2^29.2, three of them below 2^31: carried again
  combine(S1, H, 1, G, -2);
  addRow(closing);
  fullRounds(closing + ROW);
}

/** Starts a new span. */
export function reset(): void {
  memory.fill(S0, 0, 3 * WIDE);
}

/** Absorbs `pairs` pairs of felts from INPUT, one permutation each. `pairs` <= INPUT_FELTS / 2. */
export function absorb(pairs: i32): void {
  let at = INPUT;
  for (let i = 0; i < pairs; i++) {
    addInput(S0, at);
    addInput(S1, at + 32);
    at += 64;
    permute();
  }
}

function addInput(lane: usize, lanes: usize): void {
  unpack(T, lanes);
  mulNarrow(T, T, R_SQUARED);
  combine(lane, lane, 1, T, 1);
}

/** Writes the first lane of the state to OUTPUT. */
export function squeeze(): void {
  mulNarrow(T, S0, PLAIN_ONE);
  canonical(T, T, PRIME);
  pack(OUTPUT, T);
}
