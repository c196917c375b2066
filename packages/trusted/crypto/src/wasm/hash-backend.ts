/**
 * Poseidon in WebAssembly: about 30 times as fast as over BigInt.
 *
 * Our own code, so it is never alone: every vector runs on it and on scure, a fuzz compares the two,
 * and `selectHashBackend` lets it work only after a self-test. It sees public data only.
 *
 * @module
 */

import { assertFelts } from '../assert-range.ts';
import type { HashBackend } from '../hash-backend.ts';
import { LANES, lanesAt, readLanes, writeLanes } from './lanes.ts';
import { instantiateStark } from './stark-module.ts';

/**
 * Creates a backend with an instance of its own. Contract of `hashMany`: see {@link HashBackend}.
 *
 * @throws BoundaryError ERR_INTERNAL when the module cannot be loaded.
 * @remarks Not constant time. Holds 64 KiB; the values of the last list stay in it until overwritten.
 */
export function createWasmHashBackend(): HashBackend {
  const stark = instantiateStark();
  const capacity = stark.INPUT_FELTS.value;
  const input = lanesAt(stark.memory.buffer, stark.INPUT.value, capacity);
  const output = lanesAt(stark.memory.buffer, stark.OUTPUT.value, 1);

  function absorbAll(felts: readonly bigint[]): void {
    let filled = 0;
    for (const felt of felts) {
      writeLanes(input, filled * LANES, felt);
      filled += 1;
      if (filled === capacity) {
        stark.absorb(capacity / 2);
        filled = 0;
      }
    }
    stark.absorb(filled / 2);
  }

  return {
    name: 'wasm',
    hashMany: (values) => {
      const felts = [...values];
      assertFelts(felts, 'values');
      stark.reset();
      absorbAll(pad(felts));
      stark.squeeze();
      return readLanes(output, 0);
    },
  };
}

/** Appends the padding of Cairo's `poseidon_hash_span`: a one, then a zero if the length is odd. */
function pad(felts: bigint[]): readonly bigint[] {
  felts.push(1n);
  if (felts.length % 2 === 1) felts.push(0n);
  return felts;
}
