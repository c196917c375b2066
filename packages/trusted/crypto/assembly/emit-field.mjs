/**
 * Emits `generated/field.ts`: unrolled arithmetic mod P = 2^251 + 17·2^192 + 1.
 *
 * The text is made of straight-line columns that are tedious to write and easy to get wrong by
 * hand; this file is the readable form of it. How it works and why no 64-bit lane can overflow is
 * said once, in `BOUNDS` below, which is also the head of the emitted file.
 *
 * @module
 */

import { LIMB_BITS, LIMBS, range } from './emit-constants.mjs';

const COLUMNS = 2 * LIMBS - 1;
const MASK = '0x1fffffff';

const BOUNDS = `// Written by generate.mjs; do not edit. Source: emit-field.mjs.
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
`;

const pad = '  ';
const load = (name, pointer, type = 'i64') => {
  const bytes = type === 'i64' ? 8 : 4;
  return range(LIMBS).map(
    (i) => `${pad}const ${name}${i}: i64 = load<${type}>(${pointer}, ${bytes * i});`,
  );
};
const store = (pointer, name) =>
  range(LIMBS).map((i) => `${pad}store<i64>(${pointer}, ${name}${i}, ${8 * i});`);

/** For each column the list of its terms, made by `term(i, j)` for i + j = column. */
const columns = (term) =>
  range(COLUMNS).map((k) =>
    range(LIMBS)
      .map((i) => [i, k - i])
      .filter(([, j]) => j >= 0 && j < LIMBS)
      .map(([i, j]) => term(i, j))
      .filter((text) => text !== ''),
  );

/** Declares columns `t0`… of a product from lists of terms. */
const declare = (t, lists) =>
  lists.map((terms, k) => `${pad}let ${t}${k}: i64 = ${terms.join(' + ')};`);

const product = (t, a, b) => declare(t, columns((i, j) => `${a}${i} * ${b}${j}`));

/** Columns of a square: cross terms once, with one factor doubled. */
const square = (t, a) => [
  ...range(LIMBS - 1).map((i) => `${pad}const ${t}d${i} = ${a}${i} << 1;`),
  ...declare(
    t,
    columns((i, j) => (i === j ? `${a}${i} * ${a}${i}` : i < j ? `${t}d${i} * ${a}${j}` : '')),
  ),
];

/** Reduces columns `t0`…`t16` to tight limbs `r0`…`r8`; see REDUCTION. */
const reduce = (t, r) => [
  `${pad}let ${t}17: i64 = 0, ${t}m: i64;`,
  ...range(LIMBS).map(
    (i) =>
      `${pad}${t}m = ${t}${i} & ${MASK}; ${t}${i + 1} += ${t}${i} >> ${LIMB_BITS}; ` +
      `${t}${i + 6} -= (${t}m << 22) + (${t}m << 18); ${t}${i + 8} -= ${t}m << 19;`,
  ),
  ...range(LIMBS - 1).map(
    (i) =>
      `${pad}${t}${LIMBS + i + 1} += ${t}${LIMBS + i} >> ${LIMB_BITS}; ` +
      `const ${r}${i} = ${t}${LIMBS + i} & ${MASK};`,
  ),
  `${pad}const ${r}${LIMBS - 1} = ${t}17;`,
];

/**
 * One carry pass: limb i keeps its low 29 bits and takes what limb i-1 had above them. All limbs
 * at once, so it is three operations deep instead of a chain through nine limbs.
 */
const carryPass = (from) =>
  range(LIMBS).map((i) => {
    const low = i < LIMBS - 1 ? `(${from}${i} & ${MASK})` : `${from}${i}`;
    return i === 0 ? low : `${low} + (${from}${i - 1} >> ${LIMB_BITS})`;
  });

const storeCarried = (pointer, from) =>
  carryPass(from).map((text, i) => `${pad}store<i64>(${pointer}, ${text}, ${8 * i});`);

