/**
 * Calls that one account carries out for another: SNIP-9, versions 1 to 3.
 *
 * What is carried counts as if it were called: wrapping a transfer hides nothing.
 *
 * @module
 * @see SNIP-9 — outside execution
 */

import { type AbiType, ADDRESS, FELT, listOf, structOf, U64, U128 } from '../abi-type.ts';
import type { EffectRule } from '../token-effects.ts';
import { type BuiltinFunction, call, view } from './builtin-function.ts';

/** A call as accounts lay it out. */
export const CALL: AbiType = structOf({ to: ADDRESS, selector: FELT, calldata: listOf(FELT) });

const CARRIED: EffectRule = { type: 'carries', path: ['outside_execution', 'calls'] };

export const OUTSIDE_EXECUTION: readonly BuiltinFunction[] = [
  call('execute_from_outside', execution(FELT), CARRIED),
  call('execute_from_outside_v2', execution(FELT), CARRIED),
  // Version 3 counts nonces in channels of 128 bits.
  call('execute_from_outside_v3', execution(structOf({ 0: FELT, 1: U128 })), CARRIED),
  view('is_valid_outside_execution_nonce', { nonce: FELT }),
];

function execution(nonce: AbiType): Readonly<Record<string, AbiType>> {
  return {
    outside_execution: structOf({
      caller: ADDRESS,
      nonce,
      execute_after: U64,
      execute_before: U64,
      calls: listOf(CALL),
    }),
    signature: listOf(FELT),
  };
}
