/**
 * Whether a concurrent history is one a sequential object could have given.
 *
 * @module
 * @see Wing, Gong: Testing and Verifying Concurrent Objects, 1993; Lowe: Testing for Linearizability, 2017
 */

/** One call of one client. Times are of one clock that never runs backwards. */
export interface Call<Input, Output> {
  readonly start: number;
  /** When the answer was there; infinity for a call that was never answered and may count or not. */
  readonly end: number;
  readonly input: Input;
  /** `undefined` exactly when the call was never answered. */
  readonly output: Output | undefined;
}

/** An object that does one thing after the other. */
export interface SequentialModel<State, Input, Output> {
  readonly initial: State;
  /** What the call does and answers; must not change `state`. */
  readonly apply: (
    state: State,
    input: Input,
  ) => { readonly state: State; readonly output: Output };
  readonly isSameOutput: (a: Output, b: Output) => boolean;
  /** Equal for states that answer everything alike, different for others. */
  readonly keyOf: (state: State) => string;
}

export type Linearization =
  | {
      readonly ok: true /** Positions of the calls, in an order that explains them. */;
      readonly order: readonly number[];
    }
  | {
      readonly ok: false;
      /** Positions of the calls in the longest order that explains what it contains. */
      readonly longest: readonly number[];
    };

interface Search<State> {
  /** Positions of the calls taken so far, in their order. */
  readonly order: number[];
  readonly taken: boolean[];
  readonly states: State[];
  /** Sets of calls together with the state they left that were tried in vain. */
  readonly vain: Set<string>;
  longest: readonly number[];
}

/**
 * Looks for an order of the calls such that a call that ended before another began comes before it, and
 * the model, doing them in this order, answers as the calls were answered.
 *
 * @param history - In any order; up to some hundreds of calls when few of them overlap at a time.
 * @remarks Time grows with the number of calls that overlap, at worst exponentially.
 */
export function findLinearization<State, Input, Output>(
  history: readonly Call<Input, Output>[],
  model: SequentialModel<State, Input, Output>,
): Linearization {
  const search: Search<State> = {
    order: [],
    taken: history.map(() => false),
    states: [model.initial],
    vain: new Set(),
    longest: [],
  };
  const isFound = extend(history, model, search);
  return isFound ? { ok: true, order: search.order } : { ok: false, longest: search.longest };
}

/** Completes the order found so far, or leaves it as it was. */
function extend<State, Input, Output>(
  history: readonly Call<Input, Output>[],
  model: SequentialModel<State, Input, Output>,
  search: Search<State>,
): boolean {
  const state = search.states.at(-1) ?? model.initial;
  const left = history.flatMap((call, at) => (search.taken[at] ? [] : [{ call, at }]));
  if (left.every(({ call }) => call.output === undefined)) return true;
  const key = `${left.map(({ at }) => at).join()} ${model.keyOf(state)}`;
  if (search.vain.has(key)) return false;
  // Only what had begun before anything else ended can have come first.
  const firstEnd = left.reduce(
    (end, { call }) => Math.min(end, call.end),
    Number.POSITIVE_INFINITY,
  );
  for (const { call, at } of left) {
    if (call.start > firstEnd) continue;
    const next = model.apply(state, call.input);
    if (call.output !== undefined && !model.isSameOutput(call.output, next.output)) continue;
    take(search, at, next.state);
    if (extend(history, model, search)) return true;
    untake(search, at);
  }
  search.vain.add(key);
  return false;
}

function take<State>(search: Search<State>, at: number, state: State): void {
  search.taken[at] = true;
  search.order.push(at);
  search.states.push(state);
  if (search.order.length > search.longest.length) search.longest = [...search.order];
}

function untake<State>(search: Search<State>, at: number): void {
  search.taken[at] = false;
  search.order.pop();
  search.states.pop();
}
