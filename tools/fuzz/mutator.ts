/**
 * Random changes of byte strings, repeatable by seed.
 *
 * @module
 */

export interface Random {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
}

/** Marsaglia's xorshift32: fast, repeatable, and good enough to choose mutations. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return {
    below(limit) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % limit;
    },
  };
}

const LONGEST = 4_096;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x7b, 0x7d, 0x0a, 0x20];

type Mutation = (input: Buffer, random: Random, tokens: readonly Buffer[], other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (input, random) => at(input, random, (byte) => byte ^ (1 << random.below(8))),
  (input, random) => at(input, random, () => random.below(256)),
  (input, random) => at(input, random, () => INTERESTING[random.below(INTERESTING.length)] ?? 0),
  (input, random) => {
    const from = random.below(input.length + 1);
    return cut(input, from, from + random.below(16));
  },
  (input, random) => insert(input, random, Buffer.from([random.below(256)])),
  (input, random, tokens) => insert(input, random, pick(tokens, random)),
  (input, random, tokens) => overwrite(input, random, pick(tokens, random)),
  (input, random) => insert(input, random, slice(input, random)),
  (input, random, _tokens, other) => insert(input, random, slice(other, random)),
  (input, random, _tokens, other) =>
    Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
  (input, random) => input.subarray(0, random.below(input.length + 1)),
];

/** Applies a few random mutations to `input`; the result has at most 4 KiB. */
export function mutate(
  input: Buffer,
  random: Random,
  tokens: readonly Buffer[],
  other: Buffer,
): Buffer {
  let result: Buffer = Buffer.from(input);
  for (let rounds = 1 + random.below(4); rounds > 0; rounds--) {
    const mutation = MUTATIONS[random.below(MUTATIONS.length)];
    if (mutation !== undefined) result = mutation(result, random, tokens, other);
  }
  return result.length > LONGEST ? result.subarray(0, LONGEST) : result;
}

function at(input: Buffer, random: Random, change: (byte: number) => number): Buffer {
  if (input.length === 0) return Buffer.from([random.below(256)]);
  const result = Buffer.from(input);
  const index = random.below(input.length);
  result[index] = change(result[index] ?? 0);
  return result;
}

function cut(input: Buffer, from: number, to: number): Buffer {
  return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
}

function insert(input: Buffer, random: Random, what: Buffer): Buffer {
  const where = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, where), what, input.subarray(where)]);
}

function overwrite(input: Buffer, random: Random, what: Buffer): Buffer {
  const where = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, where), what, input.subarray(where + what.length)]);
}

function slice(input: Buffer, random: Random): Buffer {
  const from = random.below(input.length + 1);
  return input.subarray(from, from + random.below(64));
}

function pick(tokens: readonly Buffer[], random: Random): Buffer {
  return tokens[random.below(tokens.length)] ?? Buffer.alloc(0);
}
