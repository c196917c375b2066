/**
 * Many clients at once against one cap, through group commit and a real ledger.
 *
 * @module
 */

import type { Ledger, PendingDecision } from '@countersign/ledger';
import { checkSpending, openLedgerReader } from '@countersign/ledger';
import { decisionEntryBytes } from '@countersign/protocol';
import {
  type Call,
  findLinearization,
  type SequentialModel,
} from '@countersign/testing-history-checker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTestClock, newDataDir, openTestLedger } from '../test/pipeline-world.ts';
import { freshNonce } from '../test/request.ts';
import { NOW_MS } from '../test/settings.ts';
import { createGroupCommit } from './group-commit.ts';

const CLIENTS = 64;
const ROUNDS = 12;
const WINDOW = { type: 'sliding', seconds: 86_400 } as const;

function spend(amount: bigint, max: bigint, bucket = 'daily'): PendingDecision {
  return {
    nonceKey: freshNonce(),
    nonceExpiresAtMs: NOW_MS + 120_000,
    scopes: ['all'],
    charges: [{ bucket, window: WINDOW, amount, max }],
    spendableUntilMs: NOW_MS + 60_000,
    entryOf: (outcome) =>
      decisionEntryBytes({
        timeMs: NOW_MS,
        requestId: 'r',
        clientId: 'c',
        method: 'POST',
        target: '/',
        bodySha256: '',
        policyHash: '',
        outcome: outcome.kind === 'fresh' ? 'allow' : 'deny',
        spending: outcome.kind === 'fresh' ? outcome : undefined,
      }),
  };
}

/** Amounts that were let in by all clients together, each asking for one thing after the other. */
async function race(ledger: Ledger, amountOf: (client: number) => bigint, max: bigint) {
  const commits = createGroupCommit((batch) => ledger.commit(batch));
  const client = async (id: number): Promise<bigint> => {
    let total = 0n;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { fresh } = await commits.commit(spend(amountOf(id), max));
      if (fresh) total += amountOf(id);
    }
    return total;
  };
  const totals = await Promise.all(Array.from({ length: CLIENTS }, (_, id) => client(id)));
  return totals.reduce((a, b) => a + b, 0n);
}

function prove(ledger: Ledger, dataDir: string): void {
  ledger.close();
  const reader = openLedgerReader(dataDir);
  expect(checkSpending([...reader.entries()].map(({ entry }) => entry)).fault).toBeUndefined();
  expect(reader.checkSpending().fault).toBeUndefined();
  reader.close();
}

describe(`${CLIENTS} clients against one cap`, () => {
  it.each([
    ['amounts that divide it', (): bigint => 5n, 1_000n, 1_000n],
    ['amounts that do not', (): bigint => 7n, 1_000n, 994n],
    ['amounts of all sizes, the smallest 1', (id: number) => BigInt(id + 1), 3_000n, 3_000n],
  ])('get all of it and no more, with %s', async (_, amountOf, max, expected) => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir, createTestClock());
    expect(await race(ledger, amountOf, max)).toBe(expected);
    expect(ledger.size()).toBe(CLIENTS * ROUNDS);
    prove(ledger, dataDir);
  });

  it('in one batch: of two that race for the rest exactly one fits', async () => {
    const dataDir = newDataDir();
    const ledger = openTestLedger(dataDir, createTestClock());
    const batches: number[] = [];
    const commits = createGroupCommit((batch) => {
      batches.push(batch.length);
      return ledger.commit(batch);
    });
    const both = await Promise.all([
      commits.commit(spend(60n, 100n)),
      commits.commit(spend(60n, 100n)),
    ]);
    expect(batches).toEqual([2]);
    expect(both.map(({ outcome }) => outcome.kind)).toEqual(['fresh', 'exceeded']);
    prove(ledger, dataDir);
  });
});

/** A cap: lets in what fits into it. */
const CAPPED: SequentialModel<bigint, bigint, boolean> = {
  initial: 0n,
  apply: (reserved, amount) => {
    const fits = reserved + amount <= 20n;
    return { state: fits ? reserved + amount : reserved, output: fits };
  },
  isSameOutput: (a, b) => a === b,
  keyOf: String,
};

type Reserver = (amount: bigint) => Promise<boolean>;

/** What five clients see that wait for different times before each of their calls. */
async function recorded(
  reserve: Reserver,
  plans: readonly (readonly { amount: bigint; pauses: number }[])[],
): Promise<Call<bigint, boolean>[]> {
  const history: Call<bigint, boolean>[] = [];
  let time = 0;
  const tick = (): number => {
    time += 1;
    return time;
  };
  const client = async (plan: (typeof plans)[number]): Promise<void> => {
    for (const { amount, pauses } of plan) {
      for (let pause = 0; pause < pauses; pause += 1) await new Promise(setImmediate);
      const start = tick();
      const output = await reserve(amount);
      history.push({ start, end: tick(), input: amount, output });
    }
  };
  await Promise.all(plans.map(client));
  return history;
}

const plans = fc.array(
  fc.array(fc.record({ amount: fc.bigInt({ min: 1n, max: 9n }), pauses: fc.nat(2) }), {
    maxLength: 5,
  }),
  { minLength: 5, maxLength: 5 },
);

/** Whether every history of reservers made by `make` can be explained. */
async function isLinearizable(
  make: (ledger: Ledger, bucket: string) => Reserver,
): Promise<boolean> {
  const ledger = openTestLedger(newDataDir(), createTestClock());
  let bucket = 0;
  const property = fc.asyncProperty(plans, async (given) => {
    bucket += 1;
    const history = await recorded(make(ledger, `b${bucket}`), given);
    return findLinearization(history, CAPPED).ok;
  });
  return !(await fc.check(property, { numRuns: 100 })).failed;
}

describe('histories of concurrent clients', { timeout: 100_000 }, () => {
  it('are those of a cap that does one thing after the other', async () => {
    const make = (ledger: Ledger, bucket: string): Reserver => {
      const commits = createGroupCommit((batch) => ledger.commit(batch));
      return async (amount) => (await commits.commit(spend(amount, 20n, bucket))).fresh;
    };
    expect(await isLinearizable(make)).toBe(true);
  });

  it('would not be, were the cap asked before the transaction', async () => {
    const make = (ledger: Ledger, bucket: string): Reserver => {
      const commits = createGroupCommit((batch) => ledger.commit(batch));
      let counted = 0n;
      return async (amount) => {
        if (counted + amount > 20n) return false;
        const { outcome } = await commits.commit({
          ...spend(amount, 20n, bucket),
          charges: [{ bucket, window: WINDOW, amount, max: undefined }],
        });
        counted = outcome.kind === 'fresh' ? (outcome.reserved[0]?.counted ?? 0n) : counted;
        return true;
      };
    };
    expect(await isLinearizable(make)).toBe(false);
  });
});
