/**
 * Bytes of the EVM: words of 32, hex text, comparison.
 *
 * @module
 */

/** Bytes of one word of calldata. */
export const WORD_BYTES = 32;

const HEX_BYTES = /^0x(?:[0-9a-fA-F]{2})*$/;

/** Writes bytes as lower-case hex, `0x`-prefixed; no bytes are `0x`. */
export function hexOfBytes(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Reads `0x` and an even number of hex digits; `undefined` for any other text. */
export function bytesOfHex(text: string): Uint8Array | undefined {
  if (!HEX_BYTES.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2 - 1);
  for (const at of bytes.keys()) {
    bytes[at] = Number.parseInt(text.slice(2 + 2 * at, 4 + 2 * at), 16);
  }
  return bytes;
}

/** The unsigned big-endian number in the word at `at`, which must lie within `data`. */
export function wordAt(data: Uint8Array, at: number): bigint {
  const view = new DataView(data.buffer, data.byteOffset + at, WORD_BYTES);
  const limbs = [0, 8, 16, 24].map((offset) => view.getBigUint64(offset));
  return limbs.reduce((value, limb) => (value << 64n) | limb, 0n);
}

/** A number as one big-endian word; below zero in two's complement, above 2^256 cut off. */
export function wordOf(value: bigint): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  const view = new DataView(word.buffer);
  for (const limb of [0, 1, 2, 3]) {
    view.setBigUint64(8 * limb, BigInt.asUintN(64, value >> BigInt(192 - 64 * limb)));
  }
  return word;
}

/** Joins parts in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Index of the first byte in which two byte strings differ; `undefined` when they are equal. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    if (a[at] !== b[at]) return at;
  }
  return a.length === b.length ? undefined : shorter;
}
