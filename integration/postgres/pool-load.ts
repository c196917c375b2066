/**
 * Many clients that spend from one pool through several boundaries, and what came of it.
 *
 * @module
 */

import { payment } from '../policy/payments.ts';
import { type Answer, freshNonce, type WireClient } from '../wire/client/wire-client.ts';

export interface Spent {
  readonly amount: bigint;
  readonly answer: Answer;
  /** When it was read, on the clock of `performance.now`: never before the head arrived. */
  readonly headAtMs: number;
}

export interface PoolLoad {
  /** Everything answered so far. */
  readonly spent: readonly Spent[];
  /** Requests nobody answered: the connection broke. */
  lost(): number;
  stop(): Promise<void>;
}

export interface PoolLoadOptions {
  readonly clients: readonly WireClient[];
  readonly workers: number;
  /** What one request spends. */
  readonly amount: bigint;
  /** The default key when left out. */
  readonly keyId?: string;
  /** Every request goes to this many boundaries at once, byte for byte the same; 1 when left out. */
  readonly copies?: number;
}

/** Starts asking: each worker one request at a time, boundary after boundary. */
export function startPoolLoad(options: PoolLoadOptions): PoolLoad {
  const { clients, workers, amount, keyId, copies = 1 } = options;
  const key = keyId === undefined ? {} : { keyId };
  const spent: Spent[] = [];
  let lost = 0;
  let isStopping = false;

  async function ask(at: number, body: string, nonce: string): Promise<void> {
    const client = clients[at % clients.length];
    if (client === undefined) throw new Error('no boundaries');
    try {
      const timestamp = String(Date.now());
      const headers = { connection: 'close' };
      const answer = await client.sign(body, { nonce, timestamp, headers });
      spent.push({ amount, answer, headAtMs: performance.now() });
    } catch {
      lost += 1;
    }
  }

  async function work(first: number): Promise<void> {
    for (let at = first; !isStopping; at += 1) {
      const body = JSON.stringify(payment(amount, key));
      const nonce = freshNonce();
      await Promise.all(Array.from({ length: copies }, (_, i) => ask(at + i, body, nonce)));
    }
  }

  const all = Array.from({ length: workers }, (_, at) => work(at));
  return {
    spent,
    lost: () => lost,
    stop: async () => {
      isStopping = true;
      await Promise.all(all);
    },
  };
}

/** Answers with a signature. */
export function signed(spent: readonly Spent[]): readonly Spent[] {
  return spent.filter(({ answer }) => answer.status === 200);
}

/** What all signatures together may move. */
export function total(spent: readonly Spent[]): bigint {
  return signed(spent).reduce((sum, { amount }) => sum + amount, 0n);
}
