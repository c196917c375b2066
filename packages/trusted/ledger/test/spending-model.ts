/**
 * What buckets are supposed to do, in the plainest possible way: lists that are added up each time.
 *
 * @module
 */

import type { Charge, Settlement } from '../src/charge.ts';

interface Held {
  readonly bucket: string;
  readonly slot: string;
  amount: bigint;
  untilMs: number;
}

export interface ModelDecision {
  readonly nonce: string;
  readonly scopes: readonly string[];
  readonly slot: string | undefined;
  readonly charges: readonly Charge[];
  readonly spendableUntilMs: number;
}

/** Everything that must be known, copied as a whole when a write may fail. */
export interface ModelState {
  readonly highWaterMs: number;
  readonly entries: number;
  readonly nonces: readonly string[];
  readonly frozen: readonly string[];
  readonly held: readonly Held[];
  /** Begin of fixed windows by bucket. */
  readonly anchors: Readonly<Record<string, number>>;
}

export const EMPTY_MODEL: ModelState = {
  highWaterMs: 0,
  entries: 0,
  nonces: [],
  frozen: [],
  held: [],
  anchors: {},
};

const lengthOf = ({ window }: Charge) => (window.type === 'lifetime' ? 0 : window.seconds * 1_000);

const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n);

/** One decision at `nowMs`; the outcome in a word, or what each of its buckets counts. */
export function modelDecision(
  state: ModelState,
  decision: ModelDecision,
  nowMs: number,
): { readonly state: ModelState; readonly said: string } {
  const atMs = Math.max(state.highWaterMs, nowMs);
  const base = { ...state, highWaterMs: atMs, entries: state.entries + 1 };
  if (state.nonces.includes(decision.nonce)) return { state: base, said: 'used' };
  const seen = { ...base, nonces: [...state.nonces, decision.nonce] };
  const scope = decision.scopes.find((name) => state.frozen.includes(name));
  if (scope !== undefined) return { state: seen, said: `frozen ${scope}` };
  return modelCharges(seen, decision, atMs, decision.slot ?? `entry ${state.entries}`);
}

function modelCharges(
  state: ModelState,
  { charges, spendableUntilMs }: ModelDecision,
  atMs: number,
  slot: string,
): { readonly state: ModelState; readonly said: string } {
  const anchors = { ...state.anchors };
  const held = state.held.map((one) => ({ ...one }));
  const said: string[] = [];
  for (const bucket of new Set(charges.map((charge) => charge.bucket))) {
    const mine = charges.filter((charge) => charge.bucket === bucket);
    const [first] = mine;
    if (first === undefined) continue;
    const asked = sum(mine.map(({ amount }) => amount));
    const live = held.filter((one) => one.bucket === bucket && one.untilMs >= atMs);
    const own = live.find((one) => one.slot === slot);
    const amount = own !== undefined && own.amount > asked ? own.amount : asked;
    const counted = sum(live.map((one) => one.amount)) - (own?.amount ?? 0n) + amount;
    if (mine.some(({ max }) => max !== undefined && counted > max)) {
      return { state, said: 'exceeded' };
    }
    const anchor = anchors[bucket];
    const begin = anchor === undefined || atMs > anchor + lengthOf(first) ? atMs : anchor;
    if (first.window.type === 'fixed') anchors[bucket] = begin;
    const untilMs = {
      lifetime: Number.POSITIVE_INFINITY,
      fixed: begin + lengthOf(first),
      sliding:
        Math.max(atMs, spendableUntilMs, (own?.untilMs ?? 0) - lengthOf(first)) + lengthOf(first),
    }[first.window.type];
    if (own === undefined) held.push({ bucket, slot, amount, untilMs });
    else Object.assign(own, { amount, untilMs });
    said.push(`${bucket}=${counted}`);
  }
  return { state: { ...state, anchors, held }, said: said.join() };
}

/** A freeze, unfreeze or settlement at `nowMs`; the state itself when nothing changes. */
export function modelFreeze(state: ModelState, scope: string, isOn: boolean, nowMs: number) {
  if (state.frozen.includes(scope) === isOn) return state;
  const others = state.frozen.filter((name) => name !== scope);
  return noted({ ...state, frozen: isOn ? [...others, scope] : others }, nowMs);
}

export function modelSettle(
  state: ModelState,
  slot: string,
  settlement: Settlement,
  lengths: Readonly<Record<string, number>>,
  nowMs: number,
): ModelState {
  const held = state.held.flatMap((one): Held[] => {
    if (one.slot !== slot) return [one];
    if (settlement.kind === 'impossible') return [];
    const length = lengths[one.bucket];
    if (length === undefined) return [one];
    return [{ ...one, untilMs: Math.min(one.untilMs, settlement.atMs + length) }];
  });
  return noted({ ...state, held }, nowMs);
}

function noted(state: ModelState, nowMs: number): ModelState {
  const highWaterMs = Math.max(state.highWaterMs, nowMs);
  return { ...state, highWaterMs, entries: state.entries + 1 };
}
