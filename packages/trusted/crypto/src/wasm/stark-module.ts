/**
 * The compiled module: reading it, and what it exports.
 *
 * `stark.wasm` is compiled from `assembly/` by `tools/build-wasm.mjs`; `build.test.ts` compiles it
 * again and compares. It imports nothing: it can reach its own memory and nothing else.
 *
 * @module
 */

import { readFileSync } from 'node:fs';
import { BoundaryError } from '@countersign/protocol';

/** A constant of the module: mostly the byte offset of an area in its memory. */
interface Constant {
  readonly value: number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  /** Adds 64 KiB pages; detaches the old `buffer`. */
  grow(pages: number): number;
}

/** What the package uses of the module; see the files of `assembly/` for the contracts. */
export interface StarkExports {
  readonly memory: Memory;
  /** First byte not used by the module itself. */
  readonly FREE: Constant;

  readonly INPUT: Constant;
  readonly INPUT_FELTS: Constant;
  readonly OUTPUT: Constant;
  reset(): void;
  absorb(pairs: number): void;
  squeeze(): void;

  readonly FIRST: Constant;
  readonly SECOND: Constant;
  readonly EXPECTED_X: Constant;
  invertScalar(scalar: number): void;
  tableBytes(windowBits: number): number;
  windowCount(windowBits: number): number;
  beginTable(table: number): void;
  buildWindow(table: number, windowBits: number, index: number): void;
  checkSum(tableA: number, bitsA: number, tableB: number, bitsB: number): number;
}

/** The part of the WebAssembly API used here; Node's types leave it to the types of the DOM. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, never>,
  ) => { readonly exports: unknown };
};

/** Where the committed binary lies: beside this file. */
export const STARK_MODULE_URL = new URL('./stark.wasm', import.meta.url);

let compiled: object | undefined;

/**
 * Makes a new instance with memory of its own. The first call reads and compiles the file, which takes
 * about 1 ms; the machine code is shared by all instances.
 *
 * @throws BoundaryError ERR_INTERNAL when the file is missing or is not a module.
 */
export function instantiateStark(): StarkExports {
  try {
    compiled ??= new WebAssembly.Module(readFileSync(STARK_MODULE_URL));
    return new WebAssembly.Instance(compiled, {}).exports as StarkExports;
  } catch (cause) {
    throw new BoundaryError('ERR_INTERNAL', {
      details: { part: 'stark.wasm', reason: 'could not be loaded' },
      cause,
    });
  }
}
