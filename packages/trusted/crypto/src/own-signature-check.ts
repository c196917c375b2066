/**
 * The last check before a signature leaves: does it hold for the hash that was decided on?
 *
 * It catches flipped bits, a wrong key and a custodian that signed something else. In JavaScript it
 * costs as much as two signatures, so a fast verifier takes over per key as soon as its table is made.
 *
 * @module
 */

import { BoundaryError } from '@countersign/protocol';
import { publicPointOf } from './public-point.ts';
import {
  isMessageHash,
  isStarkSignature,
  type StarkSignature,
  verifySignature,
} from './stark-signature.ts';

/** A verifier that needs a table per key. `Key` is the table, or a handle of it. */
export interface FastVerifier<Key> {
  /** Makes the table without blocking the event loop for more than a few milliseconds at a time. */
  prepare(publicKeyX: bigint, y: bigint): Promise<Key>;
  /** Same answer as `verifySignature`, for numbers in range. */
  verify(key: Key, messageHash: bigint, r: bigint, s: bigint): boolean;
}

export interface SignatureCheckerOptions<Key> {
  readonly fast?: FastVerifier<Key>;
  /** Most keys with a table at a time, at least 1. Further keys are verified in JavaScript. Default 64. */
  readonly maxPreparedKeys?: number;
  /** Told once when the fast verifier failed or disagreed, after which it is not used again. */
  readonly onWarning?: (warning: BoundaryError) => void;
}

export interface SignatureChecker {
  /**
   * Answers whether a signature holds; contract as `verifySignature`. Never throws. The first call for
   * a key starts the making of its table in the background.
   */
  verify(messageHash: bigint, signature: StarkSignature, publicKeyX: bigint): boolean;
  /**
   * Makes the table of a key ahead of its first signature.
   *
   * @returns Whether the key now has a table; `false` also for a number that is no public key. Never
   * rejects.
   */
  prepare(publicKeyX: bigint): Promise<boolean>;
}

const DEFAULT_PREPARED_KEYS = 64;

/**
 * Creates a checker.
 *
 * INVARIANT: a fast yes is taken only from a table that has agreed with JavaScript on a signature
 * that holds and on one that does not; a fast no is always checked in JavaScript. A fast verifier that
 * fails or disagrees once is dropped for good. Tested in `own-signature-check.test.ts`.
 *
 * @remarks Holds public keys and tables, no secrets. Without `fast` everything runs in JavaScript.
 */
export function createSignatureChecker<Key>(
  options: SignatureCheckerOptions<Key> = {},
): SignatureChecker {
  const { fast } = options;
  if (fast !== undefined) return new FastChecker(fast, options);
  return { verify: verifySignature, prepare: () => Promise.resolve(false) };
}

interface Table<Key> {
  readonly key: Key;
  /** Whether it has agreed with JavaScript on a yes and on a no. */
  proven: boolean;
}

class FastChecker<Key> implements SignatureChecker {
  /** `undefined` once dropped. */
  #fast: FastVerifier<Key> | undefined;
  readonly #maxTables: number;
  readonly #onWarning: (warning: BoundaryError) => void;
  /** Every key whose table was ever started; a failed one drops the fast verifier anyway. */
  readonly #started = new Map<bigint, Promise<boolean>>();
  readonly #tables = new Map<bigint, Table<Key>>();

  constructor(fast: FastVerifier<Key>, options: SignatureCheckerOptions<Key>) {
    this.#fast = fast;
    this.#maxTables = options.maxPreparedKeys ?? DEFAULT_PREPARED_KEYS;
    this.#onWarning = options.onWarning ?? (() => undefined);
  }

  verify(messageHash: bigint, signature: StarkSignature, publicKeyX: bigint): boolean {
    const table = this.#tables.get(publicKeyX);
    if (table === undefined || !isMessageHash(messageHash) || !isStarkSignature(signature)) {
      void this.prepare(publicKeyX);
      return verifySignature(messageHash, signature, publicKeyX);
    }
    if (table.proven && this.#ask(table, messageHash, signature) === true) return true;
    const holds = verifySignature(messageHash, signature, publicKeyX);
    if (holds) this.#prove(table, messageHash, signature);
    return holds;
  }

  async prepare(publicKeyX: bigint): Promise<boolean> {
    const started = this.#started.get(publicKeyX) ?? this.#start(publicKeyX);
    return started !== undefined && (await started) && this.#fast !== undefined;
  }

  #start(publicKeyX: bigint): Promise<boolean> | undefined {
    const fast = this.#fast;
    if (fast === undefined || this.#started.size >= this.#maxTables) return undefined;
    const point = publicPointOf(publicKeyX);
    if (point === undefined) return undefined;
    const making = this.#make(fast, publicKeyX, point.y);
    this.#started.set(publicKeyX, making);
    return making;
  }

  async #make(fast: FastVerifier<Key>, publicKeyX: bigint, y: bigint): Promise<boolean> {
    try {
      const key = await fast.prepare(publicKeyX, y);
      this.#tables.set(publicKeyX, { key, proven: false });
      return true;
    } catch (cause) {
      this.#drop('could not make a table', cause);
      return false;
    }
  }

  /** JavaScript has just said yes: the table must say yes too, and no to another hash. */
  #prove(table: Table<Key>, messageHash: bigint, signature: StarkSignature): void {
    const yes = this.#ask(table, messageHash, signature);
    const no = this.#ask(table, messageHash ^ 1n, signature);
    if (yes === true && no === false) table.proven = true;
    else this.#drop('disagreed with the reference');
  }

  #ask(table: Table<Key>, messageHash: bigint, { r, s }: StarkSignature): boolean | undefined {
    try {
      return this.#fast?.verify(table.key, messageHash, r, s);
    } catch (cause) {
      this.#drop('failed while verifying', cause);
      return undefined;
    }
  }

  #drop(reason: string, cause?: unknown): void {
    if (this.#fast === undefined) return;
    this.#fast = undefined;
    this.#tables.clear();
    this.#onWarning(
      new BoundaryError('ERR_INTERNAL', { details: { part: 'fast verifier', reason }, cause }),
    );
  }
}