const wrap = (comment, signature, body) =>
  [`/** ${comment} */`, `export function ${signature}: void {`, ...body, '}', ''].join('\n');

const multiplications = () => [
  wrap(
    'r = a·b / 2^261, tight. a, b: operands. The three may overlap.',
    'mul(r: usize, a: usize, b: usize)',
    [...load('a', 'a'), ...load('b', 'b'), ...product('t', 'a', 'b'), ...reduce('t', 'r'), ...store('r', 'r')],
  ),
  wrap(
    'As mul, with b narrow: a constant or a table entry.',
    'mulNarrow(r: usize, a: usize, b: usize)',
    [...load('a', 'a'), ...load('b', 'b', 'u32'), ...product('t', 'a', 'b'), ...reduce('t', 'r'), ...store('r', 'r')],
  ),
  wrap(
    'r = a^2 / 2^261, tight. a: operand. The two may overlap.',
    'sqr(r: usize, a: usize)',
    [...load('a', 'a'), ...square('t', 'a'), ...reduce('t', 'r'), ...store('r', 'r')],
  ),
  wrap(
    'r = (a·b - c·d) / 2^261, tight, with one reduction. a, b, c, d: operands. All may overlap.',
    'mulSub(r: usize, a: usize, b: usize, c: usize, d: usize)',
    [
      ...['a', 'b', 'c', 'd'].flatMap((name) => load(name, name)),
      ...product('t', 'a', 'b'),
      ...columns((i, j) => `c${i} * d${j}`).map((terms, k) => `${pad}t${k} -= ${terms.join(' + ')};`),
      ...reduce('t', 'r'),
      ...store('r', 'r'),
    ],
  ),
];

const each = (text) => range(LIMBS).map((i) => `${pad}${text(i)}`);

const linearOperations = () => [
  wrap(
    'r = a - b, lane by lane: an operand when a and b are tight or carried.',
    'sub(r: usize, a: usize, b: usize)',
    each((i) => `store<i64>(r, load<i64>(a, ${8 * i}) - load<i64>(b, ${8 * i}), ${8 * i});`),
  ),
  wrap(
    'r = -a, lane by lane: an operand when a is one.',
    'negate(r: usize, a: usize)',
    each((i) => `store<i64>(r, -load<i64>(a, ${8 * i}), ${8 * i});`),
  ),
  wrap(
    'r = ka·a + kb·b, carried. |ka| + |kb| <= 15; a, b tight or carried. The three may overlap.',
    'combine(r: usize, a: usize, ka: i64, b: usize, kb: i64)',
    [
      ...each((i) => `const s${i} = ka * load<i64>(a, ${8 * i}) + kb * load<i64>(b, ${8 * i});`),
      ...storeCarried('r', 's'),
    ],
  ),
  wrap(
    'r = a - b - 2d, carried. a, b, d tight or carried. All may overlap.',
    'subThree(r: usize, a: usize, b: usize, d: usize)',
    [
      ...each(
        (i) =>
          `const s${i} = load<i64>(a, ${8 * i}) - load<i64>(b, ${8 * i}) - (load<i64>(d, ${8 * i}) << 1);`,
      ),
      ...storeCarried('r', 's'),
    ],
  ),
  wrap(
    'a = a + k, carried. |limbs of a| <= 2^32; k narrow.',
    'addNarrow(a: usize, k: usize)',
    [
      ...each((i) => `const s${i} = load<i64>(a, ${8 * i}) + load<u32>(k, ${4 * i});`),
      ...storeCarried('a', 's'),
    ],
  ),
  wrap(
    'Splits 256 bits (four u64, least first) into nine tight limbs.',
    'unpack(r: usize, lanes: usize)',
    [
      ...range(4).map((i) => `${pad}const w${i} = load<u64>(lanes, ${8 * i});`),
      ...each((i) => `store<i64>(r, ${sliceOfWords(i)}, ${8 * i});`),
    ],
  ),
];

