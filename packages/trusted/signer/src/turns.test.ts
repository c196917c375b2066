import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns } from './turns.ts';

describe('turns', () => {
  it('come at once when nobody is before', async () => {
    const turns = createTurns();
    let isTaken = false;
    void turns.next().then(() => {
      isTaken = true;
    });
    await Promise.resolve();
    expect(isTaken).toBe(true);
  });

  it('come four per round of the event loop, in order', async () => {
    const turns = createTurns();
    const taken: number[] = [];
    for (let i = 0; i < 12; i++) void turns.next().then(() => void taken.push(i));
    const seen: number[] = [];
    for (let i = 0; i < 5; i++) {
      await nextRound();
      seen.push(taken.length);
    }
    expect(taken).toEqual(Array.from({ length: 12 }, (_, i) => i));
    // What runs between two rounds never finds more than two rounds' worth done.
    expect(seen.every((count, i) => count - (seen[i - 1] ?? 0) <= 8)).toBe(true);
    expect(seen[0]).toBeLessThan(12);
  });

  it('let others in between', async () => {
    const turns = createTurns();
    const happened: string[] = [];
    const first = turns.next().then(() => void happened.push('first'));
    const second = turns.next().then(() => void happened.push('second'));
    await first;
    happened.push('between');
    await second;
    expect(happened).toEqual(['first', 'between', 'second']);
  });

  it('are idle only when the last one is over', async () => {
    const turns = createTurns();
    const happened: string[] = [];
    await turns.idle();
    const all = [turns.next(), turns.next()].map((turn) =>
      turn.then(() => void happened.push('turn')),
    );
    const idle = turns.idle().then(() => void happened.push('idle'));
    await Promise.all([...all, idle]);
    expect(happened).toEqual(['turn', 'turn', 'idle']);
    await turns.idle();
    await turns.next();
  });
});
