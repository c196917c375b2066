/**
 * Group commit: decisions that arrive together reach the disk together.
 *
 * A decision waits at most until the event loop has handed over the requests that were already
 * there; then one transaction takes them all. Whatever comes while one is under way takes the next.
 *
 * @module
 */

import type { Awaitable, Committed, PendingDecision } from '@countersign/ledger';

export interface GroupCommit {
  /**
   * Writes one decision durably.
   *
   * @returns Resolves after the transaction that holds it is on disk.
   * @throws What the ledger throws; then nothing of the batch was written.
   */
  commit(decision: PendingDecision): Promise<Committed>;
}

interface Waiting {
  readonly decision: PendingDecision;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (reason: unknown) => void;
}

type Write = (batch: readonly PendingDecision[]) => Awaitable<readonly Committed[]>;

const LARGEST_BATCH = 256;

/** @param write - Writes a batch in one transaction and returns one result per decision. */
export function createGroupCommit(write: Write): GroupCommit {
  let waiting: Waiting[] = [];
  let isBusy = false;

  async function flush(): Promise<void> {
    const batch = waiting.slice(0, LARGEST_BATCH);
    waiting = waiting.slice(LARGEST_BATCH);
    await settle(batch, write);
    isBusy = waiting.length > 0;
    if (isBusy) schedule();
  }

  function schedule(): void {
    isBusy = true;
    setImmediate(() => void flush());
  }

  return {
    commit: (decision) =>
      new Promise((resolve, reject) => {
        waiting.push({ decision, resolve, reject });
        if (!isBusy) schedule();
      }),
  };
}

async function settle(batch: readonly Waiting[], write: Write): Promise<void> {
  try {
    const results = await write(batch.map((item) => item.decision));
    for (const [i, item] of batch.entries()) {
      const result = results[i];
      if (result === undefined) item.reject(new Error('the ledger returned too few results'));
      else item.resolve(result);
    }
  } catch (reason) {
    for (const item of batch) item.reject(reason);
  }
}