/** Bits 29i to 29i+28 of the words w0..w3. */
function sliceOfWords(i) {
  const word = Math.floor((LIMB_BITS * i) / 64);
  const shift = (LIMB_BITS * i) % 64;
  const low = shift === 0 ? `w${word}` : `(w${word} >> ${shift})`;
  const crosses = shift + LIMB_BITS > 64 && word < 3;
  return `${crosses ? `(${low} | (w${word + 1} << ${64 - shift}))` : low} & ${MASK}`;
}

/** The Hades linear layer and the 83 partial rounds; the permutation itself is poseidon.ts. */
const hadesParts = () => [
  wrap(
    `Linear layer of Hades with the next round's constants: (a, b, c) becomes
 * (3a + b + c, a - b + c, a + b - 2c) + constants, carried. a, b, c: tight, at s, s + 72, s + 144;
 * k: three narrow rows. With a, b, c in (-1.26P, 0.26P) the results stay within 8P.`,
    'mixKeyed(s: usize, k: usize)',
    [
      ...['a', 'b', 'c'].flatMap((name, lane) =>
        each((i) => `const ${name}${i} = load<i64>(s, ${72 * lane + 8 * i});`),
      ),
      ...each((i) => `const t${i} = a${i} + b${i} + c${i};`),
      ...[
        ['u', (i) => `(a${i} << 1)`, '+'],
        ['v', (i) => `(b${i} << 1)`, '-'],
        ['w', (i) => `c${i} * 3`, '-'],
      ].flatMap(([name, term, sign], lane) =>
        each(
          (i) => `const ${name}${i} = t${i} ${sign} ${term(i)} + load<u32>(k, ${36 * lane + 4 * i});`,
        ),
      ),
      ...['u', 'v', 'w'].flatMap((name, lane) =>
        carryPass(name).map((text, i) => `${pad}store<i64>(s, ${text}, ${72 * lane + 8 * i});`),
      ),
    ],
  ),
  wrap(
    `The 83 partial rounds, in a form with one cube and few additions each.
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
 * lanes of 2(h - z) + constant stay within 2^31, so their carry pass leaves x carried, within 6P.`,
    'partialRounds(h: usize, g: usize, x: usize, k: usize, end: usize)',
    [
      ...['h', 'g', 'x'].flatMap((name) =>
        each((i) => `let ${name}${i}: i64 = load<i64>(${name}, ${8 * i});`),
      ),
      `${pad}while (k < end) {`,
      ...[
        ...square('t', 'x'),
        ...reduce('t', 's'),
        ...product('y', 's', 'x'),
        ...reduce('y', 'z'),
        ...each((i) => `const e${i} = ((h${i} - z${i}) << 1) + load<u32>(k, ${4 * i});`),
        ...carryPass('e').map((text, i) => `${pad}x${i} = ${text};`),
        ...each((i) => `const w${i} = ((h${i} + (g${i} << 1)) << 1) + z${i}; g${i} = h${i};`),
        `${pad}const top = w8 + (w7 >> ${LIMB_BITS}), o = top >> 19;`,
        ...carryPass('w')
          .slice(0, LIMBS - 1)
          .map((text, i) => `${pad}h${i} = ${text}${FOLD[i] ?? ''};`),
        `${pad}h8 = top & 0x7ffff;`,
        `${pad}k += ${4 * LIMBS};`,
      ].map((line) => pad + line),
      `${pad}}`,
      ...['h', 'g', 'x'].flatMap((name) => store(name, name)),
    ],
  ),
];

const FOLD = { 0: ' - o', 6: ' - (o << 22) - (o << 18)' };

/** Text of `generated/field.ts`. */
export function emitField() {
  return [BOUNDS, ...multiplications(), ...linearOperations(), ...hadesParts()].join('\n');
}
