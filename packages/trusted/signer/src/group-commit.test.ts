import type { Committed, PendingDecision } from '@countersign/ledger';
import { BoundaryError } from '@countersign/protocol';
import { expect, it, vi } from 'vitest';
import { createGroupCommit, type GroupCommit } from './group-commit.ts';

function decision(name: string): PendingDecision {
  const entryOf = () => Buffer.from(name, 'utf8');
  return { nonceKey: name, nonceExpiresAtMs: 1, scopes: [], charges: [], entryOf };
}

function committed(index: number): Committed {
  const outcome = { kind: 'fresh', atMs: 1, reserved: [] } as const;
  return { index, leafHash: new Uint8Array(32), outcome, fresh: true };
}

/** A writer that numbers what it gets and remembers its batches by nonce key. */
function recording(): { readonly batches: string[][]; readonly commits: GroupCommit } {
  const batches: string[][] = [];
  let next = 0;
  const commits = createGroupCommit((batch) => {
    batches.push(batch.map((item) => item.nonceKey));
    return batch.map(() => committed(next++));
  });
  return { batches, commits };
}

it('writes what arrives together in one batch, in the order of arrival', async () => {
  const { batches, commits } = recording();
  const results = await Promise.all(['a', 'b', 'c'].map((name) => commits.commit(decision(name))));
  expect(batches).toEqual([['a', 'b', 'c']]);
  expect(results.map((result) => result.index)).toEqual([0, 1, 2]);
});

it('takes along what arrives before the transaction, not what comes after it', async () => {
  const { batches, commits } = recording();
  const first = commits.commit(decision('first'));
  await Promise.resolve();
  const second = commits.commit(decision('second'));
  await Promise.all([first, second]);
  await commits.commit(decision('third'));
  expect(batches).toEqual([['first', 'second'], ['third']]);
});

it('tells nobody before the batch is written', async () => {
  let told = false;
  const commits = createGroupCommit((batch) => {
    expect(told).toBe(false);
    return batch.map(() => committed(0));
  });
  await commits.commit(decision('a')).then(() => {
    told = true;
  });
  expect(told).toBe(true);
});

it('writes at most 256 decisions at a time, without losing or swapping any', async () => {
  const { batches, commits } = recording();
  const names = Array.from({ length: 600 }, (_, i) => `n${i}`);
  const results = await Promise.all(names.map((name) => commits.commit(decision(name))));
  expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88]);
  expect(batches.flat()).toEqual(names);
  expect(results.map((result) => result.index)).toEqual(names.map((_, i) => i));
});

it('rejects every decision of a batch that failed, with the error of the writer', async () => {
  const failure = new BoundaryError('ERR_STORE_UNAVAILABLE');
  const commits = createGroupCommit(() => {
    throw failure;
  });
  const settled = await Promise.allSettled([
    commits.commit(decision('a')),
    commits.commit(decision('b')),
  ]);
  expect(settled).toEqual([
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure },
  ]);
});

it('goes on after a batch that failed', async () => {
  let attempts = 0;
  const commits = createGroupCommit((batch) => {
    attempts += 1;
    if (attempts === 1) throw new BoundaryError('ERR_STORE_UNAVAILABLE');
    return batch.map((_, i) => committed(i));
  });
  await expect(commits.commit(decision('a'))).rejects.toThrow('written to disk');
  await expect(commits.commit(decision('b'))).resolves.toEqual(committed(0));
});

it('keeps the failure of one batch away from the next of the same moment', async () => {
  let batches = 0;
  const commits = createGroupCommit((batch) => {
    batches += 1;
    if (batches === 1) throw new BoundaryError('ERR_STORE_UNAVAILABLE');
    return batch.map((_, i) => committed(i));
  });
  const settled = await Promise.allSettled(
    Array.from({ length: 300 }, (_, i) => commits.commit(decision(`n${i}`))),
  );
  expect(settled.filter((one) => one.status === 'rejected')).toHaveLength(256);
  expect(settled.slice(256).every((one) => one.status === 'fulfilled')).toBe(true);
});

it('rejects a decision the writer returned no result for', async () => {
  const commits = createGroupCommit(() => [committed(0)]);
  const settled = await Promise.allSettled([
    commits.commit(decision('a')),
    commits.commit(decision('b')),
  ]);
  expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected']);
});

it('gathers while a batch is being written, and never writes two at once', async () => {
  const batches: string[][] = [];
  const finish: (() => void)[] = [];
  const commits = createGroupCommit(async (batch) => {
    batches.push(batch.map((item) => item.nonceKey));
    await new Promise<void>((resolve) => void finish.push(resolve));
    return batch.map((_, i) => committed(i));
  });
  const first = commits.commit(decision('first'));
  await vi.waitFor(() => expect(finish).toHaveLength(1));
  const later = ['a', 'b', 'c'].map((name) => commits.commit(decision(name)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(batches).toEqual([['first']]);
  finish[0]?.();
  await first;
  await vi.waitFor(() => expect(finish).toHaveLength(2));
  finish[1]?.();
  await Promise.all(later);
  expect(batches).toEqual([['first'], ['a', 'b', 'c']]);
});

it('goes on after a batch that failed later', async () => {
  let attempts = 0;
  const commits = createGroupCommit(async (batch) => {
    attempts += 1;
    if (attempts === 1) throw new BoundaryError('ERR_STORE_UNAVAILABLE');
    return batch.map((_, i) => committed(i));
  });
  const failing = commits.commit(decision('a'));
  await expect(failing).rejects.toThrow('written to disk');
  await expect(commits.commit(decision('b'))).resolves.toEqual(committed(0));
});
