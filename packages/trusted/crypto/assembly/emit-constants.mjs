/**
 * Emits `generated/constants.ts`: every number the module needs that is not a shift count.
 *
 * Field elements are written as nine 29-bit limbs, least significant first, in Montgomery form
 * (value · 2^261 mod P) unless the name says otherwise. Each table names its origin; the tests
 * compute all of them again from that origin and compare with the bytes in the compiled module.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography for P, n and the Poseidon parameters
 */

import { createHash } from 'node:crypto';

export const LIMBS = 9;
export const LIMB_BITS = 29;
export const LIMB_MASK = (1n << BigInt(LIMB_BITS)) - 1n;

/** Order of the Stark field. */
export const P = (1n << 251n) + 17n * (1n << 192n) + 1n;
/** Order of the Stark curve's group. */
export const CURVE_N = 0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2fn;
/** Montgomery radix: nine limbs of 29 bits. */
export const R = 1n << BigInt(LIMBS * LIMB_BITS);

const FULL_ROUNDS_EACH_SIDE = 4;
const PARTIAL_ROUNDS = 83;
const ROUNDS = 2 * FULL_ROUNDS_EACH_SIDE + PARTIAL_ROUNDS;

export const mod = (value, modulus = P) => ((value % modulus) + modulus) % modulus;
export const range = (count) => Array.from({ length: count }, (_, index) => index);

/** The nine 29-bit limbs of a non-negative number below 2^261, least significant first. */
export const toLimbs = (value) =>
  range(LIMBS).map((index) => (value >> BigInt(LIMB_BITS * index)) & LIMB_MASK);

const toMontgomery = (value) => mod(value * R);

/** Inverse of a unit by Fermat; the moduli here are primes or powers of two with known inverses. */
function power(base, exponent, modulus) {
  let result = 1n;
  for (let left = exponent, square = mod(base, modulus); left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/**
 * The 91 rows of three round constants: sha256 of the ASCII text `Hades` followed by the running
 * index in decimal, read big-endian, mod P. (StarkWare's Poseidon parameters; same as scure.)
 */
export function roundConstants() {
  const constant = (index) =>
    mod(BigInt(`0x${createHash('sha256').update(`Hades${index}`).digest('hex')}`));
  return range(ROUNDS).map((round) => range(3).map((lane) => constant(3 * round + lane)));
}

/** The MDS matrix of StarkWare's Poseidon applied to a state: rows (3,1,1), (1,-1,1), (1,1,-2). */
export const mix = ([a, b, c]) => [mod(3n * a + b + c), mod(a - b + c), mod(a + b - 2n * c)];

/**
 * Moves the constants of lanes 0 and 1 out of the partial rounds.
 *
 * In a partial round only lane 2 meets the S-box, so what is added to lanes 0 and 1 before it may
 * as well be added after the mixing: (k0, k1, 0) in front becomes mix(k0, k1, 0) in the next round.
 * Done round by round, each partial round keeps one constant and the first full round of the
 * second half receives what is left. The permutation computed is the same.
 *
 * @returns 91 rows; rows 4 to 86 have zeros in lanes 0 and 1.
 */
export function compressedConstants() {
  const rows = roundConstants();
  for (const index of range(PARTIAL_ROUNDS)) {
    const round = FULL_ROUNDS_EACH_SIDE + index;
    const [k0, k1, k2] = rows[round];
    const moved = mix([k0, k1, 0n]);
    rows[round] = [0n, 0n, k2];
    rows[round + 1] = rows[round + 1].map((constant, lane) => mod(constant + moved[lane]));
  }
  return rows;
}

/**
 * Constants in the order in which the permutation reads them: rows 0–3; row 4 (whose first two
 * lanes are zero); lane 2 of rows 5–86; one zero (nothing is added after the last partial round);
 * rows 87–90; one row of zeros (nothing is added after the last full round).
 */
export function keySchedule() {
  const rows = compressedConstants();
  const firstPartial = FULL_ROUNDS_EACH_SIDE;
  const firstClosing = FULL_ROUNDS_EACH_SIDE + PARTIAL_ROUNDS;
  return [
    ...rows.slice(0, firstPartial + 1).flat(),
    ...rows.slice(firstPartial + 1, firstClosing).map((row) => row[2]),
    0n,
    ...rows.slice(firstClosing).flat(),
    0n,
    0n,
    0n,
  ];
}

const limbRow = (value) => toLimbs(value).join(', ');
const narrow = (values) =>
  `memory.data<u32>([\n${values.map((value) => `  ${limbRow(value)},`).join('\n')}\n])`;
const wide = (value) => `memory.data<i64>([${limbRow(value)}])`;

function constant(name, comment, value) {
  return `/** ${comment} */\nexport const ${name}: usize = ${value};\n`;
}

/** Text of `generated/constants.ts`. */
export function emitConstants() {
  const half = (P + 1n) / 2n;
  const negatedInverse = mod(-power(CURVE_N, (1n << 27n) - 1n, LIMB_MASK + 1n), LIMB_MASK + 1n);
  return `${[
    '// Written by generate.mjs; do not edit. Origins: emit-constants.mjs. Limbs of 29 bits, least first.\n',
    constant('ONE', '1 in Montgomery form: 2^261 mod P. Wide.', wide(toMontgomery(1n))),
    constant('PLAIN_ONE', '1 as it is: a factor that takes out 2^261. Narrow.', narrow([1n])),
    constant('R_SQUARED', '2^522 mod P: a factor that brings in 2^261. Narrow.', narrow([mod(R * R)])),
    constant('HALF', '1/2 in Montgomery form. Narrow.', narrow([toMontgomery(half)])),
    constant('QUARTER', '1/4 in Montgomery form. Narrow.', narrow([toMontgomery(half * half)])),
    constant('PRIME', 'P = 2^251 + 17·2^192 + 1 as it is. Wide.', wide(P)),
    constant('ORDER', 'n, the order of the curve group, as it is. Wide.', wide(CURVE_N)),
    `/** -1/n mod 2^29, by Euler: n^(2^27 - 1) is 1/n because the units mod 2^29 have exponent 2^27. */\nexport const ORDER_NEGATED_INVERSE: i64 = ${negatedInverse};\n`,
    constant(
      'KEYS',
      `Hades round constants in reading order (keySchedule in emit-constants.mjs), ${keySchedule().length} narrow rows.`,
      narrow(keySchedule().map(toMontgomery)),
    ),
  ].join('\n')}`;
}
