import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Call, findLinearization, type SequentialModel } from './linearizable.ts';

const CAP = 10;

/** A cap: how much is reserved; lets in what fits. */
const CAPPED: SequentialModel<number, number, boolean> = {
  initial: 0,
  apply: (reserved, amount) => {
    const fits = reserved + amount <= CAP;
    return { state: fits ? reserved + amount : reserved, output: fits };
  },
  isSameOutput: (a, b) => a === b,
  keyOf: String,
};

type Reserve = Call<number, boolean>;

const call = (start: number, end: number, input: number, output?: boolean): Reserve => ({
  start,
  end,
  input,
  output,
});

describe('a history no order explains', () => {
  it.each<[string, Reserve[]]>([
    ['two that do not fit together were let in', [call(0, 9, 6, true), call(1, 8, 6, true)]],
    ['one that fits was refused', [call(0, 1, 10, false)]],
    ['a refusal that only a later call could cause', [call(0, 1, 6, false), call(2, 3, 6, true)]],
    ['an acceptance after what excludes it', [call(0, 1, 6, true), call(2, 3, 6, true)]],
    [
      'three, of which any two would do',
      [call(0, 9, 4, true), call(0, 9, 4, true), call(0, 9, 4, true)],
    ],
    [
      'a refusal that a lost call cannot cause, since it began later',
      [call(0, 1, 6, false), call(2, Number.POSITIVE_INFINITY, 6)],
    ],
  ])('%s', (_, history) => {
    const result = findLinearization(history, CAPPED);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.longest.length).toBeLessThan(history.length);
  });
});

describe('a history some order explains', () => {
  it.each<[string, Reserve[], number[]]>([
    ['nothing', [], []],
    [
      'one after the other',
      [call(0, 1, 6, true), call(2, 3, 4, true), call(4, 5, 1, false)],
      [0, 1, 2],
    ],
    [
      'the later one first, since they overlap',
      [call(0, 9, 6, false), call(1, 8, 6, true)],
      [1, 0],
    ],
    ['touching counts as overlapping', [call(0, 5, 6, false), call(5, 9, 6, true)], [1, 0]],
    [
      'a lost call that did count',
      [call(0, Number.POSITIVE_INFINITY, 6), call(1, 2, 6, false)],
      [0, 1],
    ],
    ['a lost call that did not', [call(0, Number.POSITIVE_INFINITY, 6), call(1, 2, 10, true)], [1]],
  ])('%s', (_, history, order) => {
    expect(findLinearization(history, CAPPED)).toEqual({ ok: true, order });
  });
});

/** A store that takes time to be asked and to be told. */
const slowly = (steps: number): Promise<void> =>
  steps === 0 ? Promise.resolve() : Promise.resolve().then(() => slowly(steps - 1));

type Reserver = (amount: number, delays: readonly [number, number]) => Promise<boolean>;

/** Checks and writes in one step, as a transaction does. */
const insideTransaction = (): Reserver => {
  let reserved = 0;
  return async (amount, [before, after]) => {
    await slowly(before);
    const fits = reserved + amount <= CAP;
    if (fits) reserved += amount;
    await slowly(after);
    return fits;
  };
};

/** The planted bug: what was read before the transaction decides inside it. */
const beforeTransaction = (): Reserver => {
  let reserved = 0;
  return async (amount, [before, after]) => {
    await slowly(before);
    const fits = reserved + amount <= CAP;
    await slowly(after);
    if (fits) reserved += amount;
    return fits;
  };
};

interface Wish {
  readonly client: number;
  readonly amount: number;
  readonly delays: readonly [number, number];
}

const wishes: fc.Arbitrary<Wish[]> = fc.array(
  fc.record({
    client: fc.nat(3),
    amount: fc.integer({ min: 1, max: 7 }),
    delays: fc.tuple(fc.nat(4), fc.nat(4)),
  }),
  { minLength: 2, maxLength: 14 },
);

const recorded = async (reserve: Reserver, list: readonly Wish[]): Promise<Reserve[]> => {
  const history: Reserve[] = [];
  let time = 0;
  const tick = () => (time += 1);
  const client = async (id: number) => {
    for (const { amount, delays } of list.filter((wish) => wish.client === id)) {
      const start = tick();
      const output = await reserve(amount, delays);
      history.push(call(start, tick(), amount, output));
    }
  };
  await Promise.all([0, 1, 2, 3].map(client));
  return history;
};

const holds = async (make: () => Reserver): Promise<boolean> => {
  const property = fc.asyncProperty(wishes, async (list) => {
    return findLinearization(await recorded(make(), list), CAPPED).ok;
  });
  return !(await fc.check(property, { numRuns: 300 })).failed;
};

describe('a reserver', () => {
  it('that checks inside its transaction is linearizable', async () => {
    expect(await holds(insideTransaction)).toBe(true);
  });

  it('that checks before it is found out', async () => {
    expect(await holds(beforeTransaction)).toBe(false);
  });
});
