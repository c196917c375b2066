/**
 * A few signatures at a time, with a look at the pipe in between.
 *
 * A commit may allow hundreds of requests at once. Signed in one go they would keep a freeze waiting in
 * the pipe for as long; so each takes a turn, and what arrived meanwhile comes between two turns.
 *
 * @module
 */

export interface Turns {
  /**
   * Resolves when it is the caller's turn: at once when nobody is before it, else in order, a few per
   * round of the event loop.
   */
  next(): Promise<void>;
  /** Resolves when nobody waits for a turn, at once when nobody does. */
  idle(): Promise<void>;
}

/** Signatures between two looks: some three milliseconds, and nearly free. */
const TURNS_PER_ROUND = 4;

export function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  const idlers: (() => void)[] = [];
  let isBusy = false;

  /** Runs once per round of the event loop: what it resolves is done before the next round. */
  function pass(): void {
    const turns = waiting.splice(0, TURNS_PER_ROUND);
    if (turns.length > 0) {
      for (const turn of turns) turn();
      setImmediate(pass);
      return;
    }
    isBusy = false;
    for (const notify of idlers.splice(0)) notify();
  }

  return {
    next() {
      if (isBusy) return new Promise((resolve) => void waiting.push(resolve));
      isBusy = true;
      setImmediate(pass);
      return Promise.resolve();
    },
    idle: () => (isBusy ? new Promise((resolve) => void idlers.push(resolve)) : Promise.resolve()),
  };
}
