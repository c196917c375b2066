import { isBoundaryError } from '@countersign/protocol';
import { describe, expect, it } from 'vitest';
import { createReleaseGate, type FreezeSource, type ReleaseGate } from './release-gate.ts';

const LEASE_MS = 25;

const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  await act.then(
    () => 'passed',
    (error: unknown) => (isBoundaryError(error) ? error.code : error),
  );

describe('alone on a ledger', () => {
  const gateOver = (frozen: () => readonly string[]): ReleaseGate =>
    createReleaseGate({
      frozen: () => frozen().map((scope) => ({ scope, sinceMs: 0 })),
    });

  it('refuses what is frozen, and closes on it', async () => {
    const gate = gateOver(() => ['client:bot']);
    expect(await codeOf(gate.pass(['all', 'client:bot']))).toBe('ERR_FROZEN');
    expect(gate.isOpen(['all', 'client:bot'], 0)).toBe(false);
    expect(await codeOf(gate.pass(['all', 'client:other']))).toBe('passed');
  });

  it('closes on a freeze that came after the last look', async () => {
    let frozen: readonly string[] = [];
    const gate = gateOver(() => frozen);
    const atMs = await gate.pass(['all']);
    expect(gate.isOpen(['all'], atMs)).toBe(true);
    frozen = ['all'];
    expect(gate.isOpen(['all'], atMs)).toBe(false);
  });

  it('closes when the ledger cannot be read', () => {
    const gate = gateOver(() => {
      throw new Error('no disk');
    });
    expect(gate.isOpen(['all'], 0)).toBe(false);
  });
});

interface Shared {
  readonly gate: ReleaseGate;
  /** Scopes of every question to the store. */
  readonly asked: (readonly string[])[];
  /** Lets the oldest open question be answered. */
  answer(frozen: readonly string[]): Promise<void>;
  advance(byMs: number): void;
}

function shared(): Shared {
  let nowMs = 1_000;
  const asked: (readonly string[])[] = [];
  const waiting: ((frozen: readonly string[]) => void)[] = [];
  const ledger: FreezeSource = {
    frozen: () => {
      throw new Error('the lease is what counts');
    },
    freezeLease: {
      lengthMs: LEASE_MS,
      frozenAmong: (scopes) => {
        asked.push(scopes);
        return new Promise((resolve) => void waiting.push(resolve));
      },
    },
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    gate: createReleaseGate(ledger, () => nowMs),
    asked,
    answer: async (frozen) => {
      await settled();
      waiting.shift()?.(frozen);
      await settled();
    },
    advance: (byMs) => {
      nowMs += byMs;
    },
  };
}

describe('on a shared ledger', () => {
  it('what the commit knew is good for the lease, not a moment longer', async () => {
    const world = shared();
    world.advance(LEASE_MS - 1);
    expect(await world.gate.pass(['all'], 1_000)).toBe(1_000);
    expect(world.gate.isOpen(['all'], 1_000)).toBe(true);
    world.advance(1);
    expect(world.gate.isOpen(['all'], 1_000)).toBe(false);
    const passing = world.gate.pass(['all'], 1_000);
    await world.answer([]);
    expect(await passing).toBe(1_000 + LEASE_MS);
  });

  it('the lease begins when the question is sent, not when it is answered', async () => {
    const world = shared();
    const passing = world.gate.pass(['all']);
    await new Promise((resolve) => setImmediate(resolve));
    world.advance(LEASE_MS);
    await world.answer([]);
    expect(world.gate.isOpen(['all'], await passing)).toBe(false);
  });

  it('refuses what the store says is frozen', async () => {
    const world = shared();
    const code = codeOf(world.gate.pass(['all', 'key:k']));
    await world.answer(['key:k']);
    expect(await code).toBe('ERR_FROZEN');
  });

  it('asks once for all who wait, and never takes the answer to an earlier question', async () => {
    const world = shared();
    const first = world.gate.pass(['client:a']);
    await new Promise((resolve) => setImmediate(resolve));
    const others = [['client:b'], ['client:c']].map((scopes) => codeOf(world.gate.pass(scopes)));
    await world.answer([]);
    await first;
    await world.answer(['client:c']);
    expect(await Promise.all(others)).toEqual(['passed', 'ERR_FROZEN']);
    expect(world.asked).toEqual([['client:a'], ['client:b', 'client:c']]);
  });
});
