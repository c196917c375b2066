/**
 * What rules are held against: one call of a Starknet transaction, or an action as a whole.
 *
 * @module
 */

import type { CallReader } from '../starknet/call-reader.ts';
import type { CallReading } from '../starknet/call-reading.ts';
import type { PolicyIntent, StarknetCall } from './policy-intent.ts';

export interface PolicyUnit {
  readonly intent: PolicyIntent;
  /** The call, of a Starknet transaction. */
  readonly call: StarknetCall | undefined;
  /** Position of the call; 0 for an action that is judged as a whole. */
  readonly callIndex: number;
  /** What the ABIs make of the call, read once; `undefined` where there is no call. */
  reading(): CallReading | undefined;
  /**
   * Makes a value once per unit, for work that several conditions share, such as decoding calldata.
   *
   * @param key - Same object, same value; a source keeps one per thing it decodes.
   */
  remember<T>(key: MemoKey<T>, make: () => T): T;
}

/** Names a remembered value, and the type it has. */
export interface MemoKey<T> {
  readonly of: (value: T) => T;
}

/** A new key, different from every other. */
export function memoKey<T>(): MemoKey<T> {
  return { of: (value) => value };
}

/** The units of an intent, in order; empty only for a transaction without calls. */
export function unitsOf(intent: PolicyIntent, reader: CallReader): readonly PolicyUnit[] {
  const { action } = intent;
  if (action.kind !== 'starknet_transaction') return [createUnit(intent, undefined, 0, reader)];
  return action.calls.map((call, index) => createUnit(intent, call, index, reader));
}

function createUnit(
  intent: PolicyIntent,
  call: StarknetCall | undefined,
  callIndex: number,
  reader: CallReader,
): PolicyUnit {
  let reading: CallReading | undefined;
  let memory: Map<object, unknown> | undefined;
  return {
    intent,
    call,
    callIndex,
    reading() {
      if (reading === undefined && call !== undefined) reading = reader.read(call);
      return reading;
    },
    remember<T>(key: MemoKey<T>, make: () => T): T {
      memory ??= new Map();
      if (!memory.has(key)) memory.set(key, make());
      return memory.get(key) as T;
    },
  };
}
