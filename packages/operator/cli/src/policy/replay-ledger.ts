/**
 * A ledger to throw away, on which charges are counted as the signer counts them.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionMessage } from '@countersign/crypto';
import {
  type CommitOutcome,
  type Charge as LedgerCharge,
  openLedger,
  type Settlement,
} from '@countersign/ledger';
import type { Charge } from '@countersign/policy';
import { slotOf, spendableUntilMs } from '@countersign/signer';

/** Whether charges fit beside what was spent. */
export type Fit =
  | { readonly kind: 'fits' }
  /** More buckets than one entry can name. */
  | { readonly kind: 'too many' }
  | { readonly kind: 'exceeded'; readonly charge: Charge };

export interface ReplayLedger {
  /** Asks whether charges of a message would be let in at a time of the log; keeps nothing. */
  ask(message: SessionMessage, charges: readonly Charge[], atMs: number): Fit;
  /** Keeps what was really signed, whatever the limits say now. */
  spend(message: SessionMessage, charges: readonly Charge[], atMs: number): void;
  /** Repeats what an operator did to the clock. */
  resetClock(toMs: number): void;
  /** Repeats what the chain said about a slot. */
  settle(slot: string, settlement: Settlement): void;
  /** Removes everything. */
  close(): void;
}

/** Nothing secret is in it, and nobody reads it but this process. */
const NO_SEAL = { seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
const NO_ENTRY = Buffer.from('{}', 'utf8');
/** Long enough that no nonce of a replay expires before the next one. */
const NONCE_MS = 86_400_000;
const MOST_AMOUNT = 2n ** 256n - 1n;

/** @throws BoundaryError ERR_STORE_UNAVAILABLE when the temporary directory cannot be used. */
export function createReplayLedger(): ReplayLedger {
  const parent = mkdtempSync(path.join(tmpdir(), 'countersign-replay-'));
  let nowMs = 0;
  let count = 0;
  const ledger = openLedger({
    dataDir: path.join(parent, 'data'),
    clock: { nowMs: () => nowMs },
    seal: NO_SEAL,
    // A clock that was put back meets no forgotten nonces here.
    retainedNonces: Number.MAX_SAFE_INTEGER,
  });
  const commit = (
    message: SessionMessage,
    charges: readonly LedgerCharge[],
    atMs: number,
  ): CommitOutcome => {
    nowMs = Math.max(nowMs, atMs);
    count += 1;
    const [committed] = ledger.commit([
      {
        nonceKey: String(count),
        nonceExpiresAtMs: nowMs + NONCE_MS,
        scopes: [],
        slot: slotOf(message),
        charges,
        spendableUntilMs: spendableUntilMs(message),
        entryOf: () => NO_ENTRY,
      },
    ]);
    return committed?.outcome ?? { kind: 'used' };
  };
  return {
    ask(message, charges, atMs) {
      const [first] = charges;
      if (first === undefined) return { kind: 'fits' };
      const beyond = charges.find(({ amount }) => amount > MOST_AMOUNT);
      if (beyond !== undefined) return { kind: 'exceeded', charge: beyond };
      // The last charge never fits, so the ledger says which is the first that does not and keeps none.
      const outcome = commit(message, [...charges, { ...first, amount: MOST_AMOUNT }], atMs);
      if (outcome.kind !== 'exceeded') return { kind: 'too many' };
      const charge = charges[outcome.charge];
      return charge === undefined ? { kind: 'fits' } : { kind: 'exceeded', charge };
    },
    spend(message, charges, atMs) {
      if (charges.length === 0) return;
      const unasked = charges.map((charge) => ({ ...charge, max: undefined }));
      commit(message, unasked, atMs);
    },
    resetClock(toMs) {
      nowMs = toMs;
      ledger.resetClock(toMs, NO_ENTRY);
    },
    settle(slot, settlement) {
      ledger.settle(slot, settlement, NO_ENTRY);
    },
    close() {
      ledger.close();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}
