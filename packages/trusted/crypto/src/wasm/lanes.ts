/**
 * Numbers of up to 256 bits as four 64-bit words in the module's memory, least significant first.
 *
 * @module
 */

export const LANES = 4;

const ONE_LANE = 1n << 64n;

/**
 * Writes a number. Storing into a `BigUint64Array` keeps the low 64 bits, so nothing is masked here.
 *
 * @param value - In [0, 2^256); the caller has checked. Most felts in calldata are small, hence the
 * short way.
 */
export function writeLanes(words: BigUint64Array, at: number, value: bigint): void {
  words[at] = value;
  if (value < ONE_LANE) {
    words[at + 1] = 0n;
    words[at + 2] = 0n;
    words[at + 3] = 0n;
    return;
  }
  words[at + 1] = value >> 64n;
  words[at + 2] = value >> 128n;
  words[at + 3] = value >> 192n;
}

/** Reads the number at `at`: in [0, 2^256). */
export function readLanes(words: BigUint64Array, at: number): bigint {
  let value = 0n;
  for (let i = LANES - 1; i >= 0; i -= 1) value = (value << 64n) | (words[at + i] ?? 0n);
  return value;
}

/** A view of `count` numbers at a byte offset, which must be a multiple of 8. */
export function lanesAt(buffer: ArrayBuffer, offset: number, count: number): BigUint64Array {
  return new BigUint64Array(buffer, offset, count * LANES);
}
