/**
 * Stark ECDSA verification with tables, in WebAssembly: about 40 µs instead of 2 ms.
 *
 * One table holds multiples of the generator (295 KB, shared), one of each public key (97 KB). Public
 * data only: branches and memory accesses depend on the numbers. A private key must never come here.
 *
 * @module
 * @see https://docs.starknet.io/learn/protocol/cryptography — STARK curve
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { BoundaryError, CURVE_ORDER } from '@countersign/protocol';
import { Point } from '@scure/starknet';
import type { FastVerifier } from '../own-signature-check.ts';
import { isMessageHash, isStarkSignature } from '../stark-signature.ts';
import { lanesAt, readLanes, writeLanes } from './lanes.ts';
import { instantiateStark, type StarkExports } from './stark-module.ts';

/** Most keys with a table at a time. */
export const MAX_FAST_KEYS = 64;

/** Windows of the tables, in bits: measured; wider ones save under 10 % and double the memory per bit. */
const GENERATOR_BITS = 8;
const KEY_BITS = 6;

/** A table is made in slices of about this length, so that the event loop goes on in between. */
const SLICE_MS = 3;
const PAGE_BYTES = 65_536;
const ALIGNMENT = 64;

/** Handle of a key whose table is made. Only the verifier that made it takes it. */
export interface FastKey {
  readonly publicKeyX: bigint;
  readonly publicKeyY: bigint;
}

export interface TableVerifier extends FastVerifier<FastKey> {
  /**
   * Makes the table of a key: about 2 ms, in slices; the first call also makes the generator's, 5 ms.
   *
   * @param publicKeyX - With `publicKeyY` a point on the Stark curve. Which of the two y is given does
   * not matter to the answers of `verify`.
   * @throws BoundaryError (as a rejection) ERR_KEY_INVALID when it is no point of the curve,
   * ERR_OVERLOADED when {@link MAX_FAST_KEYS} keys have tables.
   */
  prepare(publicKeyX: bigint, publicKeyY: bigint): Promise<FastKey>;
  /**
   * Answers whether a signature holds: x(s⁻¹·(hash·G ± r·Q)) = r, for either y of the key, as
   * `verifySignature` and the account contract decide it.
   *
   * @param messageHash - In [0, 2^251).
   * @param r - In [1, 2^251).
   * @param s - In [1, n); both halves.
   * @returns `false` for anything out of range or not a bigint.
   * @throws BoundaryError ERR_INTERNAL for a key that was released or is another verifier's.
   */
  verify(key: FastKey, messageHash: bigint, r: bigint, s: bigint): boolean;
  /** Gives the table's memory back. Releasing a key twice does nothing. */
  release(key: FastKey): void;
}

/**
 * Creates a verifier with an instance of its own.
 *
 * @throws BoundaryError ERR_INTERNAL when the module cannot be loaded.
 * @remarks Reserves 6.6 MB of address space; the system gives memory as tables are made.
 */
export function createFastVerifier(): TableVerifier {
  return new StarkTableVerifier(instantiateStark());
}

class StarkTableVerifier implements TableVerifier {
  readonly #stark: StarkExports;
  readonly #generatorTable: number;
  readonly #freeTables: number[];
  readonly #tables = new Map<FastKey, number>();
  readonly #first: BigUint64Array;
  readonly #second: BigUint64Array;
  readonly #expectedX: BigUint64Array;
  #generatorReady: Promise<void> | undefined;
  #lastBuild: Promise<void> = Promise.resolve();

