/**
 * A ledger to throw away, on which charges are counted as the signer would have counted them.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionMessage } from '@countersign/crypto';
import { type CommitOutcome, openLedger, type Settlement } from '@countersign/ledger';
import type { Charge } from '@countersign/policy';
import { slotOf, spendableUntilMs } from '@countersign/signer';

export interface ReplayLedger {
  /** Lets charges of a message in, or says what is in the way; `atMs` as the log has it. */
  reserve(message: SessionMessage, charges: readonly Charge[], atMs: number): CommitOutcome;
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
  return {
    reserve(message, charges, atMs) {
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
