/**
 * Any sequence of writes, failures, restarts and clock steps, against a model in a few lines.
 *
 * @module
 */

import type { StatementSync } from 'node:sqlite';
import { isBoundaryError } from '@countersign/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  createTestClock,
  decisionOf,
  ioError,
  newDataDir,
  openInside,
  openTestLedger,
  openTestReader,
  provenEntries,
  withCommit,
} from '../test/harness.ts';
import type { Ledger } from './ledger.ts';

const TOLERANCE_MS = 100;
const LIFETIME_MS = 1_000;

/** What a request is: its nonce, and the moment it was made, which its expiry follows from. */
interface Request {
  readonly nonce: number;
  readonly madeMs: number;
}

type Step =
  | { readonly kind: 'commit'; readonly requests: readonly { nonce: number; ageMs: number }[] }
  | { readonly kind: 'replay'; readonly which: readonly number[] }
  | { readonly kind: 'append'; readonly count: number }
  | { readonly kind: 'clock'; readonly byMs: number }
  | { readonly kind: 'fail'; readonly after: boolean }
  | { readonly kind: 'reset' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      requests: fc.array(fc.record({ nonce: fc.nat(12), ageMs: fc.nat(LIFETIME_MS) }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('replay' as const),
      which: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    }),
  },
  fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      byMs: fc.oneof(
        fc.integer({ min: -150, max: 400 }),
        fc.constantFrom(-5_000, -1_000, 1_200, 5_000),
      ),
    }),
  },
  fc.record({ kind: fc.constant('fail' as const), after: fc.boolean() }),
  fc.record({ kind: fc.constant('reset' as const) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

/** The machine under test: a ledger, its clock, and a COMMIT that fails on demand. */
class Machine {
  readonly #dataDir = newDataDir();
  readonly #clock = createTestClock();
  readonly #retainedNonces: number;
  readonly #requests: Request[] = [];
  readonly #signed = new Set<string>();
  #failNext: 'before' | 'after' | undefined;
  /** Whether the last COMMIT failed and is on disk: then the next attempt finds one commit more. */
  #isInDoubt = false;
  /** Time of a clock reset in doubt: the operator lowered high water, and the next attempt finds out. */
  #doubtfulResetMs = Number.POSITIVE_INFINITY;
  #ledger: Ledger;

  constructor(retainedNonces: number) {
    this.#retainedNonces = retainedNonces;
    openTestLedger(this.#dataDir, { clock: this.#clock }).close();
    this.#ledger = this.#open();
  }

  run(action: Step): void {
    const nowMs = this.#clock.nowMs();
    switch (action.kind) {
      case 'commit':
        this.#commit(action.requests.map(({ nonce, ageMs }) => ({ nonce, madeMs: nowMs - ageMs })));
        break;
      case 'replay':
        this.#commit(
          action.which.flatMap((at) => this.#requests[at % this.#requests.length] ?? []),
        );
        break;
      case 'append':
        this.#attempt(() => {
          this.#ledger.append(Array.from({ length: action.count }, (_, at) => bytesOf(`${at}`)));
        });
        break;
      case 'clock':
        this.#clock.advance(action.byMs);
        break;
      case 'fail':
        this.#failNext = action.after ? 'after' : 'before';
        break;
      case 'reset':
        this.#attempt(() => {
          this.#ledger.resetClock(nowMs);
          expect(this.#ledger.status().highWaterMs).toBe(nowMs);
        });
        if (this.#isInDoubt) this.#doubtfulResetMs = nowMs;
        break;
      case 'restart':
        this.#ledger.close();
        this.#ledger = this.#open();
    }
  }

  finish(): void {
    this.#ledger.close();
    const ledger = openTestLedger(this.#dataDir, { clock: this.#clock });
    provenEntries(ledger);
    ledger.close();
    const reader = openTestReader(this.#dataDir);
    expect(reader.checkLog().fault).toBeUndefined();
    reader.close();
  }

  /** Offers the requests a pipeline would: those whose lifetime has not passed on this clock. */
  #commit(requests: readonly Request[]): void {
    const nowMs = this.#clock.nowMs();
    const alive = requests.filter(
      ({ madeMs }) => nowMs <= madeMs + LIFETIME_MS && madeMs <= nowMs + LIFETIME_MS,
    );
    this.#requests.push(...alive);
    this.#attempt(() => {
      const sizeBefore = this.#ledger.size();
      const before = Math.min(this.#ledger.status().highWaterMs, this.#doubtfulResetMs);
      const results = this.#ledger.commit(
        alive.map(({ nonce, madeMs }) => decisionOf(`${nonce}`, madeMs + LIFETIME_MS)),
      );
      for (const [at, { fresh, index }] of results.entries()) {
        const request = `${alive[at]?.nonce} ${alive[at]?.madeMs}`;
        // The promise: one request is never signed twice, whatever happened in between.
        if (fresh) expect(this.#signed.has(request)).toBe(false);
        if (fresh) this.#signed.add(request);
        expect(index).toBeGreaterThanOrEqual(sizeBefore);
        const text = `${fresh ? 'allow' : 'deny'} ${alive[at]?.nonce}`;
        expect(Buffer.from(this.#ledger.entry(index) ?? []).toString()).toBe(text);
      }
      expect(this.#ledger.status().highWaterMs).toBeGreaterThanOrEqual(before);
    });
  }

  #attempt(write: () => void): void {
    const wasInDoubt = this.#isInDoubt;
    const before = [this.#ledger.size(), this.#ledger.checkpoint()];
    try {
      write();
    } catch (error) {
      if (!isBoundaryError(error)) throw error;
      expect(['ERR_CLOCK_BEHIND', 'ERR_STORE_UNAVAILABLE']).toContain(error.code);
      const after = [this.#ledger.size(), this.#ledger.checkpoint()];
      if (!wasInDoubt) expect(after).toEqual(before);
    }
  }

  #open(): Ledger {
    return openInside(this.#dataDir, {
      clock: this.#clock,
      clockToleranceMs: TOLERANCE_MS,
      retainedNonces: this.#retainedNonces,
      wrap: (db) => withCommit(db, (statement) => this.#runCommit(statement)),
    }).ledger;
  }

  #runCommit(statement: StatementSync): void {
    const failure = this.#failNext;
    this.#failNext = undefined;
    this.#isInDoubt = failure === 'after';
    this.#doubtfulResetMs = Number.POSITIVE_INFINITY;
    if (failure !== 'before') statement.run();
    if (failure !== undefined) throw ioError();
  }
}

/** A reset whose COMMIT failed but reached the disk: high water is lower when the next attempt looks. */
const RESET_IN_DOUBT: readonly Step[] = [
  { kind: 'clock', byMs: -5_000 },
  { kind: 'fail', after: true },
  { kind: 'reset' },
  { kind: 'commit', requests: [{ nonce: 0, ageMs: 0 }] },
  { kind: 'replay', which: [0] },
];

describe('a ledger', { timeout: 200_000 }, () => {
  it('never calls one request fresh twice, and its log always holds', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(0, 1, 3, 100),
        (steps, retainedNonces) => {
          const machine = new Machine(retainedNonces);
          for (const action of steps) machine.run(action);
          machine.finish();
        },
      ),
      { numRuns: 100, examples: [[[...RESET_IN_DOUBT], 0]] },
    );
  });
});