  constructor(stark: StarkExports) {
    this.#stark = stark;
    this.#generatorTable = align(stark.FREE.value);
    const keyTables = align(this.#generatorTable + stark.tableBytes(GENERATOR_BITS));
    const keyBytes = align(stark.tableBytes(KEY_BITS));
    this.#freeTables = Array.from({ length: MAX_FAST_KEYS }, (_, i) => keyTables + keyBytes * i);
    // INVARIANT: memory grows here and never again, so the views below stay attached.
    growTo(stark, keyTables + keyBytes * MAX_FAST_KEYS);
    const { buffer } = stark.memory;
    this.#first = lanesAt(buffer, stark.FIRST.value, 1);
    this.#second = lanesAt(buffer, stark.SECOND.value, 1);
    this.#expectedX = lanesAt(buffer, stark.EXPECTED_X.value, 1);
  }

  async prepare(publicKeyX: bigint, publicKeyY: bigint): Promise<FastKey> {
    assertOnCurve(publicKeyX, publicKeyY);
    const table = this.#freeTables.pop();
    if (table === undefined) throw tablesInUse();
    await this.#prepareGenerator();
    await this.#enqueue(() => this.#build(table, KEY_BITS, publicKeyX, publicKeyY));
    const key = Object.freeze({ publicKeyX, publicKeyY });
    this.#tables.set(key, table);
    return key;
  }

  verify(key: FastKey, messageHash: bigint, r: bigint, s: bigint): boolean {
    const table = this.#tables.get(key);
    if (table === undefined) throw unknownKey();
    if (!isMessageHash(messageHash) || !isStarkSignature({ r, s })) return false;
    const inverse = this.#invert(s);
    writeLanes(this.#first, 0, (messageHash * inverse) % CURVE_ORDER);
    writeLanes(this.#second, 0, (r * inverse) % CURVE_ORDER);
    writeLanes(this.#expectedX, 0, r);
    return this.#stark.checkSum(this.#generatorTable, GENERATOR_BITS, table, KEY_BITS) === 1;
  }

  release(key: FastKey): void {
    const table = this.#tables.get(key);
    if (table === undefined) return;
    this.#tables.delete(key);
    this.#freeTables.push(table);
  }

  #invert(scalar: bigint): bigint {
    writeLanes(this.#first, 0, scalar);
    this.#stark.invertScalar(this.#stark.FIRST.value);
    return readLanes(this.#first, 0);
  }

  #prepareGenerator(): Promise<void> {
    const { x, y } = Point.BASE.toAffine();
    this.#generatorReady ??= this.#enqueue(() =>
      this.#build(this.#generatorTable, GENERATOR_BITS, x, y),
    );
    return this.#generatorReady;
  }

  /** One table at a time: slices of several would add up in one turn of the event loop. */
  #enqueue(build: () => Promise<void>): Promise<void> {
    const built = this.#lastBuild.then(build);
    this.#lastBuild = built;
    return built;
  }

  /**
   * Begins with a turn of the event loop and then gives way after every slice. Nothing is left in the
   * module between two windows but the table, so other calls may come between.
   */
  async #build(table: number, bits: number, x: bigint, y: bigint): Promise<void> {
    writeLanes(this.#first, 0, x);
    writeLanes(this.#second, 0, y);
    this.#stark.beginTable(table);
    let sliceEndsMs = 0;
    for (let index = 0; index < this.#stark.windowCount(bits); index += 1) {
      if (performance.now() >= sliceEndsMs) {
        await nextTurn();
        sliceEndsMs = performance.now() + SLICE_MS;
      }
      this.#stark.buildWindow(table, bits, index);
    }
  }
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function growTo({ memory }: StarkExports, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}

function assertOnCurve(x: bigint, y: bigint): void {
  try {
    Point.fromAffine({ x, y }).assertValidity();
  } catch {
    throw new BoundaryError('ERR_KEY_INVALID', {
      details: { field: 'publicKey', expected: 'x and y of a point on the Stark curve' },
    });
  }
}

function tablesInUse(): BoundaryError {
  return new BoundaryError('ERR_OVERLOADED', {
    details: { part: 'fast verifier', expected: `at most ${MAX_FAST_KEYS} keys with tables` },
  });
}

function unknownKey(): BoundaryError {
  return new BoundaryError('ERR_INTERNAL', {
    details: { part: 'fast verifier', reason: 'the key was released, or is of another verifier' },
  });
}
