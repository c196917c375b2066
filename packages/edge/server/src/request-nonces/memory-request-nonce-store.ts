/**
 * Request nonces in the memory of one process; forgotten on restart, not shared between processes.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { BoundaryError } from '@countersign/protocol';
import { type RequestNonceStore, requestNonceKey } from './request-nonce-store.ts';

export interface MemoryRequestNonceStoreOptions {
  /** How long a nonce stays used, milliseconds; at least twice the accepted clock skew. */
  readonly ttlMs: number;
  /** Most nonces remembered at a time. Default 1,000,000. */
  readonly maxNonces?: number;
  /** Most nonces of one client. Default four fifths of `maxNonces`: 6,600/s for 120 s. */
  readonly maxNoncesPerClient?: number;
}

/** Nonces that arrived within one slice of time. They are forgotten together. */
interface Slice {
  readonly keys: Set<string>;
  readonly perClient: Map<string, number>;
}

/** Slices per lifetime; a nonce lives up to one slice longer than its lifetime. */
const SLICES = 8;
/** Longer keys are remembered by their digest, so that the bound on nonces bounds the memory. */
const LITERAL_KEY_CHARS = 96;

/**
 * Creates a store that remembers each nonce for `ttlMs` to 9/8 of it.
 *
 * Bounded, and closed when full: a client that has `maxNoncesPerClient` live nonces, and every client
 * once there are `maxNonces`, gets ERR_NONCE_STORE_UNAVAILABLE until some expire.
 */
export function createMemoryRequestNonceStore(
  options: MemoryRequestNonceStoreOptions,
): RequestNonceStore {
  const store = new MemoryRequestNonceStore(options);
  return {
    consume: async (clientId, requestNonce, nowMs) => store.consume(clientId, requestNonce, nowMs),
    close: async () => store.clear(),
  };
}

class MemoryRequestNonceStore {
  readonly #sliceMs: number;
  readonly #maxNonces: number;
  readonly #maxNoncesPerClient: number;
  readonly #slices = new Map<number, Slice>();
  readonly #noncesOfClient = new Map<string, number>();
  #size = 0;

  constructor({
    ttlMs,
    maxNonces = 1_000_000,
    maxNoncesPerClient = Math.ceil(maxNonces * 0.8),
  }: MemoryRequestNonceStoreOptions) {
    this.#sliceMs = ttlMs / SLICES;
    this.#maxNonces = maxNonces;
    this.#maxNoncesPerClient = maxNoncesPerClient;
  }

  consume(clientId: string, requestNonce: string, nowMs: number): boolean {
    const number = Math.floor(nowMs / this.#sliceMs);
    this.#forgetBefore(number - SLICES);
    const key = compact(requestNonceKey(clientId, requestNonce));
    for (const { keys } of this.#slices.values()) if (keys.has(key)) return false;
    const ofClient = this.#noncesOfClient.get(clientId) ?? 0;
    if (this.#size >= this.#maxNonces || ofClient >= this.#maxNoncesPerClient) {
      throw new BoundaryError('ERR_NONCE_STORE_UNAVAILABLE');
    }
    this.#remember(number, clientId, key);
    return true;
  }

  clear(): void {
    this.#slices.clear();
    this.#noncesOfClient.clear();
    this.#size = 0;
  }

  #remember(number: number, clientId: string, key: string): void {
    const slice = this.#slices.get(number) ?? { keys: new Set(), perClient: new Map() };
    this.#slices.set(number, slice);
    slice.keys.add(key);
    add(slice.perClient, clientId, 1);
    add(this.#noncesOfClient, clientId, 1);
    this.#size += 1;
  }

  // INVARIANT: a slice goes no earlier than `ttlMs` after its last moment. A slice that lies in the
  // future, after the clock was set back, stays: its requests become valid again when the clock
  // comes back to them.
  #forgetBefore(oldest: number): void {
    for (const [number, slice] of this.#slices) {
      if (number >= oldest) continue;
      this.#slices.delete(number);
      this.#size -= slice.keys.size;
      for (const [clientId, count] of slice.perClient) add(this.#noncesOfClient, clientId, -count);
    }
  }
}

function add(counts: Map<string, number>, name: string, change: number): void {
  const count = (counts.get(name) ?? 0) + change;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}

/** Cannot collide with a literal key: those start with a bracket. */
function compact(key: string): string {
  if (key.length <= LITERAL_KEY_CHARS) return key;
  return createHash('sha256').update(key).digest('base64url');
}
